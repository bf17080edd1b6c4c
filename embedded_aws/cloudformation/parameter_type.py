"""AWS::SSM::Parameter through Systems Manager's own calls, in the order of its public handler."""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.api_type import api_type, undone
from embedded_aws.cloudformation.types import (
    Call,
    PhysicalName,
    Properties,
    Resource,
    ResourceError,
    tag_changes,
    tag_map,
    text_of,
)

_NAME_LENGTH = 512
_MEMBERS = ("Type", "Value", "Description", "AllowedPattern", "DataType", "Tier")


def _create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("Name") or name(_NAME_LENGTH))
    tags = [{"Key": key, "Value": value} for key, value in tag_map(props.get("Tags")).items()]
    call("ssm", "PutParameter", Name=own, **_asked(props), **({"Tags": tags} if tags else {}))
    with undone(_delete, call, own, props):
        return _read(call, own)


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    """A new version; what a template no longer says is emptied."""
    if any(old.get(member) != new.get(member) for member in _MEMBERS):
        emptied = {member: "" for member in ("Description", "AllowedPattern") if member in old}
        call("ssm", "PutParameter", Name=own, Overwrite=True, **{**emptied, **_asked(new)})
    target = {"ResourceType": "Parameter", "ResourceId": own}
    changed, dropped = tag_changes(old.get("Tags"), new.get("Tags"))
    if dropped:
        call("ssm", "RemoveTagsFromResource", **target, TagKeys=dropped)
    if changed:
        call("ssm", "AddTagsToResource", **target, Tags=changed)
    return _read(call, own)


def _delete(call: Call, own: str, _props: Properties) -> None:
    call("ssm", "DeleteParameter", Name=own)


def _asked(props: Properties) -> dict[str, Any]:
    if props["Type"] == "SecureString":
        raise ResourceError("SSM Parameters of type SecureString cannot be created using CloudFormation")
    return {member: text_of(props[member]) for member in _MEMBERS if member in props}


def _read(call: Call, own: str) -> Resource:
    found = call("ssm", "GetParameters", Names=[own])["Parameters"][0]
    return Resource(own, {"Type": found["Type"], "Value": found["Value"], "Arn": found["ARN"]})


PARAMETER_TYPE = api_type(
    "AWS::SSM::Parameter",
    (_create, _update, _delete),
    known=("Name", "Tags", *_MEMBERS),
    replaced_by=("Name",),
    tags_shape="map",
    name_prefix="CFN",
)
