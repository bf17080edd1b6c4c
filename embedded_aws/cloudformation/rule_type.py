"""AWS::Events::Rule through EventBridge's own calls."""

from __future__ import annotations

from typing import Any

from embedded_aws.cloudformation.api_type import api_type, plain, refuse_existing, retag, undone
from embedded_aws.cloudformation.policy_types import document
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource, ResourceError

_NAME_LENGTH = 64
_MEMBERS = ("Description", "RoleArn", "ScheduleExpression", "State", "EventBusName")


def _create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("Name") or name(_NAME_LENGTH))
    if "Name" in props:
        refuse_existing("AWS::Events::Rule", own, call, "events", "DescribeRule", Name=own, **_bus(props))
    tags = {"Tags": props["Tags"]} if "Tags" in props else {}
    resource = _put(call, own, props, **tags)
    with undone(_delete, call, resource.physical_id, props):
        _set_targets(call, own, {}, props)
    return resource


def _put(call: Call, own: str, props: Properties, **more: Any) -> Resource:  # noqa: ANN401 # PutRule's parameters
    """The rule; its id names the bus too where that is not the default one."""
    asked = {member: props[member] for member in _MEMBERS if member in props}
    if "EventPattern" in props:
        asked["EventPattern"] = document(props["EventPattern"])
    call("events", "PutRule", Name=own, **asked, **more)
    arn = call("events", "DescribeRule", Name=own, **_bus(props))["Arn"]
    bus = props.get("EventBusName", "default")
    return Resource(own if bus == "default" else f"{bus}|{own}", {"Arn": arn, "RuleName": own})


def _update(call: Call, physical_id: str, old: Properties, new: Properties) -> Resource:
    own = physical_id.rpartition("|")[2]
    resource = _put(call, own, {"Description": "", **new})
    _set_targets(call, own, old, new)
    retag(call, "events", old, new, ResourceARN=resource.attributes["Arn"])
    return resource


def _delete(call: Call, physical_id: str, props: Properties) -> None:
    """A rule goes after its targets: EventBridge refuses one that has any."""
    own, bus = physical_id.rpartition("|")[2], _bus(props)
    targets = call("events", "ListTargetsByRule", Rule=own, **bus)["Targets"]
    if targets:
        call("events", "RemoveTargets", Rule=own, Ids=[target["Id"] for target in targets], **bus)
    call("events", "DeleteRule", Name=own, **bus)


def _set_targets(call: Call, own: str, old: Properties, new: Properties) -> None:
    wanted, bus = new.get("Targets", []), _bus(new)
    if wanted and wanted != old.get("Targets"):
        answer = call("events", "PutTargets", Rule=own, Targets=plain(wanted), **bus)
        if answer["FailedEntryCount"]:
            raise ResourceError(f"Targets of rule {own}: {answer['FailedEntries'][0]['ErrorMessage']}")
    kept = {target["Id"] for target in wanted}
    leaving = [target["Id"] for target in old.get("Targets", []) if target["Id"] not in kept]
    if leaving:
        call("events", "RemoveTargets", Rule=own, Ids=leaving, **bus)


def _bus(props: Properties) -> dict[str, str]:
    return {"EventBusName": props["EventBusName"]} if "EventBusName" in props else {}


RULE_TYPE = api_type(
    "AWS::Events::Rule",
    (_create, _update, _delete),
    known=("Name", "EventPattern", "Targets", "Tags", *_MEMBERS),
    replaced_by=("Name", "EventBusName"),
)
