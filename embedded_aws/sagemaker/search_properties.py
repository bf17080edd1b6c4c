"""What Search can ask of a resource: its properties by name, their types, and how values compare with a filter's.

API_Filter says what operators there are and for which types. Not said there, and so chosen here: text is compared as it
is written, a property that is missing does not equal anything, and times are compared by the second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.model import ListShape, MapShape, Shape, StructureShape

from embedded_aws.sagemaker.errors import validation

Type = Literal["text", "number", "time", "boolean", "either", "structure"]
"""`either` is text that may be a number (hyperparameters); a `structure` can only exist or not."""

_TYPES: dict[str, Type] = {
    "string": "text",
    "integer": "number",
    "long": "number",
    "float": "number",
    "double": "number",
    "timestamp": "time",
    "boolean": "boolean",
}
_ORDERED = {
    "GreaterThan": lambda left, right: left > right,
    "GreaterThanOrEqualTo": lambda left, right: left >= right,
    "LessThan": lambda left, right: left < right,
    "LessThanOrEqualTo": lambda left, right: left <= right,
}
_SPECIAL: dict[str, Type] = {"Metrics": "number", "Tags": "text", "HyperParameters": "either"}
_ALL = ("Equals", "NotEquals")
_OPERATORS: dict[Type, tuple[str, ...]] = {
    "text": (*_ALL, "Contains", "In"),
    "number": (*_ALL, *_ORDERED),
    "time": (*_ALL, *_ORDERED),
    "boolean": _ALL,
    "either": (*_ALL, *_ORDERED, "Contains", "In"),
    "structure": (),
}


@dataclass(frozen=True)
class Property:
    """A property of a kind: where it is in a record, and of which type it is."""

    name: str
    path: tuple[str, ...]
    type: Type

    def values(self, record: Mapping[str, Any]) -> list[Any]:
        """Its values in a record: several where lists are on the way, none where it is missing."""
        if self.path[0] == "Metrics":
            held = record.get("FinalMetricDataList", [])
            return [item["Value"] for item in held if item["MetricName"] == self.path[1]]
        if self.path[0] == "Tags":
            return [tag["Value"] for tag in record.get("Tags", []) if tag["Key"] == self.path[1]]
        return list(_below(record, self.path))


def find(shape: StructureShape, name: str) -> Property:
    """The property of that name; ValidationException for one that the resource does not have (not AWS's text)."""
    first, _, rest = name.partition(".")
    special = _SPECIAL.get(first)
    has = "FinalMetricDataList" if first == "Metrics" else first
    if special and rest and has in shape.members:
        return Property(name, (first, rest), special)
    found: Shape = shape
    for part in name.split("."):
        found = _item(found)
        if isinstance(found, MapShape):
            return Property(name, tuple(name.split(".")), "text")
        if not isinstance(found, StructureShape) or part not in found.members:
            raise validation(f"{name} is not a property of {shape.name} that can be searched for.")
        found = found.members[part]
    return Property(name, tuple(name.split(".")), _TYPES.get(_item(found).type_name, "structure"))


def is_list(shape: StructureShape, name: str) -> bool:
    """Whether a property is a list of structures, which nested filters look into."""
    found: Shape = shape
    for part in name.split("."):
        if not isinstance(found, StructureShape) or part not in found.members:
            return False
        found = found.members[part]
    return isinstance(found, ListShape) and isinstance(found.member, StructureShape)


@dataclass(frozen=True)
class Test:
    """One filter, its value read; ValidationException for what cannot be compared (the texts are not AWS's)."""

    property: Property
    operator: str
    value: str

    def __post_init__(self) -> None:
        if self.operator in ("Exists", "NotExists"):
            return
        if self.operator not in _OPERATORS[self.property.type]:
            raise validation(f"The operator {self.operator} is not supported for the property {self.property.name}.")
        _read(self.property, self.operator, self.value)

    def holds(self, values: list[Any]) -> bool:
        """Whether it is true of a property with these values."""
        if self.operator in ("Exists", "NotExists"):
            return bool(values) == (self.operator == "Exists")
        if self.operator == "NotEquals":
            return not any(self._compare("Equals", value) for value in values)
        return any(self._compare(self.operator, value) for value in values)

    def _compare(self, operator: str, held: Any) -> bool:  # noqa: ANN401 # a value of any type
        if operator == "Contains":
            return self.value in str(held)
        if operator == "In":
            return str(held) in self.value.split(",")
        wanted = _read(self.property, operator, self.value)
        left = _like(wanted, held, self.value)
        if left is None:
            return False
        return bool(left == wanted if operator == "Equals" else _ORDERED[operator](left, wanted))


def sort_value(found: Property, record: Mapping[str, Any]) -> Any:  # noqa: ANN401 # a value of any type
    """What a record is sorted by; numbers before text, None where the property is missing."""
    value = next(iter(found.values(record)), None)
    if value is None or found.type != "either":
        return value
    number = _number(value)
    return (1, 0.0, value) if number is None else (0, number, "")


def _below(value: object, path: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _below(item, path)
    elif not path:
        yield value
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _below(value[path[0]], path[1:])


def _item(shape: Shape) -> Shape:
    return shape.member if isinstance(shape, ListShape) else shape


def _read(found: Property, operator: str, text: str) -> Any:  # noqa: ANN401 # a value of the property's type
    """A filter's value in the type of its property."""
    kind = found.type
    if kind == "time":
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise validation(f"{text} is not an ISO 8601 date-time for the property {found.name}.") from None
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).replace(microsecond=0)
    number = _number(text)
    if number is None and (kind == "number" or (kind == "either" and operator in _ORDERED)):
        raise validation(f"{text} is not a number for the property {found.name}.")
    if kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise validation(f"{text} is neither true nor false for the property {found.name}.")
        return text.lower() == "true"
    return number if kind in ("number", "either") and number is not None else text


def _like(wanted: object, held: object, text: str) -> Any:  # noqa: ANN401 # a value of the type of `wanted`
    """A held value in the type of the wanted one; None if it has none such.

    Decimals are compared as integers with an integer: so AWS has it for hyperparameters, which are text.
    """
    if isinstance(wanted, datetime):
        return held.replace(microsecond=0) if isinstance(held, datetime) else None
    if not isinstance(wanted, float):
        return held
    number = _number(str(held))
    whole = isinstance(held, str) and text.lstrip("+-").isdigit()
    return float(int(number)) if number is not None and whole else number


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
