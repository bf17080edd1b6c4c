"""AWS::DynamoDB::Table through DynamoDB's own calls.

Which calls its handler makes is the public schema's (`handlers.*.permissions`); their order is not public. What an
update may change of indexes, streams and time to live is said by the template reference of the type.
"""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.api_type import api_type, given, retag, undone
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource, ResourceError

_NAME_LENGTH = 255
_UNLIMITED = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}
_KEYS = ("KeySchema", "LocalSecondaryIndexes")
# A property that one UpdateTable changes, and what it is where a template no longer names it.
_DEFAULTS: dict[str, Any] = {
    "BillingMode": "PROVISIONED",
    "DeletionProtectionEnabled": False,
    "OnDemandThroughput": _UNLIMITED,
    "ProvisionedThroughput": None,
    "TableClass": "STANDARD",
}
_AT_CREATION = (*_KEYS, "AttributeDefinitions", "GlobalSecondaryIndexes", "Tags", *_DEFAULTS)
_BY_THEMSELVES = ("StreamSpecification", "TimeToLiveSpecification", "PointInTimeRecoverySpecification")
# What is done of a property's members; others are refused by name.
_PARTS = {
    "GlobalSecondaryIndexes": ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput"),
    "StreamSpecification": ("StreamViewType",),
    "PointInTimeRecoverySpecification": ("PointInTimeRecoveryEnabled",),
}


def _create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    _refuse_unknown_parts(props)
    own = str(props.get("TableName") or name(_NAME_LENGTH))
    asked = given(props, {member: member for member in _AT_CREATION})
    call("dynamodb", "CreateTable", TableName=own, **asked, **_stream(props))
    with undone(_remove, call, own, props):
        _set_time_to_live(call, own, {}, props)
        _set_recovery(call, own, {}, props)
        return _found(call, own)


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    _refuse_unknown_parts(new)
    _refuse_other_types(old, new)
    indexes = _index_changes(old, new)
    asked = _changes(old, new)
    if asked:
        call("dynamodb", "UpdateTable", TableName=own, **asked)
    for change in indexes:
        defined = {"AttributeDefinitions": new["AttributeDefinitions"]} if "Create" in change else {}
        call("dynamodb", "UpdateTable", TableName=own, GlobalSecondaryIndexUpdates=[change], **defined)
    if old.get("StreamSpecification") != new.get("StreamSpecification"):
        _set_stream(call, own, old, new)
    _set_time_to_live(call, own, old, new)
    _set_recovery(call, own, old, new)
    resource = _found(call, own)
    retag(call, "dynamodb", old, new, ResourceArn=resource.attributes["Arn"])
    return resource


def _delete(call: Call, own: str, props: Properties) -> None:
    _found(call, own)
    _remove(call, own, props)


def _remove(call: Call, own: str, _props: Properties) -> None:
    call("dynamodb", "DeleteTable", TableName=own)


def _found(call: Call, own: str) -> Resource:
    table = call("dynamodb", "DescribeTable", TableName=own)["Table"]
    streams = (table.get("StreamSpecification") or {}).get("StreamEnabled")
    return Resource(own, {"Arn": table["TableArn"], **({"StreamArn": table["LatestStreamArn"]} if streams else {})})


def _changes(old: Properties, new: Properties) -> dict[str, Any]:
    before, after = {**_DEFAULTS, **old}, {**_DEFAULTS, **new}
    changed = {member: member for member in _DEFAULTS if before[member] != after[member] and after[member] is not None}
    return given(after, changed)


