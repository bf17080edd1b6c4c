"""AWS::IAM::Role through IAM's own calls, so that boundaries bite and foreign policies refuse a delete."""

from __future__ import annotations

import json
from typing import Any

from embedded_aws.cloudformation.types import (
    Call,
    PhysicalName,
    Properties,
    Resource,
    ResourceType,
    failed,
    gone,
    tag_changes,
)
from embedded_aws.sagemaker.errors import AwsError

_NAME_LENGTH = 64
_SIMPLE = ("Path", "Description", "PermissionsBoundary", "Tags")


def _create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("RoleName") or name(_NAME_LENGTH))
    given: dict[str, Any] = {key: props[key] for key in _SIMPLE if key in props}
    if "MaxSessionDuration" in props:
        given["MaxSessionDuration"] = int(props["MaxSessionDuration"])
    trust = _document(props["AssumeRolePolicyDocument"])
    try:
        role = call("iam", "CreateRole", RoleName=own, AssumeRolePolicyDocument=trust, **given)["Role"]
        _set_policies(call, own, {}, props)
    except AwsError as error:
        raise failed(error, "Iam") from error
    return Resource(own, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    try:
        if old.get("AssumeRolePolicyDocument") != new["AssumeRolePolicyDocument"]:
            trust = _document(new["AssumeRolePolicyDocument"])
            call("iam", "UpdateAssumeRolePolicy", RoleName=own, PolicyDocument=trust)
        _set_description(call, own, old, new)
        _set_boundary(call, own, old.get("PermissionsBoundary"), new.get("PermissionsBoundary"))
        _set_policies(call, own, old, new)
        _set_tags(call, own, old, new)
    except AwsError as error:
        raise failed(error, "Iam") from error
    return Resource(own, {})


def _delete(call: Call, own: str, props: Properties) -> None:
    """Only the template's own policies are taken off: with others on it IAM refuses, as on AWS."""
    try:
        _set_policies(call, own, props, {})
        call("iam", "DeleteRole", RoleName=own)
    except AwsError as error:
        if not gone(error):
            raise failed(error, "Iam") from error


def _set_description(call: Call, own: str, old: Properties, new: Properties) -> None:
    if any(old.get(key) != new.get(key) for key in ("Description", "MaxSessionDuration")):
        seconds = int(new.get("MaxSessionDuration", 3600))
        text = new.get("Description", "")
        call("iam", "UpdateRole", RoleName=own, Description=text, MaxSessionDuration=seconds)


def _set_boundary(call: Call, own: str, old: str | None, new: str | None) -> None:
    if new and new != old:
        call("iam", "PutRolePermissionsBoundary", RoleName=own, PermissionsBoundary=new)
    elif old and not new:
        call("iam", "DeleteRolePermissionsBoundary", RoleName=own)


def _set_policies(call: Call, own: str, old: Properties, new: Properties) -> None:
    before, after = _inline(old), _inline(new)
    for name in before.keys() - after.keys():
        _unless_gone(call, "DeleteRolePolicy", RoleName=own, PolicyName=name)
    for name, document in after.items():
        if before.get(name) != document:
            call("iam", "PutRolePolicy", RoleName=own, PolicyName=name, PolicyDocument=document)
    attached, wanted = set(old.get("ManagedPolicyArns", [])), set(new.get("ManagedPolicyArns", []))
    for arn in sorted(attached - wanted):
        _unless_gone(call, "DetachRolePolicy", RoleName=own, PolicyArn=arn)
    for arn in sorted(wanted - attached):
        call("iam", "AttachRolePolicy", RoleName=own, PolicyArn=arn)


def _set_tags(call: Call, own: str, old: Properties, new: Properties) -> None:
    changed, dropped = tag_changes(old.get("Tags"), new.get("Tags"))
    if changed:
        call("iam", "TagRole", RoleName=own, Tags=changed)
    if dropped:
        call("iam", "UntagRole", RoleName=own, TagKeys=dropped)


def _unless_gone(call: Call, operation: str, **params: str) -> None:
    try:
        call("iam", operation, **params)
    except AwsError as error:
        if not gone(error):
            raise


def _inline(props: Properties) -> dict[str, str]:
    return {policy["PolicyName"]: _document(policy["PolicyDocument"]) for policy in props.get("Policies", [])}


def _document(value: Any) -> str:  # noqa: ANN401 # a policy document is text or an object
    return value if isinstance(value, str) else json.dumps(value)


ROLE_TYPE = ResourceType(_create, _update, _delete, replaced_by=("RoleName", "Path"), system_tags=False)
