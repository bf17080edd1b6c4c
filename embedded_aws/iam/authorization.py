"""What IAM is asked about a SageMaker request: action, resources, condition keys and passed roles.

No emulator import. Names in ARNs are in lower case, as SageMaker has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from embedded_aws.sagemaker.kinds import KINDS

_VERBS = re.compile(r"^(CreatePresigned|Create|Describe|Delete|Update|Start|Stop|Invoke|ListTrainingJobsFor)")
_TAG_CALLS = ("AddTags", "DeleteTags", "ListTags")
_ROLE_MEMBERS = ("RoleArn", "ExecutionRoleArn")
SERVICE_PRINCIPAL = "sagemaker.amazonaws.com"

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Check:
    """One question to IAM; `context` holds condition keys in lower case."""

    action: str
    resource: str
    context: Mapping[str, Any] = field(default_factory=dict)


def resource_arn(action: str, params: Params, prefix: str) -> str:
    """The resource of a request; `prefix` is `arn:aws:sagemaker:<region>:<account>`. `*` where a call has none."""
    if action in _TAG_CALLS:
        return str(params.get("ResourceArn", "*"))
    noun = _VERBS.sub("", action).removesuffix("Url").removesuffix("WeightsAndCapacities")
    kind = KINDS.get(noun)
    if kind is None or noun == action:
        return "*"
    return f"{prefix}:{kind.arn_type}/{str(params.get(kind.id_member, '')).lower()}"


def further_checks(action: str, params: Params, prefix: str) -> list[Check]:
    """What else the caller needs: the roles it passes, the tags it sets, the configuration it uses."""
    asked = with_definition(params)
    checks = [
        Check("iam:PassRole", str(asked[member]), {"iam:passedtoservice": SERVICE_PRINCIPAL})
        for member in _ROLE_MEMBERS
        if asked.get(member)
    ]
    if action.startswith("Create") and params.get("Tags"):
        own = resource_arn(action, params, prefix)
        context = {"sagemaker:taggingaction": action, **request_tags(params)}
        checks.append(Check("sagemaker:AddTags", own, context))
    if action in ("CreateEndpoint", "UpdateEndpoint") and params.get("EndpointConfigName"):
        config = f"{prefix}:endpoint-config/{str(params['EndpointConfigName']).lower()}"
        checks.append(Check(f"sagemaker:{action}", config, request_tags(params)))
    return checks


def request_tags(params: Params) -> dict[str, Any]:
    """`aws:RequestTag/*` and `aws:TagKeys` of a request, keys in lower case."""
    given = params.get("Tags")
    listed = [tag for tag in given if isinstance(tag, Mapping)] if isinstance(given, list) else []
    tags = {str(tag.get("Key")): str(tag.get("Value", "")) for tag in listed}
    keys: dict[str, Any] = {f"aws:requesttag/{key}".lower(): value for key, value in tags.items()}
    return {**keys, "aws:tagkeys": list(tags)} if tags else {}


def resource_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """`aws:ResourceTag/*` and its older twin `sagemaker:ResourceTag/*`, keys in lower case."""
    return {
        f"{prefix}/{key}".lower(): value
        for key, value in tags.items()
        for prefix in ("aws:ResourceTag", "sagemaker:ResourceTag")
    }


def with_definition(params: Params) -> Params:
    """A tuning job says of its training jobs what a training job says of itself."""
    definition = params.get("TrainingJobDefinition")
    return {**params, **definition} if isinstance(definition, Mapping) else params
