"""The hook of EventBridge Scheduler: requests are checked, lists are paged, and firing is the engine's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ministack.services import scheduler

from embedded_aws.engine import Engine
from embedded_aws.ministack_adapter.common import HOOKS, Reply
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.scheduler import requests as schedule_requests

_ALL = str(2**31)


@HOOKS.applies("schedules")
def _schedules(engine: Engine) -> None:
    tokens, create, update = engine.scheduler.tokens, scheduler._create_schedule, scheduler._update_schedule
    model = engine.clients.model("scheduler")

    def create_once(name: str, body: Any) -> Reply:
        group = body.get("GroupName", "default")
        arn = scheduler._schedule_arn(group, name)
        if f"{group}/{name}" in scheduler._schedules and tokens.repeated(arn, body):
            reply: Reply = scheduler._json_resp(200, {"ScheduleArn": arn})
            return reply
        made: Reply = create(name, body)
        if made[0] < 300:
            tokens.remember(arn, body)
        return made

    def vetted(operation: str, inner: Callable[[str, Any], Reply]) -> Callable[[str, Any], Reply]:
        shape = model.operation_model(operation).input_shape

        def act(name: str, body: Any) -> Reply:
            try:
                schedule_requests.vet(shape, name, body)
            except AwsError as error:
                return _error(error)
            return inner(name, body)

        return act

    scheduler._create_schedule = vetted("CreateSchedule", create_once)
    scheduler._update_schedule = vetted("UpdateSchedule", update)
    scheduler._list_schedules = partial(_paged, scheduler._list_schedules, "Schedules")
    scheduler._list_schedule_groups = partial(_paged, scheduler._list_schedule_groups, "ScheduleGroups")
    scheduler.start_scheduler = engine.scheduler.start


def _error(error: AwsError) -> Reply:
    reply: Reply = scheduler._error(error.status, error.code, error.message)
    return reply


def _paged(inner: Callable[[Any], Reply], member: str, query: Mapping[str, str]) -> Reply:
    """One page of what the emulator lists whole."""
    status, headers, content = inner({**query, "MaxResults": _ALL})
    try:
        items, token = schedule_requests.page(json.loads(content)[member], query)
    except AwsError as error:
        return _error(error)
    return status, headers, json.dumps({member: items, **({"NextToken": token} if token else {})}).encode()
