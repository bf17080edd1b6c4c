"""Checks a call's parameters against the service model and words violations as AWS does.

botocore's own validator knows required members, types and minimum lengths; this one also knows maximum
lengths, patterns, enums and ranges.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sized
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from embedded_aws.sagemaker.errors import AwsError, validation

_LONGEST_SHOWN = 1000
_NUMBERS = ("integer", "long", "float", "double")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (datetime,),
    "blob": (bytes, str),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}
_JSON_NAMES: dict[type, str] = {
    str: "STRING_VALUE",
    bool: "BOOLEAN_VALUE",
    int: "NUMBER_VALUE",
    float: "DECIMAL_VALUE",
    list: "START_ARRAY",
    dict: "START_OBJECT",
}
_JAVA_CLASSES = (
    (r"\p{L}\p{Z}\p{N}", r"\w \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"),
    (r"\p{Alnum}", "a-zA-Z0-9"),
    (r"\p{ASCII}", r"[\x00-\x7f]"),
    (r"\p{Print}", r"\x20-\x7e"),
    (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010ffff"),
    (r"\z", r"\Z"),
)


def check(shape: StructureShape, params: Mapping[str, Any]) -> None:
    """Raises ValidationException with every violation, or SerializationException for a value of a wrong type."""
    found = list(_violations(shape, params, ""))
    if found:
        noun = "error" if len(found) == 1 else "errors"
        raise validation(f"{len(found)} validation {noun} detected: " + "; ".join(found))


@functools.cache
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A Java pattern of the service model as a Python one; Java's own classes of characters are ASCII only."""
    ascii_only = 0 if r"\p{L}" in pattern else re.ASCII
    for java, python in _JAVA_CLASSES:
        pattern = pattern.replace(java, python)
    return re.compile(pattern, ascii_only)


def _violations(shape: Shape, value: object, path: str) -> Iterator[str]:
    _check_type(shape, value, path)
    broken = _broken(shape, value)
    if broken:
        yield _violation(value, path, broken[0])
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        yield from _structure(shape, value, path)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from _list(shape, value, path)
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        yield from _map(shape, value, path)


def _structure(shape: StructureShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield _violation(None, _join(path, name), "Member must not be null")
    for name, item in value.items():
        if name not in shape.members:
            yield f"Unknown parameter '{name}' at '{path or 'the request'}'"
        else:
            yield from _violations(shape.members[name], item, _join(path, name))


def _list(shape: ListShape, value: list[Any], path: str) -> Iterator[str]:
    member = shape.member
    if isinstance(member, StructureShape | ListShape | MapShape):
        for number, item in enumerate(value, start=1):
            yield from _violations(member, item, f"{path}.{number}.member")
        return
    for item in value:
        _check_type(member, item, path)
    if any(_broken(member, item) for item in value):
        yield _violation(value, path, f"Member must satisfy constraint: [{', '.join(_constraints(member))}]")


def _map(shape: MapShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for part, member, items in (("key", shape.key, list(value)), ("value", shape.value, list(value.values()))):
        for item in items:
            _check_type(member, item, path)
        if any(_broken(member, item) for item in items):
            rules = ", ".join(_constraints(member))
            yield _violation(value, path, f"Map {part} must satisfy constraint: [{rules}]")


def _check_type(shape: Shape, value: object, path: str) -> None:
    allowed = _TYPES[shape.type_name]
    if isinstance(value, allowed) and not (isinstance(value, bool) and bool not in allowed):
        return
    kind = _JSON_NAMES.get(type(value), type(value).__name__)
    wanted = shape.type_name.capitalize()
    raise AwsError("SerializationException", f"{kind} can not be converted to {wanted} (at '{path}')")


def _broken(shape: Shape, value: object) -> list[str]:
    """The constraints of the shape that a value of the right type breaks, in AWS's order."""
    return [text for text, holds in _rules(shape, value) if not holds]


def _constraints(shape: Shape) -> list[str]:
    return [text for text, _ in _rules(shape, None)]


def _rules(shape: Shape, value: object) -> Iterator[tuple[str, bool]]:
    """Every constraint with its text and whether the value keeps it (None keeps all)."""
    meta = shape.metadata
    size = _size(value)
    noun = "value" if shape.type_name in _NUMBERS else "length"
    if "max" in meta:
        yield f"Member must have {noun} less than or equal to {meta['max']}", size is None or size <= meta["max"]
    if "min" in meta:
        yield f"Member must have {noun} greater than or equal to {meta['min']}", size is None or size >= meta["min"]
    if "pattern" in meta:
        kept = not isinstance(value, str) or compile_pattern(meta["pattern"]).fullmatch(value) is not None
        yield f"Member must satisfy regular expression pattern: {meta['pattern']}", kept
    if meta.get("enum"):
        names = ", ".join(meta["enum"])
        yield f"Member must satisfy enum value set: [{names}]", value is None or value in meta["enum"]


def _size(value: object) -> float | None:
    """What a range limits: a number itself, else the length."""
    if isinstance(value, int | float):
        return value
    return len(value) if isinstance(value, Sized) else None


def _violation(value: object, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{_show(value)}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _show(value: object) -> str:
    if isinstance(value, list):
        text = f"[{', '.join(_show(item) for item in value)}]"
    elif isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key}={_show(item)}" for key, item in value.items()) + "}"
    else:
        text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."


def _join(path: str, name: str) -> str:
    member = name[:1].lower() + name[1:]
    return f"{path}.{member}" if path else member
