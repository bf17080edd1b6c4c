"""Hooks of answers: AWS's refusals, texts and members around the handlers of some services."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs, urlencode

from ministack import app
from ministack.core import iam_evaluator
from ministack.services import cloudwatch, iam, s3
from ministack.services import stepfunctions as sfn
from ministack.services.cloudformation import engine as cfn_engine
from ministack.services.cloudformation import handlers as cfn_handlers
from ministack.services.cloudformation import helpers as cfn_helpers
from ministack.services.cloudformation import stacks as cfn_stacks

from embedded_aws.answers import alarms, constraints, identity_access, machines, pages, schedules, stacks, wording
from embedded_aws.engine import Engine
from embedded_aws.ministack_adapter.common import HOOKS, Reply, Service, error_reply
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.trail.calls import Call, operation_model, operation_name, service_model

# Each branch of an execution runs in a copy of its parent's context.
_last_event: ContextVar[int] = ContextVar("last_event", default=0)
_NOT_EMPTY = "The bucket you tried to delete is not empty"
_SESSIONS = ("AssumeRole", "AssumeRoleWithWebIdentity", "GetFederationToken", "GetSessionToken")
Refuse = Callable[[str, Mapping[str, Any]], None]
Shown = Callable[[str, Mapping[str, Any], Any], Any]


def _owners(kind: str) -> Any:
    """The roles, users or groups, by name; as the emulator holds them at this moment."""
    return {"role": iam._roles, "user": iam._users, "group": iam._groups}[kind]


def _inline_policies(kind: str, name: str) -> Mapping[str, Any] | None:
    owner = _owners(kind).get(name)
    if owner is None:
        return None
    if kind == "role":
        policies: Mapping[str, Any] = owner["InlinePolicies"]
        return policies
    return {"user": iam._user_inline_policies, "group": iam._group_inline_policies}[kind].get(name) or {}


def _attached_policies(kind: str, name: str) -> Sequence[str] | None:
    owner = _owners(kind).get(name)
    return None if owner is None else owner.get("AttachedPolicies") or []


_HELD = identity_access.Held(
    lambda name: name in iam._roles,
    iam._policy_exists,
    lambda name: bool(iam._user_inline_policies.get(name)),
    lambda name: any(name in group["Users"] for group in iam._groups.values()),
    _inline_policies,
    _attached_policies,
    lambda name: sum(key["UserName"] == name for key in dict.values(iam._access_keys._data)),
    lambda name: (iam._groups.get(name) or {}).get("Users") or (),
    lambda kind: _owners(kind).keys(),
)


@HOOKS.applies("answers")
def _answers(engine: Engine) -> None:
    place = f"{engine.place.region}:{engine.place.account}"
    _around("iam", place, _refuse_identities, _identities_shown, _iam_error)
    app.SERVICE_HANDLERS["iam"] = _for_the_caller(app.SERVICE_HANDLERS["iam"])
    _around("sts", place, _refuse_sessions, _as_it_is, _session_error)
    _around("cloudformation", place, _refuse_stacks, _stacks_shown, _stack_error)
    _around("states", place, _refuse_machines, _machines_shown, error_reply)
    _around("scheduler", place, schedules.refuse, _schedules_shown, error_reply)
    _around("logs", place, _nothing, _as_it_is, error_reply)


def _around(service: str, place: str, refuse: Refuse, shown: Shown, as_error: Callable[[AwsError], Reply]) -> None:
    """AWS's refusals before a service's handler, its words and members after it."""
    inner: Service = app.SERVICE_HANDLERS[service]

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Reply:
        call = Call(method, path, headers, query, body, 0, {}, b"", "")
        operation, asked = operation_name(call, service_model(service)), _asked(call)
        try:
            refuse(operation, asked)
            status, kept, content = await inner(method, path, headers, body, query)
            if status >= 400 and isinstance(content, bytes):
                content = wording.reworded_body(service, operation, content, {**asked, "place": place})
            elif isinstance(content, bytes):
                content = shown(operation, asked, content)
        except AwsError as error:
            return as_error(error)
        return status, kept, content

    app.SERVICE_HANDLERS[service] = handle


def _refuse_identities(operation: str, form: Mapping[str, Any]) -> None:
    if operation in iam._IAM_HANDLERS:
        constraints.check(operation_model(service_model("iam"), operation), form)
    identity_access.refuse(operation, form, _HELD)


def _identities_shown(operation: str, form: Mapping[str, Any], body: bytes) -> bytes:
    given = identity_access.shown(operation, form, body)
    return pages.cut(operation_model(service_model("iam"), operation), form, given)


def _for_the_caller(inner: Service) -> Service:
    """Calls that are about whoever makes them, where they name no user."""

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Reply:
        form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        try:
            own = identity_access.own_user(form.get("Action", ""), form, str(iam_evaluator.caller_arn()))
        except AwsError as error:
            return _iam_error(error)
        named = body + f"&{urlencode({'UserName': own})}".encode() if own else body
        reply: Reply = await inner(method, path, headers, named, query)
        return reply

    return handle


def _refuse_sessions(operation: str, form: Mapping[str, Any]) -> None:
    if operation in _SESSIONS:
        constraints.check(operation_model(service_model("sts"), operation), form)
    role = iam._roles.get(str(form.get("RoleArn", "")).rsplit("/", 1)[-1])
    chained = ":assumed-role/" in str(iam_evaluator.caller_arn())
    identity_access.refuse_session(operation, form, role and role["MaxSessionDuration"], chained=chained)


def _refuse_machines(operation: str, params: Mapping[str, Any]) -> None:
    model = operation_model(service_model("states"), operation)
    machines.refuse(operation, params, model, lambda arn: arn in sfn._state_machines)


def _refuse_stacks(operation: str, form: Mapping[str, Any]) -> None:
    stacks.refuse(operation, form, cfn_handlers._resolve_stack)


def _stacks_shown(operation: str, form: Mapping[str, Any], body: bytes) -> bytes:
    return stacks.shown(operation, form, body, cfn_engine._parse_template)


def _iam_error(error: AwsError) -> Reply:
    reply: Reply = iam._error(error.status, error.code, error.message)
    return reply


def _session_error(error: AwsError) -> Reply:
    reply: Reply = iam._error(error.status, error.code, error.message, ns="sts")
    return reply


def _stack_error(error: AwsError) -> Reply:
    reply: Reply = cfn_helpers._error(error.code, error.message, error.status)
    return reply


def _asked(call: Call) -> dict[str, Any]:
    """A request's members, of a form or of JSON."""
    if call.form_action:
        return dict(call.form)
    try:
        content = json.loads(call.body or b"{}")
    except ValueError:
        content = {}
    return content if isinstance(content, dict) else {}


