"""AWS::IAM::Role through IAM's own calls, so that boundaries bite and foreign policies refuse a delete."""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.api_type import api_type, undone, unless_gone
from embedded_aws.cloudformation.policy_types import document
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource, tag_changes

_NAME_LENGTH = 64
_SIMPLE = ("Path", "Description", "PermissionsBoundary", "Tags")
_KNOWN = ("RoleName", "AssumeRolePolicyDocument", "MaxSessionDuration", "ManagedPolicyArns", "Policies", *_SIMPLE)


def _create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("RoleName") or name(_NAME_LENGTH))
    given: dict[str, Any] = {key: props[key] for key in _SIMPLE if key in props}
    if "MaxSessionDuration" in props:
        given["MaxSessionDuration"] = int(props["MaxSessionDuration"])
    trust = document(props["AssumeRolePolicyDocument"])
    role = call("iam", "CreateRole", RoleName=own, AssumeRolePolicyDocument=trust, **given)["Role"]
    with undone(_delete, call, own, props):
        _set_policies(call, own, {}, props)
    return Resource(own, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    if old.get("AssumeRolePolicyDocument") != new["AssumeRolePolicyDocument"]:
        trust = document(new["AssumeRolePolicyDocument"])
        call("iam", "UpdateAssumeRolePolicy", RoleName=own, PolicyDocument=trust)
    _set_description(call, own, old, new)
    _set_boundary(call, own, old.get("PermissionsBoundary"), new.get("PermissionsBoundary"))
    _set_policies(call, own, old, new)
    _set_tags(call, own, old, new)
    return Resource(own, {})


def _delete(call: Call, own: str, props: Properties) -> None:
    """Only the template's own policies are taken off: with others on it IAM refuses, as on AWS."""
    _set_policies(call, own, props, {})
    call("iam", "DeleteRole", RoleName=own)


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
        unless_gone(call, "iam", "DeleteRolePolicy", RoleName=own, PolicyName=name)
    for name, text in after.items():
        if before.get(name) != text:
            call("iam", "PutRolePolicy", RoleName=own, PolicyName=name, PolicyDocument=text)
    attached, wanted = set(old.get("ManagedPolicyArns", [])), set(new.get("ManagedPolicyArns", []))
    for arn in sorted(attached - wanted):
        unless_gone(call, "iam", "DetachRolePolicy", RoleName=own, PolicyArn=arn)
    for arn in sorted(wanted - attached):
        call("iam", "AttachRolePolicy", RoleName=own, PolicyArn=arn)


def _set_tags(call: Call, own: str, old: Properties, new: Properties) -> None:
    changed, dropped = tag_changes(old.get("Tags"), new.get("Tags"))
    if changed:
        call("iam", "TagRole", RoleName=own, Tags=changed)
    if dropped:
        call("iam", "UntagRole", RoleName=own, TagKeys=dropped)


def _inline(props: Properties) -> dict[str, str]:
    return {policy["PolicyName"]: document(policy["PolicyDocument"]) for policy in props.get("Policies", [])}


ROLE_TYPE = api_type(
    "AWS::IAM::Role", (_create, _update, _delete), _KNOWN, replaced_by=("RoleName", "Path"), system_tags=False
)
