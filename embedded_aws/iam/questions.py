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
# What a request to IAM is about, the first that it names: a role's profile, a user's group, before what goes into it.
_SUBJECTS = {"InstanceProfileName": "instance-profile", "GroupName": "group", "RoleName": "role", "UserName": "user"}


@dataclass(frozen=True)
class Asked:
    """A request: its service and action, the ARN that the emulator found, and what the request says."""

    service: str
    action: str
    found: str
    body: bytes
    query: Query
    place: str
    known_arn: str | None = None

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


def further_checks(asked: Asked) -> list[Check]:
    """What a request needs beyond its own action on its first resource."""
    if asked.action == "ssm:GetParameters":
        return [Check(asked.action, _parameter(asked.place, name)) for name in (asked.params.get("Names") or [])[1:]]
    if asked.action == "cloudwatch:DeleteAlarms":
        return [Check(asked.action, _alarm(asked, name)) for name in _alarm_names(asked)[1:]]
    return []


def into_profile(action: str, role_arn: str | None) -> Check | None:
    """The role that an instance profile gets is passed to EC2 ("AddRoleToInstanceProfile", IAM's API reference)."""
    if action != "iam:AddRoleToInstanceProfile" or not role_arn:
        return None
    instances = f"arn:aws:ec2:*:{role_arn.split(':')[4]}:instance/*"
    context = {"iam:passedtoservice": "ec2.amazonaws.com", "iam:associatedresourcearn": instances}
    return Check("iam:PassRole", role_arn, context)


def subject(query: Query) -> tuple[str, str] | None:
    """The kind and the name of what a request to IAM is about."""
    return next(((kind, "".join(query[member])) for member, kind in _SUBJECTS.items() if query.get(member)), None)


def iam_context(params: Query, boundary: str | None) -> dict[str, str]:
    """IAM's own condition keys: the boundary a request sets or the role or user has, and the policy it names."""
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
    """Everything with its path."""
    path = asked.named("Path", "/")
    if asked.action == "iam:CreatePolicy":
        return f"arn:aws:iam::{asked.account}:policy{path}{asked.named('PolicyName')}"
    if asked.action == "iam:SimulatePrincipalPolicy":
        return asked.named("PolicySourceArn")
    named = subject(asked.query)
    return asked.known_arn or (f"arn:aws:iam::{asked.account}:{named[0]}{path}{named[1]}" if named else asked.found)


def _budgets(asked: Asked) -> str:
    if "ResourceARN" in asked.params:
        return str(asked.params["ResourceARN"])
    budget = asked.params.get("Budget") or asked.params.get("NewBudget") or asked.params
    return f"arn:aws:budgets::{asked.account}:budget/{budget.get('BudgetName', '*')}"


def _scheduler(asked: Asked) -> str:
    """Schedules with the group that the request names; the emulator's always says `default`."""
    group = asked.named("groupName") or asked.params.get("GroupName") or "default"
    return asked.found.replace(":schedule/default/", f":schedule/{group}/")


def _dynamodb(asked: Asked) -> str:
    return str(asked.params.get("ResourceArn") or asked.found)


def _monitoring(asked: Asked) -> str:
    """Alarms; who looks for some needs the right for all ("CloudWatch permissions reference")."""
    if asked.action == "cloudwatch:DescribeAlarms":
        return _alarm(asked, "*")
    if asked.action == "cloudwatch:DeleteAlarms":
        return _alarm(asked, next(iter(_alarm_names(asked)), ""))
    return str(asked.params.get("ResourceARN") or asked.named("ResourceARN") or asked.found)


def _alarm(asked: Asked, name: str) -> str:
    return f"arn:aws:cloudwatch:{asked.place}:alarm:{name}"


def _alarm_names(asked: Asked) -> list[str]:
    """The names in JSON or in a form."""
    listed = asked.params.get("AlarmNames")
    return listed or [asked.named(member) for member in asked.query if member.startswith("AlarmNames.member.")]


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
    "dynamodb": _dynamodb,
    "events": _events,
    "iam": _iam,
    "lambda": _lambda,
    "logs": _logs,
    "monitoring": _monitoring,
    "scheduler": _scheduler,
    "ssm": _ssm,
    "states": _states,
}
