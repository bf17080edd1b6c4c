"""Hooks of requests and sessions: what a request is about before it is carried out, and how long a session lives."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_actions, iam_evaluator, router
from ministack.services import sts

from embedded_aws.engine import Engine
from embedded_aws.faults.door import Asked
from embedded_aws.faults.rules import Request
from embedded_aws.ministack_adapter.common import HOOKS


@HOOKS.applies("request-names")
def _request_names(engine: Engine) -> None:
    place = engine.place

    def recognise(asked: Asked) -> Request:
        headers, query = dict(asked.headers), parse_qs(asked.query, keep_blank_values=True)
        params = app._routing_params(asked.method, asked.path, headers, asked.body, query)
        service = router.detect_service(asked.method, asked.path, headers, params)
        request = (service, asked.method, asked.path, headers, asked.body, params)
        action = iam_actions.extract_iam_action(*request) or f"{service}:*"
        arn = iam_actions.extract_resource_arn(*request, place.region, place.account) or "*"
        namespace, _, name = action.partition(":")
        called = headers.get("x-amz-target", "").rpartition(".")[2] or "".join(params.get("Action", []))
        key = router.extract_access_key_id(headers, query)
        found = iam_evaluator.resolve_credential(key, place.account)
        names = tuple(dict.fromkeys(part for part in (name, called) if part))
        return Request(namespace, names, arn, getattr(found, "principal_arn", key))

    engine.recognise = recognise


@HOOKS.applies("session-durations")
def _session_durations(engine: Engine) -> None:
    future, register = sts._future, sts.register_session

    def register_for_its_time(access_key: str, session: dict[str, Any]) -> None:
        if "Expiration" in session:  # those of functions have none
            now = time.time()
            left = engine.clock.limit(session["Expiration"] - now)
            session = {**session, "Expiration": now + left}
        register(access_key, session)

    sts._future = lambda seconds: future(engine.clock.limit(seconds))
    sts.register_session = register_for_its_time
