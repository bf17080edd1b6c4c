"""AWS::Scheduler::ScheduleGroup through Scheduler's own calls."""

from __future__ import annotations

from embedded_aws.cloudformation.api_type import api_type, retag, undone
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource

_NAME_LENGTH = 64


def _create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("Name") or name(_NAME_LENGTH))
    tags = {"Tags": props["Tags"]} if "Tags" in props else {}
    call("scheduler", "CreateScheduleGroup", Name=own, **tags)
    with undone(_remove, call, own, props):
        return _found(call, own)


def _found(call: Call, own: str) -> Resource:
    group = call("scheduler", "GetScheduleGroup", Name=own)
    shown = {"Arn": group["Arn"], "State": group["State"]}
    dates = {member: group[member].isoformat() for member in ("CreationDate", "LastModificationDate")}
    return Resource(own, {**shown, **dates})


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    """Only tags can change in place."""
    resource = _found(call, own)
    retag(call, "scheduler", old, new, ResourceArn=resource.attributes["Arn"])
    return resource


def _delete(call: Call, own: str, props: Properties) -> None:
    _found(call, own)
    _remove(call, own, props)


def _remove(call: Call, own: str, _props: Properties) -> None:
    call("scheduler", "DeleteScheduleGroup", Name=own)


SCHEDULE_GROUP_TYPE = api_type(
    "AWS::Scheduler::ScheduleGroup",
    (_create, _update, _delete),
    known=("Name", "Tags"),
    replaced_by=("Name",),
)
