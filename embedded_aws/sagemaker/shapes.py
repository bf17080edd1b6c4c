"""The service model of SageMaker, as botocore carries it: input shapes, parsing, coercion and projection."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from embedded_aws.sagemaker.errors import AwsError, not_implemented
from embedded_aws.service_models import service_model

_INTEGERS = ("integer", "long")
_FLOATS = ("float", "double")


@functools.cache
def operations() -> frozenset[str]:
    """Every operation AWS has, implemented here or not."""
    return frozenset(service_model("sagemaker").operation_names)


def input_shape(action: str) -> StructureShape | None:
    """The shape of an action's input; AwsError for an action that AWS does not have."""
    if action not in operations():
        raise not_implemented(action)
    return service_model("sagemaker").operation_model(action).input_shape


def output_members(action: str) -> Mapping[str, Shape]:
    """The members of an action's output, by name; empty when it answers nothing."""
    shape = service_model("sagemaker").operation_model(action).output_shape
    return shape.members if shape is not None else {}


def summary_members(action: str, member: str) -> Mapping[str, Shape]:
    """The members of one item of a List action's answer."""
    listed = output_members(action)[member]
    assert isinstance(listed, ListShape)  # noqa: S101 - the table of kinds names a list
    assert isinstance(listed.member, StructureShape)  # noqa: S101 - of structures
    return listed.member.members


def statuses(describe_action: str, member: str) -> frozenset[str]:
    """The values a status member may have."""
    return frozenset(output_members(describe_action)[member].metadata["enum"])


@functools.cache
def instance_types() -> frozenset[str]:
    """Every instance type of any call: the service model has an enum of them for each use."""
    uses = (*("Training", "Processing", "Transform", "ProductionVariant"), "")
    return frozenset(name for use in uses for name in _enum(f"{use}InstanceType"))


def _enum(shape_name: str) -> tuple[str, ...]:
    return tuple(service_model("sagemaker").shape_for(shape_name).metadata["enum"])


def parse(shape: StructureShape, params: Mapping[str, Any]) -> dict[str, Any]:
    """A deep copy of a call's parameters with timestamps as aware datetimes; null members are dropped, as on AWS."""
    return _structure(shape, params, strings=False)


def coerce(action: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters whose scalars came as other types (CloudFormation has "5" and "true"), in the types of the action."""
    shape = input_shape(action)
    return coerced(shape, params) if shape is not None else {}


def coerced(shape: StructureShape, params: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a shape of any service."""
    return _structure(shape, params, strings=True)


def _structure(shape: StructureShape, value: Mapping[str, Any], *, strings: bool) -> dict[str, Any]:
    members = shape.members
    return {
        key: _walk(members[key], item, strings=strings) if key in members else item
        for key, item in value.items()
        if item is not None
    }


def _walk(shape: Shape, value: object, *, strings: bool) -> object:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return _structure(shape, value, strings=strings)
    if isinstance(shape, ListShape) and isinstance(value, list | tuple):
        return [_walk(shape.member, item, strings=strings) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {str(key): _walk(shape.value, item, strings=strings) for key, item in value.items()}
    if shape.type_name == "timestamp":
        return _timestamp(value)
    return _scalar(shape.type_name, value) if strings else value


def _timestamp(value: object) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        raise AwsError("SerializationException", f"{value!r} is not a timestamp") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _scalar(type_name: str, value: object) -> object:
    if type_name == "string" and isinstance(value, bool):
        return "true" if value else "false"
    if type_name == "string" and isinstance(value, int | float):
        return str(value)
    if type_name in _INTEGERS and isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, str):
        return value
    if type_name == "boolean" and value.lower() in ("true", "false"):
        return value.lower() == "true"
    try:
        return int(value) if type_name in _INTEGERS else float(value) if type_name in _FLOATS else value
    except ValueError:
        return value
