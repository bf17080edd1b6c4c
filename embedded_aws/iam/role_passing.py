"""Roles that a request hands to a service: the caller needs iam:PassRole, and the role must trust the service.

No emulator import.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from embedded_aws.iam.authorization import Check
from embedded_aws.iam.role_sessions import RoleSessions
from embedded_aws.sagemaker.errors import AwsError

# CreateFunction and UpdateFunctionConfiguration; what an invocation sends is the function's own.
_OF_FUNCTIONS = {
    "POST": re.compile(r"/[^/]+/functions/?"),
    "PUT": re.compile(r"/[^/]+/functions/[^/]+/configuration/?"),
}


@dataclass(frozen=True)
class Passed:
    """A role handed over: to whom, what the service says if the role does not trust it, and on whose behalf it asks."""

    role_arn: str
    service: str
    refusal: AwsError
    source_arn: str = ""


@dataclass(frozen=True)
class Request:
    """A request to a service, by the engine's name of it; `action` is that of a JSON target, if any."""

    service: str
    action: str
    method: str
    path: str
    body: bytes
    region: str


def check_passed(request: Request, ask: Callable[[Check], None], sessions: RoleSessions) -> None:
    """AwsError if the caller may not pass a role of the request, or the role does not trust the service."""
    for passed in passed_roles(request):
        ask(Check("iam:PassRole", passed.role_arn, {"iam:passedtoservice": passed.service}))
        try:
            sessions.trusting(passed.role_arn, passed.service, passed.source_arn)
        except AwsError as error:
            raise passed.refusal from error


def passed_roles(request: Request) -> list[Passed]:
    """The roles a request passes."""
    service, action, path, body = request.service, request.action, request.path, request.body
    method = request.method
    if service == "lambda" and method in _OF_FUNCTIONS and _OF_FUNCTIONS[method].fullmatch(path):
        return _lambda(_json(body).get("Role"))
    if service == "states" and action in ("CreateStateMachine", "UpdateStateMachine"):
        return _states(_json(body).get("roleArn"))
    if service == "scheduler" and method in ("POST", "PUT") and path.startswith("/schedules/"):
        return _scheduler(_json(body), request.region)
    if service == "events" and action == "PutTargets":
        return [_events(target["RoleArn"]) for target in _json(body).get("Targets", []) if "RoleArn" in target]
    if service == "cloudformation":
        return _cloudformation(next(iter(parse_qs(body.decode(errors="replace")).get("RoleARN", [])), None))
    return []


def _lambda(role_arn: str | None) -> list[Passed]:
    text = "The role defined for the function cannot be assumed by Lambda."
    refusal = AwsError("InvalidParameterValueException", text)
    return [Passed(role_arn, "lambda.amazonaws.com", refusal)] if role_arn else []


def _states(role_arn: str | None) -> list[Passed]:
    text = (
        "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to "
        "assume the provided role."
    )
    refusal = AwsError("AccessDeniedException", text)
    return [Passed(role_arn, "states.amazonaws.com", refusal)] if role_arn else []


def _scheduler(schedule: Mapping[str, Any], region: str) -> list[Passed]:
    """Scheduler assumes a role on behalf of the schedule's group."""
    role_arn = (schedule.get("Target") or {}).get("RoleArn")
    if not role_arn:
        return []
    text = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
    account, group = role_arn.split(":")[4], schedule.get("GroupName") or "default"
    source = f"arn:aws:scheduler:{region}:{account}:schedule-group/{group}"
    return [Passed(role_arn, "scheduler.amazonaws.com", AwsError("ValidationException", text), source)]


def _events(role_arn: str) -> Passed:
    text = f"Provided role '{role_arn}' cannot be assumed by principal 'events.amazonaws.com'."
    return Passed(role_arn, "events.amazonaws.com", AwsError("ValidationException", text))


def _cloudformation(role_arn: str | None) -> list[Passed]:
    refusal = AwsError("ValidationError", f"Role {role_arn} is invalid or cannot be assumed")
    return [Passed(role_arn, "cloudformation.amazonaws.com", refusal)] if role_arn else []


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body or b"{}")
    except json.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}
