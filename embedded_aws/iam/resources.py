"""The ARN a request is about where the emulator says `*` though the action has a resource type.

The resource types are those of the Service Authorization Reference. `place` is `<region>:<account>`. No emulator
import.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from embedded_aws.iam.authorization import Check

EVERYTHING = "*"
_ON_THE_KEY_TOO = ("kms:CreateAlias", "kms:UpdateAlias")


@dataclass(frozen=True)
class Request:
    """What says whom a request is about; `form` has the members of a form."""

    path: str
    body: bytes
    form: Mapping[str, Any]
    place: str

    def named(self, member: str) -> str:
        """A member of a JSON body or a form, empty if it is not there; of a list the first item."""
        try:
            content = json.loads(self.body or b"{}")
        except ValueError:
            content = {}
        found = (content.get(member) if isinstance(content, dict) else None) or self.form.get(member) or ""
        return str(found[0]) if isinstance(found, list) else str(found)


def resource(service: str, request: Request) -> str:
    """The ARN, or `*` where a request has none."""
    find = _FINDERS.get(service)
    return (find(request) if find else "") or EVERYTHING


def further_checks(action: str, request: Request) -> list[Check]:
    """The second resource of an action: an alias is made on its key too ("kms:CreateAlias", KMS Developer Guide)."""
    target = request.named("TargetKeyId")
    if action not in _ON_THE_KEY_TOO or not target:
        return []
    return [Check(action, target if target.startswith("arn:") else f"arn:aws:kms:{request.place}:key/{target}")]


def _repository(request: Request) -> str:
    name = request.named("repositoryNames")
    return f"arn:aws:ecr:{request.place}:repository/{name}" if name else request.named("resourceArn")


def _rule(request: Request) -> str:
    """A rule of the default bus has no bus in its ARN."""
    rule, bus = request.named("Rule"), request.named("EventBusName")
    if not rule:
        return request.named("ResourceARN")
    return f"arn:aws:events:{request.place}:rule/{'' if bus in ('', 'default') else bus + '/'}{rule}"


def _alias(request: Request) -> str:
    name = request.named("AliasName")
    return f"arn:aws:kms:{request.place}:{name}" if name else ""


def _tagged_schedule_group(request: Request) -> str:
    _, tags, arn = request.path.partition("/tags/")
    return unquote(arn) if tags else ""


_FINDERS: Mapping[str, Callable[[Request], str]] = {
    "ecr": _repository,
    "events": _rule,
    "kms": _alias,
    "scheduler": _tagged_schedule_group,
    "sns": lambda request: request.named("ResourceArn"),
}
