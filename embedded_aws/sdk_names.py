"""How Step Functions and EventBridge Scheduler name services, members and errors of the AWS SDK.

Both follow the SDK for Java 2: services in lower case without dashes, acronyms as words (DBCluster is
DbCluster), and error names `Service.ShapeException`; errors that the model does not list are
`Service.ServiceException`.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from embedded_aws.service_models import service_model, services

# Java's client names that are not botocore's without its dashes.
_RENAMED = {
    "sfn": "stepfunctions",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "costexplorer": "ce",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "cloudwatchevents": "events",
}
# Codes of SQS's former protocol, which its clients still report, by which the model does not know its errors.
_OF_QUERIES = {
    "AWS.SimpleQueueService.NonExistentQueue": "QueueDoesNotExist",
    "AWS.SimpleQueueService.PurgeQueueInProgress": "PurgeQueueInProgress",
    "AWS.SimpleQueueService.QueueDeletedRecently": "QueueDeletedRecently",
    "QueueAlreadyExists": "QueueNameExists",
}
_ACRONYM = re.compile(r"([A-Z])([A-Z]+)(?=[A-Z][a-z]|[0-9]|$)")


@functools.cache
def botocore_service(name: str) -> str | None:
    """Botocore's name of the service that the integration calls `name`; None if there is none."""
    known = {service.replace("-", ""): service for service in services()}
    return _RENAMED.get(name) or known.get(name)


@functools.cache
def operation(service: str, action: str) -> str | None:
    """The operation that an integration's action names (`putObject`); None if the service has none such."""
    name = action[:1].upper() + action[1:]
    model = service_model(service)
    return name if name in model.operation_names else None


def sdk_name(name: str) -> str:
    """A wire name as the SDK for Java 2 has it: acronyms as words."""
    return _ACRONYM.sub(lambda found: found[1] + found[2].lower(), name)


def error_name(model: ServiceModel, code: str) -> str:
    """The error name of a failed `aws-sdk` call."""
    prefix, shape = sdk_name(model.service_id.replace(" ", "")), error_shape(model, _OF_QUERIES.get(code, code))
    return f"{prefix}.{_exception(shape)}" if shape else f"{prefix}.{prefix}Exception"


def error_shape(model: ServiceModel, code: str) -> str | None:
    """The model's name of an error by its code; None if the model does not list it."""
    for shape in model.error_shapes:
        if code in (getattr(shape, "error_code", None), shape.name):
            return str(shape.name)
    return None


def wire_params(shape: StructureShape | None, params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with the member names of the wire, whatever the case of their acronyms; unknown ones stay."""
    return _to_wire(shape, params) if shape is not None else dict(params)


def unsupported(shape: Shape | None, value: object) -> Iterator[str]:
    """The fields in parameters that a state may not name: unknown ones, and those that begin in lower case.

    Of a definition's template, fields whose value is a path (`.$`) are left out: AWS refuses them when they are used.
    """
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        members = {name.lower(): member for name, member in shape.members.items()}
        for key, item in value.items():
            if key.endswith(".$"):
                continue
            if key.lower() not in members or key[:1].islower():
                yield key
            else:
                yield from unsupported(members[key.lower()], item)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for item in value:
            yield from unsupported(shape.member, item)
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for item in value.values():
            yield from unsupported(shape.value, item)


def sdk_result(value: Any) -> Any:  # noqa: ANN401 # any JSON value
    """An answer as a state sees it: SDK names, times as ISO strings, streams as text."""
    if isinstance(value, Mapping):
        return {sdk_name(key[:1].upper() + key[1:]): sdk_result(item) for key, item in value.items()}
    if isinstance(value, list):
        return [sdk_result(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if hasattr(value, "read"):
        value = value.read()
    return value.decode() if isinstance(value, bytes) else value


def _exception(name: str) -> str:
    stem = name.removesuffix("Fault").removesuffix("Exception")
    return f"{sdk_name(stem)}Exception"


def _to_wire(shape: Shape, value: Any) -> Any:  # noqa: ANN401 # any JSON value
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        names = {name.lower(): name for name in shape.members}
        wired = {names.get(key.lower(), key): item for key, item in value.items()}
        return {
            key: _to_wire(shape.members[key], item) if key in shape.members else item for key, item in wired.items()
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_to_wire(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: _to_wire(shape.value, item) for key, item in value.items()}
    if shape.type_name == "blob" and not isinstance(value, str | bytes):
        return json.dumps(value, separators=(",", ":"))
    return value
