"""What IAM is asked where the emulator's own question is not AWS's: actions, ARNs and condition keys.

No emulator import. `place` is `<region>:<account>`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_aws.iam.authorization import Check

Query = Mapping[str, list[str]]


@dataclass(frozen=True)
class Asked:
    """A request: its service and action, the ARN that the emulator found, and what the request says."""

    service: str
    action: str
    found: str
    body: bytes
    query: Query
    place: str
    role_arn: str | None = None

    @property
    def params(self) -> Mapping[str, Any]:
        """The members of a JSON body; empty for other bodies."""
        try:
            content = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    def named(self, member: str, default: str = "") -> str:
        """A member of a form."""
        return "".join(self.query.get(member) or [default])

    @property
    def account(self) -> str:
        """The account."""
        return self.place.rpartition(":")[2]


def action(namespace: str, found: str | None) -> str:
    """The action; Budgets has two for all its calls but those of tags, and an unknown one is matched only by `*`."""
    if found is None:
        return f"{namespace}:UnknownOperation"
    if namespace == "budgets" and "tag" not in found.lower():
        return "budgets:ViewBudget" if found.startswith("budgets:Describe") else "budgets:ModifyBudget"
    return found


def resource(asked: Asked) -> str:
    """The ARN as AWS has it."""
    corrected = _ARNS.get(asked.service)
    return corrected(asked) if corrected else asked.found


def further_checks(service: str, name: str, body: bytes, place: str) -> list[Check]:
    """The resources of a request beyond its first."""
    if (service, name) != ("ssm", "GetParameters"):
        return []
    names = Asked(service, name, "", body, {}, place).params.get("Names") or []
    return [Check("ssm:GetParameters", _parameter(place, item)) for item in names[1:]]


def iam_context(params: Query, boundary: str | None) -> dict[str, str]:
    """IAM's own condition keys: the boundary a request sets or the role has, and the policy it names."""
    given = params.get("PermissionsBoundary") or ([boundary] if boundary else [])
    found = {"iam:permissionsboundary": given, "iam:policyarn": params.get("PolicyArn") or []}
    return {key: values[0] for key, values in found.items() if values}


def metrics_context(action: str, body: bytes, params: Query) -> dict[str, str]:
    """CloudWatch's own condition key: the namespace of metrics that are put, from a form or from JSON."""
    if action != "cloudwatch:PutMetricData":
        return {}
    asked = Asked("monitoring", action, "", body, params, "")
    namespace = asked.named("Namespace") or asked.params.get("Namespace")
    return {"cloudwatch:namespace": str(namespace)} if namespace else {}


def log_stream_arn(place: str, group: str, stream: str = "") -> str:
    """What a request to Logs is about: always a stream, its name empty for a whole group.

    That is why a policy needs `log-group:<name>:*`: without the end it matches nothing.
    """
    return f"arn:aws:logs:{place}:log-group:{group}:log-stream:{stream}"


def _iam(asked: Asked) -> str:
    """Roles and policies with their paths."""
    path = asked.named("Path", "/")
    if asked.action == "iam:CreatePolicy":
        return f"arn:aws:iam::{asked.account}:policy{path}{asked.named('PolicyName')}"
    if asked.action == "iam:SimulatePrincipalPolicy":
        return asked.named("PolicySourceArn")
    return asked.role_arn or asked.found.replace(":role/", f":role{path}", 1)


def _budgets(asked: Asked) -> str:
    if "ResourceARN" in asked.params:
        return str(asked.params["ResourceARN"])
    budget = asked.params.get("Budget") or asked.params.get("NewBudget") or asked.params
    return f"arn:aws:budgets::{asked.account}:budget/{budget.get('BudgetName', '*')}"


def _scheduler(asked: Asked) -> str:
    """Schedules with the group that the request names; the emulator's always says `default`."""
    group = asked.named("groupName") or asked.params.get("GroupName") or "default"
    return asked.found.replace(":schedule/default/", f":schedule/{group}/")


def _lambda(asked: Asked) -> str:
    if asked.action == "lambda:CreateFunction":
        return f"arn:aws:lambda:{asked.place}:function:{asked.params.get('FunctionName', '')}"
    return asked.found


def _logs(asked: Asked) -> str:
    params = asked.params
    if "resourceArn" in params or asked.action.endswith("TagResource"):
        return asked.found
    group = params.get("logGroupName") or params.get("logGroupIdentifier") or params.get("logGroupNamePrefix") or ""
    name = str(group).rpartition(":log-group:")[2].removesuffix(":*")
    return log_stream_arn(asked.place, name, str(params.get("logStreamName") or ""))


def _states(asked: Asked) -> str:
    return str(asked.params.get("resourceArn") or asked.found)


def _ssm(asked: Asked) -> str:
    params = asked.params
    names = params.get("Names") or ([params["Path"]] if "Path" in params else [])
    return _parameter(asked.place, names[0]) if names else asked.found


def _parameter(place: str, name: str) -> str:
    return f"arn:aws:ssm:{place}:parameter/{name.removeprefix('/')}"


def _events(asked: Asked) -> str:
    """Rules of the default bus have no bus in their ARN."""
    return asked.found.replace(":rule/default/", ":rule/")


_ARNS: Mapping[str, Callable[[Asked], str]] = {
    "budgets": _budgets,
    "events": _events,
    "iam": _iam,
    "lambda": _lambda,
    "logs": _logs,
    "scheduler": _scheduler,
    "ssm": _ssm,
    "states": _states,
}