def _nothing(_operation: str, _asked: Mapping[str, Any]) -> None:
    """Refuse nothing."""


def _as_it_is(_operation: str, _asked: Mapping[str, Any], body: Any) -> Any:
    """Change nothing of an answer."""
    return body


def _schedules_shown(operation: str, _asked: Mapping[str, Any], body: bytes) -> bytes:
    return json.dumps(schedules.shown(operation, json.loads(body or b"{}"))).encode()


def _machines_shown(operation: str, asked: Mapping[str, Any], body: bytes) -> bytes:
    machine = sfn._state_machines.get(asked.get("stateMachineArn")) or {}
    if operation == "UpdateStateMachine":
        machine[machines.REVISED] = True
    revision = machine.get("revisionId") if machine.get(machines.REVISED) else None
    answer = machines.shown(operation, json.loads(body or b"{}"), revision)
    return json.dumps(answer).encode()


@HOOKS.applies("missing-machines")
def _missing_machines(_: Engine) -> None:
    delete = sfn._delete_state_machine

    def delete_any(data: Any) -> Any:
        return delete(data) if data.get("stateMachineArn") in sfn._state_machines else sfn.json_response({})

    sfn._delete_state_machine = delete_any


@HOOKS.applies("previous-events")
def _previous_events(_: Engine) -> None:
    add = sfn._add_event

    def add_after(execution: dict[str, Any], kind: str, details: Any = None) -> Any:
        event = add(execution, kind, details)
        event["previousEventId"] = machines.previous_event(kind, event["id"], _last_event.get())
        _last_event.set(event["id"])
        return event

    sfn._add_event = add_after


@HOOKS.applies("creation-events")
def _creation_events(_: Engine) -> None:
    add = cfn_stacks._add_event

    def add_both(
        stack_id: str,
        name: str,
        own: str,
        kind: str,
        status: str,
        reason: str = "",
        physical_id: str = "",
        *more: Any,
        **named: Any,
    ) -> None:
        if begun := stacks.events_before(kind, status, physical_id):
            add(stack_id, name, own, kind, *begun, physical_id)
        add(stack_id, name, own, kind, status, reason, physical_id, *more, **named)

    cfn_stacks._add_event = add_both


@HOOKS.applies("buckets-with-versions")
def _buckets_with_versions(_: Engine) -> None:
    refuse = s3._error

    def refuse_with_versions(code: str, message: str, status: int, resource: str = "", *more: Any, **named: Any) -> Any:
        versioned = code == "BucketNotEmpty" and s3._bucket_versioning.get(resource.strip("/"))
        text = f"{_NOT_EMPTY}. You must delete all versions in the bucket." if versioned else message
        return refuse(code, text, status, resource, *more, **named)

    s3._error = refuse_with_versions


@HOOKS.applies("alarms")
def _alarms(engine: Engine) -> None:
    put, model = cloudwatch._put_metric_alarm, engine.clients.model("cloudwatch")
    shape = model.operation_model("PutMetricAlarm").input_shape

    def put_whole(params: Any, data: Any, is_cbor: bool, is_json: bool = False) -> Any:  # noqa: FBT001, FBT002 # the emulator's parameters
        try:
            if is_cbor or is_json:
                alarms.refuse(data, shape)
            else:
                alarms.refuse_form(params)
        except AwsError as error:
            return cloudwatch._error("ValidationError", error.message, 400, use_json=is_json, use_cbor=is_cbor)
        return put(params, data, is_cbor, is_json)

    cloudwatch._put_metric_alarm = put_whole
