"""AWS::IAM::User and AWS::IAM::InstanceProfile through IAM's own calls.

Which calls the handlers make is the public schemas' (`handlers.*.permissions`); their order is not public. Nobody signs
in to a console here: LoginProfile is refused.
"""

from __future__ import annotations

from embedded_aws.cloudformation.api_type import api_type, undone, unless_gone
from embedded_aws.cloudformation.identity_parts import set_boundary, set_policies, set_tags
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource, ResourceError

_USER_NAME_LENGTH = 64
_PROFILE_NAME_LENGTH = 128
_SIMPLE = ("Path", "PermissionsBoundary", "Tags")


def _user_create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("UserName") or name(_USER_NAME_LENGTH))
    call("iam", "CreateUser", UserName=own, **{key: props[key] for key in _SIMPLE if key in props})
    with undone(_user_remove, call, own, props):
        set_policies(call, ("User", own), {}, props)
        _set_groups(call, own, {}, props)
        return _user(call, own)


def _user_update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    """UpdateUser, which changes a path, is not among the emulator's calls."""
    if old.get("Path", "/") != new.get("Path", "/"):
        raise ResourceError("AWS::IAM::User: a change of Path is not implemented by the embedded AWS")
    for change in (set_boundary, set_policies, set_tags):
        change(call, ("User", own), old, new)
    _set_groups(call, own, old, new)
    return _user(call, own)


def _user_delete(call: Call, own: str, props: Properties) -> None:
    """Only the template's own policies and groups are left: with others IAM refuses, and with access keys."""
    _user(call, own)
    _user_remove(call, own, props)


def _user_remove(call: Call, own: str, props: Properties) -> None:
    set_policies(call, ("User", own), props, {})
    _set_groups(call, own, props, {})
    call("iam", "DeleteUser", UserName=own)


def _set_groups(call: Call, own: str, old: Properties, new: Properties) -> None:
    before, after = set(old.get("Groups", [])), set(new.get("Groups", []))
    for group in sorted(after - before):
        call("iam", "AddUserToGroup", GroupName=group, UserName=own)
    for group in sorted(before - after):
        unless_gone(call, "iam", "RemoveUserFromGroup", GroupName=group, UserName=own)


def _user(call: Call, own: str) -> Resource:
    return Resource(own, {"Arn": call("iam", "GetUser", UserName=own)["User"]["Arn"]})


def _profile_create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("InstanceProfileName") or name(_PROFILE_NAME_LENGTH))
    path = {"Path": props["Path"]} if "Path" in props else {}
    call("iam", "CreateInstanceProfile", InstanceProfileName=own, **path)
    with undone(_profile_remove, call, own, props):
        _set_roles(call, own, {}, props)
        return _profile(call, own)


def _profile_update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    _set_roles(call, own, old, new)
    return _profile(call, own)


def _profile_delete(call: Call, own: str, props: Properties) -> None:
    _profile(call, own)
    _profile_remove(call, own, props)


def _profile_remove(call: Call, own: str, props: Properties) -> None:
    _set_roles(call, own, props, {})
    call("iam", "DeleteInstanceProfile", InstanceProfileName=own)


def _set_roles(call: Call, own: str, old: Properties, new: Properties) -> None:
    """The old role first: a profile holds one."""
    before, after = old.get("Roles", []), new.get("Roles", [])
    for role in (role for role in before if role not in after):
        unless_gone(call, "iam", "RemoveRoleFromInstanceProfile", InstanceProfileName=own, RoleName=role)
    for role in (role for role in after if role not in before):
        call("iam", "AddRoleToInstanceProfile", InstanceProfileName=own, RoleName=role)


def _profile(call: Call, own: str) -> Resource:
    found = call("iam", "GetInstanceProfile", InstanceProfileName=own)["InstanceProfile"]
    return Resource(own, {"Arn": found["Arn"]})


USER_TYPES = {
    "AWS::IAM::User": api_type(
        "AWS::IAM::User",
        (_user_create, _user_update, _user_delete),
        known=("UserName", "Groups", "ManagedPolicyArns", "Policies", *_SIMPLE),
        replaced_by=("UserName",),
        system_tags=False,
    ),
    "AWS::IAM::InstanceProfile": api_type(
        "AWS::IAM::InstanceProfile",
        (_profile_create, _profile_update, _profile_delete),
        known=("InstanceProfileName", "Path", "Roles"),
        replaced_by=("InstanceProfileName", "Path"),
        tags=None,
    ),
}
