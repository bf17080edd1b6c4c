"""AWS::IAM::Role through IAM's own calls, so that boundaries bite and foreign policies refuse a delete."""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.api_type import api_type, undone
from embedded_aws.cloudformation.identity_parts import set_boundary, set_policies, set_tags
from embedded_aws.cloudformation.policy_types import document
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource

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
        set_policies(call, ("Role", own), {}, props)
    return Resource(own, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    if old.get("AssumeRolePolicyDocument") != new["AssumeRolePolicyDocument"]:
        trust = document(new["AssumeRolePolicyDocument"])
        call("iam", "UpdateAssumeRolePolicy", RoleName=own, PolicyDocument=trust)
    _set_description(call, own, old, new)
    for change in (set_boundary, set_policies, set_tags):
        change(call, ("Role", own), old, new)
    return Resource(own, {})


def _delete(call: Call, own: str, props: Properties) -> None:
    """Only the template's own policies are taken off: with others on it IAM refuses, as on AWS."""
    set_policies(call, ("Role", own), props, {})
    call("iam", "DeleteRole", RoleName=own)


def _set_description(call: Call, own: str, old: Properties, new: Properties) -> None:
    if any(old.get(key) != new.get(key) for key in ("Description", "MaxSessionDuration")):
        seconds = int(new.get("MaxSessionDuration", 3600))
        text = new.get("Description", "")
        call("iam", "UpdateRole", RoleName=own, Description=text, MaxSessionDuration=seconds)


ROLE_TYPE = api_type(
    "AWS::IAM::Role", (_create, _update, _delete), _KNOWN, replaced_by=("RoleName", "Path"), system_tags=False
)
