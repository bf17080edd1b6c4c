"""AWS::KMS::Key and AWS::KMS::Alias through KMS's own calls."""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.api_type import api_type, plain, retag, undone
from embedded_aws.cloudformation.policy_types import document
from embedded_aws.cloudformation.types import (
    Call,
    PhysicalName,
    Properties,
    Resource,
    ResourceError,
    tag_map,
)

# What a key is for life, and what it is where a template does not say.
_FOR_LIFE = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS", "MultiRegion": False}
_SCHEDULED_DAYS = 30
_ROTATION_DAYS = 365


def _create(call: Call, _name: PhysicalName, props: Properties) -> Resource:
    asked: dict[str, Any] = {member: plain(props[member]) for member in _FOR_LIFE if member in props}
    if "Description" in props:
        asked["Description"] = props["Description"]
    if "KeyPolicy" in props:
        asked["Policy"] = document(props["KeyPolicy"])
    if "Tags" in props:
        asked["Tags"] = _tags(props["Tags"])
    made = call("kms", "CreateKey", **asked)["KeyMetadata"]
    with undone(_schedule, call, made["KeyId"], props):
        _set_rotation(call, made["KeyId"], {}, props)
        _set_state(call, made["KeyId"], {}, props)
    return Resource(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    """Everything in place; a change of what a key is for life fails, whatever the update policy says."""
    for member, default in _FOR_LIFE.items():
        if plain(old.get(member, default)) != plain(new.get(member, default)):
            raise ResourceError(f"Update to the property {member} of a KMS key is not supported")
    found = call("kms", "DescribeKey", KeyId=own)["KeyMetadata"]
    if new.get("KeyPolicy") != old.get("KeyPolicy") and "KeyPolicy" in new:
        call("kms", "PutKeyPolicy", KeyId=own, PolicyName="default", Policy=document(new["KeyPolicy"]))
    if new.get("Description") != old.get("Description"):
        call("kms", "UpdateKeyDescription", KeyId=own, Description=new.get("Description", ""))
    _set_rotation(call, own, old, new)
    _set_state(call, own, old, new)
    retag(call, "kms", old, new, form=_tags, KeyId=own)
    return Resource(own, {"Arn": found["Arn"], "KeyId": own})


def _delete(call: Call, own: str, props: Properties) -> None:
    """A key is never deleted at once: it waits for its end."""
    if call("kms", "DescribeKey", KeyId=own)["KeyMetadata"]["KeyState"] != "PendingDeletion":
        _schedule(call, own, props)


def _schedule(call: Call, own: str, props: Properties) -> None:
    days = int(props.get("PendingWindowInDays", _SCHEDULED_DAYS))
    call("kms", "ScheduleKeyDeletion", KeyId=own, PendingWindowInDays=days)


def _set_rotation(call: Call, own: str, old: Properties, new: Properties) -> None:
    before, after = (
        (plain(props.get("EnableKeyRotation", False)), int(props.get("RotationPeriodInDays", _ROTATION_DAYS)))
        for props in (old, new)
    )
    if after[0] and after != before:
        call("kms", "EnableKeyRotation", KeyId=own, RotationPeriodInDays=after[1])
    elif before[0] and not after[0]:
        call("kms", "DisableKeyRotation", KeyId=own)


def _set_state(call: Call, own: str, old: Properties, new: Properties) -> None:
    before, after = (plain(props.get("Enabled", True)) for props in (old, new))
    if before != after:
        call("kms", "EnableKey" if after else "DisableKey", KeyId=own)


def _tags(tags: Any) -> list[dict[str, str]]:  # noqa: ANN401 # a template's tags
    return [{"TagKey": key, "TagValue": value} for key, value in tag_map(tags).items()]


def _alias_put(call: Call, operation: str, props: Properties) -> Resource:
    name = str(props["AliasName"])
    call("kms", operation, AliasName=name, TargetKeyId=props["TargetKeyId"])
    return Resource(name, {})


def _alias_delete(call: Call, own: str, _props: Properties) -> None:
    call("kms", "DeleteAlias", AliasName=own)


KEY_TYPES = {
    "AWS::KMS::Key": api_type(
        "AWS::KMS::Key",
        (_create, _update, _delete),
        known=(
            "KeyPolicy",
            "Description",
            "Enabled",
            "EnableKeyRotation",
            "RotationPeriodInDays",
            "PendingWindowInDays",
            "Tags",
            *_FOR_LIFE,
        ),
        system_tags=False,
    ),
    "AWS::KMS::Alias": api_type(
        "AWS::KMS::Alias",
        (
            lambda call, _name, props: _alias_put(call, "CreateAlias", props),
            lambda call, _own, _old, new: _alias_put(call, "UpdateAlias", new),
            _alias_delete,
        ),
        known=("AliasName", "TargetKeyId"),
        replaced_by=("AliasName",),
        tags=None,
    ),
}
