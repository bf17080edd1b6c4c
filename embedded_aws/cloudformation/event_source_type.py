"""AWS::Lambda::EventSourceMapping through Lambda's own calls; its Ref is the UUID that Lambda draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedded_aws.cloudformation.api_type import api_type, given, retag, undone
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource, tag_map

# What a template no longer names goes back to Lambda's default ("CreateEventSourceMapping", Lambda's API reference).
_DEFAULTS: Mapping[str, Any] = {
    "BatchSize": None,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
    "Enabled": True,
    "FilterCriteria": {},
    "FunctionName": None,
    "FunctionResponseTypes": [],
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "ScalingConfig": {},
}
_SOURCE = ("EventSourceArn", "StartingPosition")
_BATCH_SIZES = {"sqs": 10}
_STREAM_BATCH_SIZE = 100


def _create(call: Call, _name: PhysicalName, props: Properties) -> Resource:
    asked = _asked(props, (*_SOURCE, *_DEFAULTS))
    if "Tags" in props:
        asked["Tags"] = tag_map(props["Tags"])
    own = str(call("lambda", "CreateEventSourceMapping", **{"BatchSize": _batch_size(props), **asked})["UUID"])
    with undone(_remove, call, own, props):
        return _found(call, own)


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    changed = [member for member in _DEFAULTS if old.get(member) != new.get(member)]
    if changed:
        asked = _asked({**_DEFAULTS, "BatchSize": _batch_size(new), **new}, changed)
        call("lambda", "UpdateEventSourceMapping", UUID=own, **asked)
    resource = _found(call, own)
    retag(call, "lambda", old, new, form=tag_map, Resource=resource.attributes["EventSourceMappingArn"])
    return resource


def _asked(props: Properties, members: tuple[str, ...] | list[str]) -> dict[str, Any]:
    return given(props, {member: member for member in members})


def _batch_size(props: Properties) -> int:
    """The default: the emulator has the one of queues for streams too."""
    return _BATCH_SIZES.get(str(props.get("EventSourceArn", ":::")).split(":")[2], _STREAM_BATCH_SIZE)


def _found(call: Call, own: str) -> Resource:
    found = call("lambda", "GetEventSourceMapping", UUID=own)
    return Resource(own, {"Id": own, "EventSourceMappingArn": found["EventSourceMappingArn"]})


def _delete(call: Call, own: str, props: Properties) -> None:
    _found(call, own)
    _remove(call, own, props)


def _remove(call: Call, own: str, _props: Properties) -> None:
    call("lambda", "DeleteEventSourceMapping", UUID=own)


EVENT_SOURCE_TYPE = api_type(
    "AWS::Lambda::EventSourceMapping",
    (_create, _update, _delete),
    known=("Tags", *_SOURCE, *_DEFAULTS),
    replaced_by=_SOURCE,
)
