"""Hooks of CloudTrail: what is recorded, and who called."""

from __future__ import annotations

import hmac
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_evaluator, router
from ministack.services import iam, ssm, sts

from embedded_aws.clients import MARK_HEADER
from embedded_aws.engine import Engine
from embedded_aws.faults.answers import Answer
from embedded_aws.faults.door import Asked
from embedded_aws.ministack_adapter.common import HOOKS, Reply, error_reply
from embedded_aws.ministack_adapter.stack_hooks import _acting
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.trail import lookup
from embedded_aws.trail.calls import Call
from embedded_aws.trail.identity import Principal
from embedded_aws.trail.recorder import Origin
from embedded_aws.trail.resources import Resource

_CLOUDFORMATION = "cloudformation.amazonaws.com"
_JSON = {"Content-Type": "application/x-amz-json-1.1"}


@HOOKS.applies("trail")
def _trail(engine: Engine) -> None:
    dispatch = app._dispatch_service_request

    async def dispatch_and_record(
        method: str, path: str, headers: Any, body: bytes, query: Any, request_id: str
    ) -> Reply:
        # Before the call: it may delete its own caller.
        origin = None if path.startswith("/_") else _origin(engine, headers, query)
        reply: Reply = await dispatch(method, path, headers, body, query, request_id)
        status, kept, content = reply
        if origin is not None:
            content = content if isinstance(content, bytes) else str(content).encode() if status >= 300 else b""
            engine.trail.record(Call(method, path, headers, query, body, status, kept, content, request_id), origin)
        return reply

    async def look_up(_method: str, _path: str, headers: Any, body: bytes, _query: Any) -> Reply:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            answer = lookup.perform(engine.trail.store, operation, json.loads(body or b"{}"))
        except AwsError as error:
            return error_reply(error)
        return 200, dict(_JSON), json.dumps(answer).encode()

    def record_refused(asked: Asked, given: Answer) -> None:
        query = parse_qs(asked.query, keep_blank_values=True)
        origin = _origin(engine, asked.headers, query)
        if origin is not None:
            parts = (
                asked.method,
                asked.path,
                asked.headers,
                query,
                asked.body,
                given.status,
                given.headers,
                given.body,
            )
            engine.trail.record(Call(*parts, str(uuid.uuid4())), origin)

    engine.tell_refused = record_refused
    app._dispatch_service_request = dispatch_and_record
    app.SERVICE_HANDLERS["cloudtrail"] = look_up


def _origin(engine: Engine, headers: Mapping[str, str], query: Any) -> Origin | None:
    """Who signed a request; None if nobody known did."""
    key = router.extract_access_key_id(headers, query)
    principal = _principal(engine, key) if key else None
    if principal is None:
        return None
    own = hmac.compare_digest(headers.get(MARK_HEADER, "").encode(), engine.clients.mark.encode())
    # A service acts in a session of its own; only CloudFormation acts with a caller's key too.
    return Origin(principal, (engine.sessions.service_of(key) or _CLOUDFORMATION) if own else None)


def _principal(engine: Engine, access_key_id: str) -> Principal | None:
    held = iam_evaluator.resolve_credential(access_key_id, engine.place.account)
    if isinstance(held, iam_evaluator.CredentialResolutionError):
        return None
    session = sts._sessions.get(access_key_id)
    of_role = held.principal_arn.split("/")[1] if held.principal_type == "AssumedRole" else ""
    return Principal(
        kind=held.principal_type,
        arn=held.principal_arn,
        principal_id=held.principal_id,
        account=held.account_id,
        access_key_id=access_key_id,
        name=held.principal_name,
        role=iam._roles.get(of_role),
        issued_at=session["IssuedAt"] if session else None,
    )


@HOOKS.applies("trail-inside")
def _trail_inside(engine: Engine) -> None:
    read = ssm.resolve_parameter_value

    def read_and_record(name: str, *more: Any, **options: Any) -> Any:
        with _recorded(engine, "ssm:GetParameters", ("AWS::SSM::Parameter", name)):
            return read(name, *more, **options)

    ssm.resolve_parameter_value = read_and_record


@contextmanager
def _recorded(engine: Engine, action: str, named: Resource) -> Iterator[None]:
    """Keep an act of the stack at work, with how it ends; outside stacks nothing."""
    acting = _acting.get(None)
    principal = _principal(engine, acting.access_key_id) if acting else None
    error = None
    try:
        yield
    except Exception as failure:
        error = str(failure)
        raise
    finally:
        if acting and principal:
            origin = Origin(principal, engine.sessions.service_of(acting.access_key_id) or _CLOUDFORMATION)
            engine.trail.record_act(action, origin, [named], error)
