"""The targets of EventBridge Scheduler: templated ones, and universal ones that call any operation.

No emulator import. AWS: EventBridge Scheduler user guide, "Managing targets" and "Using universal targets".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sdk_names import botocore_service, operation

Target = Mapping[str, Any]
Call = tuple[str, str, dict[str, Any]]
"""Service, operation and parameters."""
_UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"
_PARAMETERS = {"SqsParameters": "sqs", "EventBridgeParameters": "events:event-bus"}
_UNKNOWN_PARAMETERS = (
    "EcsParameters",
    "KinesisParameters",
    "SageMakerPipelineParameters",
    "EventBridgePutEventsV2Parameters",
    "EventBridgePutRawEventsParameters",
)
_JSON_TARGETS = ("lambda:function", "states:stateMachine", "events:event-bus")
# Universal targets call nothing that only reads.
_READING = (
    *("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select", "read", "lookup"),
    *("discover", "validate", "batchGet", "batchDescribe", "batchRead", "transactGet", "adminGet", "adminList"),
    *("testMigration", "retrieve", "testConnection", "translateDocument", "isAuthorized", "invokeModel"),
)
NOTHING = object()


def vet(target: Target) -> None:
    """Refuse a target that is not known or not whole. The rules are AWS's, the texts are not."""
    arn, kind = str(target.get("Arn", "")), _kind(str(target.get("Arn", "")))
    for name in _UNKNOWN_PARAMETERS:
        if name in target:
            raise _refused(f"{name} is not implemented by the embedded AWS")
    for name, wanted in _PARAMETERS.items():
        if name in target and not (kind == wanted or kind.startswith(f"{wanted}:")):
            raise _refused(f"{name} is not supported for the target {arn}.")
    call(target, "{}")
    given = target.get("Input")
    if given is not None and _wants_json(arn, kind) and parsed(given) is NOTHING:
        raise _refused("Invalid Input: it is not valid JSON.")
    if arn.startswith("arn:aws:sqs:"):
        fifo, grouped = arn.endswith(".fifo"), bool((target.get("SqsParameters") or {}).get("MessageGroupId"))
        if fifo != grouped:
            raise _refused("A MessageGroupId is for FIFO queues, and these need one.")


def default_input(target: Target, notification: Mapping[str, Any]) -> str:
    """What a target without Input gets: a universal one no parameters, any other a notification."""
    return "{}" if str(target["Arn"]).startswith(_UNIVERSAL) else json.dumps(notification)


def call(target: Target, text: str) -> Call:
    """The call that invokes a target with its input; ValidationException if it is not known."""
    arn = str(target.get("Arn", ""))
    kind = _kind(arn)
    if arn.startswith(_UNIVERSAL):
        return _universal(arn, text)
    if kind == "states:stateMachine":
        return "stepfunctions", "StartExecution", {"stateMachineArn": arn, "input": text}
    if kind == "lambda:function":
        return "lambda", "Invoke", {"FunctionName": arn, "InvocationType": "Event", "Payload": text.encode()}
    if kind == "events:event-bus":
        return _event(arn, target, text)
    if kind.startswith("sns:"):
        return "sns", "Publish", {"TopicArn": arn, "Message": text}
    if kind.startswith("sqs:"):
        return "sqs", "SendMessage", {"QueueUrl": queue_url(arn), "MessageBody": text, **_group(target)}
    raise _refused(f"Provided Arn {arn} is not a target that the embedded AWS implements.")


def queue_url(arn: str) -> str:
    """The address of a queue by its ARN."""
    _, _, _, region, account, name = arn.split(":", 5)
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


def parsed(text: str) -> object:
    """A JSON text's value; `NOTHING` if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return NOTHING


def _kind(arn: str) -> str:
    """Service and type of a resource, as `lambda:function` or `events:event-bus`."""
    parts = arn.split(":")
    return ":".join(parts[2:3] + parts[5:6]).split("/")[0]


def _wants_json(arn: str, kind: str) -> bool:
    return kind in _JSON_TARGETS or arn.startswith(_UNIVERSAL)


def _group(target: Target) -> dict[str, str]:
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    return {"MessageGroupId": group} if group else {}


def _event(arn: str, target: Target, text: str) -> Call:
    given = target.get("EventBridgeParameters")
    if given is None:
        raise _refused("EventBridgeParameters are required for an event bus.")
    entry = {"Source": given["Source"], "DetailType": given["DetailType"], "Detail": text, "EventBusName": arn}
    return "events", "PutEvents", {"Entries": [entry]}


def _universal(arn: str, text: str) -> Call:
    name, _, action = arn.removeprefix(_UNIVERSAL).partition(":")
    service = botocore_service(name)
    called = operation(service, action) if service else None
    given = parsed(text)
    if service is None or called is None or action.startswith(_READING) or not isinstance(given, dict):
        raise _refused(f"Provided Arn {arn} is not valid.")
    return service, called, given


def _refused(message: str) -> AwsError:
    return AwsError("ValidationException", message)
