"""AWS::IAM::Policy and AWS::IAM::ManagedPolicy through IAM's own calls.

Which calls the handlers make is the public schemas' (`handlers.*.permissions`). Their order is not public; that an
embedded policy is read back after it was put is taken from `iam:GetRolePolicy` there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from embedded_aws.cloudformation.api_type import api_type, undone, unless_gone
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource, text_of

_NAME_LENGTH = 128
_VERSIONS_HELD = 5
# property of the principals: the kind of principal.
_PRINCIPALS = {"Roles": "Role", "Users": "User", "Groups": "Group"}
Principal = tuple[str, str]


def document(value: Any) -> str:  # noqa: ANN401 # a policy document is text or an object
    """A policy document as a call takes it."""
    return value if isinstance(value, str) else json.dumps(value)


def attribute(value: Any) -> str:  # noqa: ANN401 # any template value
    """A property as an attribute: SQS and SNS take all of them as text."""
    return document(value) if isinstance(value, Mapping) else text_of(value)


def _principals(props: Properties) -> Iterator[Principal]:
    """The kind and the name of everybody a policy is for."""
    for member, kind in _PRINCIPALS.items():
        for name in props.get(member) or []:
            yield kind, str(name)


def _inline_create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = name(_NAME_LENGTH)
    with undone(_inline_delete, call, own, props):
        for kind, holder in _principals(props):
            _embed(call, (kind, holder), props)
            call("iam", f"Get{kind}Policy", **{f"{kind}Name": holder, "PolicyName": props["PolicyName"]})
    return Resource(own, {"Id": own})


def _embed(call: Call, principal: Principal, props: Properties) -> None:
    kind, name = principal
    policy = {f"{kind}Name": name, "PolicyName": props["PolicyName"]}
    call("iam", f"Put{kind}Policy", **policy, PolicyDocument=document(props["PolicyDocument"]))


def _inline_update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    """Every property is changed in place; who is named no longer loses the policy."""
    same = old["PolicyName"] == new["PolicyName"]
    kept = set(_principals(new)) if same else set()
    unchanged = same and document(old["PolicyDocument"]) == document(new["PolicyDocument"])
    for principal in _principals(new):
        if not (unchanged and principal in set(_principals(old))):
            _embed(call, principal, new)
    for principal in _principals(old):
        if principal not in kept:
            _take_out(call, principal, old)
    return Resource(own, {"Id": own})


def _inline_delete(call: Call, _own: str, props: Properties) -> None:
    for principal in _principals(props):
        _take_out(call, principal, props)


def _take_out(call: Call, principal: Principal, props: Properties) -> None:
    kind, name = principal
    policy = {f"{kind}Name": name, "PolicyName": props["PolicyName"]}
    unless_gone(call, "iam", f"Delete{kind}Policy", **policy)


def _managed_create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("ManagedPolicyName") or name(_NAME_LENGTH))
    told = {member: props[member] for member in ("Path", "Description") if member in props}
    text = document(props["PolicyDocument"])
    made = call("iam", "CreatePolicy", PolicyName=own, PolicyDocument=text, **told)["Policy"]
    with undone(_managed_delete, call, made["Arn"], props):
        for principal in _principals(props):
            _attach(call, "Attach", principal, made["Arn"])
    return _managed(made, attached=len(list(_principals(props))))


def _managed(policy: dict[str, Any], attached: int) -> Resource:
    shown = {
        "PolicyArn": policy["Arn"],
        "PolicyId": policy["PolicyId"],
        "DefaultVersionId": policy["DefaultVersionId"],
        "AttachmentCount": attached,
        "PermissionsBoundaryUsageCount": policy.get("PermissionsBoundaryUsageCount", 0),
        "IsAttachable": str(policy.get("IsAttachable", True)).lower(),
        "CreateDate": policy["CreateDate"].isoformat(),
        "UpdateDate": policy["UpdateDate"].isoformat(),
    }
    return Resource(policy["Arn"], shown)


def _attach(call: Call, verb: str, principal: Principal, arn: str) -> None:
    kind, name = principal
    call("iam", f"{verb}{kind}Policy", **{f"{kind}Name": name, "PolicyArn": arn})


def _managed_update(call: Call, arn: str, old: Properties, new: Properties) -> Resource:
    if document(old["PolicyDocument"]) != document(new["PolicyDocument"]):
        _new_version(call, arn, document(new["PolicyDocument"]))
    before, after = set(_principals(old)), set(_principals(new))
    for principal in sorted(after - before):
        _attach(call, "Attach", principal, arn)
    for principal in sorted(before - after):
        unless_gone(_attach, call, "Detach", principal, arn)
    found = call("iam", "GetPolicy", PolicyArn=arn)["Policy"]
    return _managed(found, attached=found["AttachmentCount"])


def _new_version(call: Call, arn: str, text: str) -> None:
    """A new default version; IAM holds five, so the oldest one makes room."""
    spare = _spare_versions(call, arn)
    if len(spare) + 1 >= _VERSIONS_HELD:
        call("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId=spare[0])
    call("iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)


def _spare_versions(call: Call, arn: str) -> list[str]:
    """The versions that are not the default, oldest first."""
    listed = call("iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]
    spare = [version["VersionId"] for version in listed if not version["IsDefaultVersion"]]
    return sorted(spare, key=lambda version: int(version.removeprefix("v")))


def _managed_delete(call: Call, arn: str, props: Properties) -> None:
    """The template's own attachments go first; with others IAM refuses (DeleteConflict)."""
    for principal in _principals(props):
        unless_gone(_attach, call, "Detach", principal, arn)
    for version in _spare_versions(call, arn):
        call("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId=version)
    call("iam", "DeletePolicy", PolicyArn=arn)


POLICY_TYPES = {
    "AWS::IAM::Policy": api_type(
        "AWS::IAM::Policy",
        (_inline_create, _inline_update, _inline_delete),
        known=("PolicyName", "PolicyDocument", *_PRINCIPALS),
        tags=None,
    ),
    "AWS::IAM::ManagedPolicy": api_type(
        "AWS::IAM::ManagedPolicy",
        (_managed_create, _managed_update, _managed_delete),
        known=("ManagedPolicyName", "Path", "Description", "PolicyDocument", *_PRINCIPALS),
        replaced_by=("ManagedPolicyName", "Path", "Description"),
        tags=None,
    ),
}
