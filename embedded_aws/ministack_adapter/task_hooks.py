"""Hooks of tasks: calls by the front door, task tokens, and fields of the state that are paths or expressions."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import Any

from ministack.services import stepfunctions as sfn

from embedded_aws.engine import Engine
from embedded_aws.ministack_adapter.common import HOOKS
from embedded_aws.ministack_adapter.machine_hooks import in_its_words, tasks_of
from embedded_aws.states.step_functions import TaskError
from embedded_aws.states.task_tokens import Patience, answer
from embedded_aws.states.tasks import Tasks

_OUTSIDE: Mapping[str, Any] = {}
_state: ContextVar[Mapping[str, Any]] = ContextVar("state", default=_OUTSIDE)


@HOOKS.applies("task-calls")
def _task_calls(engine: Engine) -> None:
    tasks, execute = tasks_of(engine), sfn._execute_task

    def execute_evaluated(state: Any, raw: Any, execution: Any, ctx: Any) -> Any:
        evaluated = in_its_words(_evaluated, state, raw, ctx)
        token = _state.set(evaluated)
        try:
            return execute(evaluated, raw, execution, ctx)
        finally:
            _state.reset(token)

    def invoke(resource: str, data: Any) -> Any:
        if ":activity:" in resource:
            return sfn._invoke_activity(resource, data)
        role = (_state.get().get("Credentials") or {}).get("RoleArn")
        return in_its_words(tasks.perform_as, role, resource, data)

    def call_back(resource: str, data: Any, token: str, _: Any) -> Any:
        return _awaited(tasks, token, partial(invoke, resource.removesuffix(".waitForTaskToken"), data), lambda: True)

    def work(arn: str, data: Any) -> Any:
        if arn not in sfn._activities:
            raise sfn._ExecutionError("States.Runtime", f"Activity does not exist: {arn}")
        waiting, queue = {"taskToken": sfn.new_uuid(), "input": json.dumps(data)}, sfn._activity_tasks[arn]
        try:
            return _awaited(tasks, waiting["taskToken"], partial(queue.append, waiting), lambda: waiting not in queue)
        finally:
            # Nobody waits any longer: no worker is to get it.
            with suppress(ValueError):
                queue.remove(waiting)

    sfn._execute_task, sfn._invoke_resource = execute_evaluated, invoke
    sfn._invoke_with_callback, sfn._invoke_activity = call_back, work


def _awaited(tasks: Tasks, token: str, begin: Callable[[], Any], begun: Callable[[], bool]) -> Any:
    """What is sent for a token after something was begun."""
    record = {"event": threading.Event(), "result": None, "error": None, "heartbeat": None}
    sfn._task_tokens[token] = record
    try:
        begin()
        state = _state.get()
        patience = Patience(state.get("TimeoutSeconds"), state.get("HeartbeatSeconds"))
        return in_its_words(answer, record, patience, tasks.wanted, begun)
    finally:
        sfn._task_tokens.pop(token, None)


def _evaluated(state: Mapping[str, Any], raw: Any, ctx: Any) -> dict[str, Any]:
    """The state with its times and credentials as plain values."""
    found = dict(state)
    jsonata = sfn._state_query_language(state, ctx) == "JSONata"
    for field in ("TimeoutSeconds", "HeartbeatSeconds"):
        if f"{field}Path" in state:
            effective = sfn._apply_input_path(state, raw, ctx)
            found[field] = sfn._resolve_path_or_ctx(state[f"{field}Path"], effective, ctx)
        elif jsonata and field in state:
            found[field] = sfn._apply_jsonata_template(state[field], raw, ctx)
        seconds = found.get(field, 1)
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
            raise TaskError("States.Runtime", f"{field} must be a positive number, but was {seconds!r}")
    if "Credentials" in state:
        template = sfn._apply_jsonata_template if jsonata else sfn._resolve_params_obj
        found["Credentials"] = template(state["Credentials"], raw, ctx)
    return found