def _index_changes(old: Properties, new: Properties) -> list[dict[str, Any]]:
    """Throughput may change; of indexes themselves one may come or go in an update."""
    before, after = (_indexes(props) for props in (old, new))
    made, gone = after.keys() - before.keys(), before.keys() - after.keys()
    if len(made) + len(gone) > 1:
        raise ResourceError("Cannot perform more than one GSI creation or deletion in a single update")
    changes: list[dict[str, Any]] = [{"Delete": {"IndexName": name}} for name in gone]
    for name in sorted(before.keys() & after.keys()):
        throughput = after[name].get("ProvisionedThroughput")
        if {**before[name], "ProvisionedThroughput": throughput} != {
            "ProvisionedThroughput": throughput,
            **after[name],
        }:
            raise ResourceError("Cannot update GSI's properties other than Provisioned Throughput")
        if throughput is not None and throughput != before[name].get("ProvisionedThroughput"):
            changes.append({"Update": {"IndexName": name, "ProvisionedThroughput": throughput}})
    return [*changes, *({"Create": after[name]} for name in made)]


def _indexes(props: Properties) -> dict[str, dict[str, Any]]:
    listed = given(props, {"GlobalSecondaryIndexes": "listed"}).get("listed", [])
    return {index["IndexName"]: _with_numbers(index) for index in listed}


def _with_numbers(index: dict[str, Any]) -> dict[str, Any]:
    """Units of throughput are compared, and templates may have them as text."""
    units = index.get("ProvisionedThroughput")
    return index if units is None else {**index, "ProvisionedThroughput": {key: int(units[key]) for key in units}}


def _stream(props: Properties) -> dict[str, Any]:
    wanted = props.get("StreamSpecification")
    return {"StreamSpecification": {"StreamEnabled": True, **wanted}} if wanted else {}


def _set_stream(call: Call, own: str, old: Properties, new: Properties) -> None:
    """Another view is another stream: DynamoDB has one at a time."""
    if _stream(old):
        call("dynamodb", "UpdateTable", TableName=own, StreamSpecification={"StreamEnabled": False})
    if _stream(new):
        call("dynamodb", "UpdateTable", TableName=own, **_stream(new))


def _set_time_to_live(call: Call, own: str, old: Properties, new: Properties) -> None:
    before, after = (given(props, {"TimeToLiveSpecification": "held"}).get("held", {}) for props in (old, new))
    names = [held.get("AttributeName") for held in (before, after) if held.get("Enabled")]
    if len(set(names)) > 1:
        raise ResourceError(f"TimeToLive is active on a different AttributeName: current AttributeName is {names[0]}")
    enabled = bool(after.get("Enabled"))
    if enabled != bool(before.get("Enabled")):
        wanted = {"Enabled": enabled, "AttributeName": names[0]}
        call("dynamodb", "UpdateTimeToLive", TableName=own, TimeToLiveSpecification=wanted)


def _set_recovery(call: Call, own: str, old: Properties, new: Properties) -> None:
    member = "PointInTimeRecoverySpecification"
    before, after = (
        bool(given(props, {member: "held"}).get("held", {}).get(_PARTS[member][0])) for props in (old, new)
    )
    if before != after:
        call("dynamodb", "UpdateContinuousBackups", TableName=own, **{member: {_PARTS[member][0]: after}})


def _refuse_other_types(old: Properties, new: Properties) -> None:
    """On AWS that replaces the table, other changes of AttributeDefinitions do not."""
    before, after = (
        {held["AttributeName"]: held["AttributeType"] for held in props.get("AttributeDefinitions", [])}
        for props in (old, new)
    )
    changed = sorted(name for name in before.keys() & after.keys() if before[name] != after[name])
    if changed:
        text = f"another AttributeType of {changed[0]} is not implemented by the embedded AWS"
        raise ResourceError(f"AWS::DynamoDB::Table: {text}")


def _refuse_unknown_parts(props: Properties) -> None:
    for member, done in _PARTS.items():
        held = props.get(member) or []
        for part in held if isinstance(held, list) else [held]:
            unknown = sorted(part.keys() - set(done))
            if unknown:
                told = f"AWS::DynamoDB::Table: {member}.{unknown[0]} is not implemented by the embedded AWS"
                raise ResourceError(told)


TABLE_TYPE = api_type(
    "AWS::DynamoDB::Table",
    (_create, _update, _delete),
    known=("TableName", *_AT_CREATION, *_BY_THEMSELVES),
    replaced_by=("TableName", *_KEYS),
    system_tags=False,
)
