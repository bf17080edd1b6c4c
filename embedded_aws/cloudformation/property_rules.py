r"""JSON Schema as CloudFormation reads it: template values may be text, and failures are told in its own words.

`"5"` is a number and `"true"` a boolean wherever the schema wants one. A pattern that Python's `re` does not know
(`\p{L}`, Java's classes) is not checked: a right template must never fail. Keywords that are not in `KEYWORDS` are
not looked at; among them are those that cfn-lint adds. AWS's texts are those of everit's validator, with the values
taken out (ValidationException of aws-cloudformation/cloudformation-resource-schema).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from functools import lru_cache, reduce
from itertools import chain
from typing import Any, NamedTuple

from embedded_aws.cloudformation.types import text_of

Schema = Mapping[str, Any]
Place = tuple[str, ...]


class Unknown:
    """A value that nothing is known of yet: it fits everything."""


class Failure(NamedTuple):
    """Where a value does not fit, and why."""

    place: Place
    message: str


class Point(NamedTuple):
    """A value beside the part of a schema that it must fit; `root` is what the schema's references point into."""

    value: Any
    schema: Schema
    place: Place
    root: Schema

    def failures(self) -> list[Failure]:
        """All of them. As in draft 7, nothing counts beside a reference; one in a circle says nothing."""
        if isinstance(self.value, Unknown):
            return []
        schema, followed = self.schema, set[str]()
        while "$ref" in schema:
            if schema["$ref"] in followed:
                return []
            followed.add(schema["$ref"])
            schema = _referred(self.root, schema["$ref"])
        point = self._replace(schema=schema)
        found = (KEYWORDS[name](point, wanted) for name, wanted in schema.items() if name in KEYWORDS)
        return list(chain.from_iterable(found))

    def under(self, schema: Schema) -> list[Failure]:
        """The failures of the same value under another part."""
        return self._replace(schema=schema).failures()

    def inner(self, name: str | int, value: Any, schema: Schema) -> list[Failure]:  # noqa: ANN401 # any template value
        """The failures of a value inside."""
        return self._replace(value=value, schema=schema, place=(*self.place, str(name))).failures()


Keyword = Callable[[Point, Any], Iterable[Failure]]
_TYPE_NAMES = {
    "object": "JSONObject",
    "array": "JSONArray",
    "string": "String",
    "number": "Number",
    "integer": "Integer",
    "boolean": "Boolean",
    "null": "Null",
}
_FOUND_NAMES: Mapping[type, str] = {
    dict: "JSONObject",
    list: "JSONArray",
    bool: "Boolean",
    int: "Integer",
    float: "BigDecimal",
    type(None): "Null",
}


def is_type(value: Any, name: str) -> bool:  # noqa: ANN401 # any template value
    """Whether a template value stands for a type of JSON Schema."""
    match name:
        case "object":
            return isinstance(value, Mapping)
        case "array":
            return isinstance(value, list)
        case "string":
            return not isinstance(value, Mapping | list) and value is not None
        case "boolean":
            return text_of(value).lower() in ("true", "false")
        case "integer":
            number = _number(value)
            return number is not None and number.is_integer()
        case "number":
            return _number(value) is not None
    return value is None


def _number(value: Any) -> float | None:  # noqa: ANN401 # any template value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _referred(root: Schema, reference: str) -> Schema:
    steps = reference.partition("#")[2].strip("/").split("/")
    found: Schema = reduce(operator.getitem, steps, root)
    return found


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _fail(point: Point, message: str) -> Iterator[Failure]:
    yield Failure(point.place, message)


def _scrubbed(point: Point, keyword: str) -> Iterator[Failure]:
    return _fail(point, f"failed validation constraint for keyword [{keyword}]")


def _type(point: Point, wanted: str | list[str]) -> Iterator[Failure]:
    names = [wanted] if isinstance(wanted, str) else wanted
    if not any(is_type(point.value, name) for name in names):
        expected = " or ".join(_TYPE_NAMES[name] for name in names)
        found = _FOUND_NAMES.get(type(point.value), "String")
        yield from _fail(point, f"expected type: {expected}, found: {found}")


def _enum(point: Point, allowed: list[Any]) -> Iterable[Failure]:
    return () if text_of(point.value) in map(text_of, allowed) else _scrubbed(point, "enum")


def _enum_in_any_case(point: Point, allowed: list[Any]) -> Iterable[Failure]:
    words = {text_of(item).lower() for item in allowed}
    return () if text_of(point.value).lower() in words else _scrubbed(point, "enum")


def _const(point: Point, wanted: Any) -> Iterable[Failure]:  # noqa: ANN401 # any JSON
    return () if text_of(point.value) == text_of(wanted) else _scrubbed(point, "const")


def _pattern(point: Point, pattern: str) -> Iterable[Failure]:
    compiled = _compiled(pattern) if is_type(point.value, "string") else None
    return _scrubbed(point, "pattern") if compiled and not compiled.search(text_of(point.value)) else ()


def _length(keyword: str, fits: Callable[[int, int], bool]) -> Keyword:
    def check(point: Point, limit: int) -> Iterable[Failure]:
        size = len(text_of(point.value)) if is_type(point.value, "string") else limit
        return () if fits(size, limit) else _fail(point, f"expected {keyword}: {limit}, actual: {size}")

    return check


def _bound(keyword: str, fits: Callable[[float, float], bool]) -> Keyword:
    def check(point: Point, limit: float) -> Iterable[Failure]:
        number = _number(point.value)
        return () if number is None or fits(number, float(limit)) else _scrubbed(point, keyword)

    return check


def _count(message: str, fits: Callable[[int, int], bool], kind: type[Sized]) -> Keyword:
    def check(point: Point, limit: int) -> Iterable[Failure]:
        found = len(point.value) if isinstance(point.value, kind) else limit
        return () if fits(found, limit) else _fail(point, message.format(limit=limit, found=found))

    return check


def _unique(point: Point, wanted: bool) -> Iterable[Failure]:  # noqa: FBT001 # JSON
    items = point.value if wanted and isinstance(point.value, list) else []
    twice = any(item in items[:at] for at, item in enumerate(items))
    return _fail(point, "array items are not unique") if twice else ()


def _items(point: Point, part: Schema) -> Iterator[Failure]:
    for at, item in enumerate(point.value if isinstance(point.value, list) else ()):
        yield from point.inner(at, item, part)


def _members(point: Point) -> Mapping[str, Any]:
    return point.value if isinstance(point.value, Mapping) else {}


def _required(point: Point, names: list[str]) -> Iterator[Failure]:
    if isinstance(point.value, Mapping):
        for name in names:
            if name not in point.value:
                yield from _fail(point, f"required key [{name}] not found")


def _properties(point: Point, parts: Mapping[str, Schema]) -> Iterator[Failure]:
    for name, value in _members(point).items():
        if name in parts:
            yield from point.inner(name, value, parts[name])


def _named_by_pattern(point: Point, parts: Mapping[str, Schema]) -> Iterator[Failure]:
    for pattern, part in parts.items():
        compiled = _compiled(pattern)
        for name, value in _members(point).items() if compiled else ():
            if compiled and compiled.search(name):
                yield from point.inner(name, value, part)


def _additional(point: Point, rule: bool | Schema) -> Iterator[Failure]:  # noqa: FBT001 # JSON
    patterns = [_compiled(pattern) for pattern in point.schema.get("patternProperties", {})]
    for name in sorted(_members(point).keys() - point.schema.get("properties", {}).keys()):
        if any(pattern is None or pattern.search(name) for pattern in patterns):
            continue
        if rule is False:
            yield from _fail(point, f"extraneous key [{name}] is not permitted")
        elif isinstance(rule, Mapping):
            yield from point.inner(name, point.value[name], rule)


def _dependencies(point: Point, wanted: Mapping[str, list[str] | Schema]) -> Iterator[Failure]:
    for name, rule in wanted.items():
        if name not in _members(point):
            continue
        if isinstance(rule, Mapping):
            yield from point.under(rule)
        else:
            for missing in (other for other in rule if other not in point.value):
                yield from _fail(point, f"property [{missing}] is required")


def _all_of(point: Point, parts: list[Schema]) -> Iterable[Failure]:
    return chain.from_iterable(point.under(part) for part in parts)


def _any_of(point: Point, parts: list[Schema]) -> Iterator[Failure]:
    found = [point.under(part) for part in parts]
    if all(found):
        yield from _fail(point, f"no subschema matched out of the total {len(parts)} subschemas")
        yield from chain.from_iterable(found)


def _one_of(point: Point, parts: list[Schema]) -> Iterator[Failure]:
    """Text stands for several types: where the alternatives state types, more than one may fit."""
    found = [point.under(part) for part in parts]
    matching = [part for part, failures in zip(parts, found, strict=True) if not failures]
    if not matching:
        yield from _fail(point, "0 subschemas matched instead of one")
        yield from chain.from_iterable(found)
    elif len(matching) > 1 and not any("type" in part or "$ref" in part for part in matching):
        yield from _fail(point, f"{len(matching)} subschemas matched instead of one")


def _not(point: Point, part: Schema) -> Iterable[Failure]:
    return () if point.under(part) else _scrubbed(point, "not")


def _if(point: Point, part: Schema) -> list[Failure]:
    return point.under(point.schema.get("else" if point.under(part) else "then", {}))


KEYWORDS: Mapping[str, Keyword] = {
    "type": _type,
    "enum": _enum,
    "enumCaseInsensitive": _enum_in_any_case,
    "const": _const,
    "pattern": _pattern,
    "minLength": _length("minLength", operator.ge),
    "maxLength": _length("maxLength", operator.le),
    "minimum": _bound("minimum", operator.ge),
    "maximum": _bound("maximum", operator.le),
    "exclusiveMinimum": _bound("exclusiveMinimum", operator.gt),
    "exclusiveMaximum": _bound("exclusiveMaximum", operator.lt),
    "minItems": _count("expected minimum item count: {limit}, found: {found}", operator.ge, list),
    "maxItems": _count("expected maximum item count: {limit}, found: {found}", operator.le, list),
    "minProperties": _count("minimum size: [{limit}], found: [{found}]", operator.ge, dict),
    "maxProperties": _count("maximum size: [{limit}], found: [{found}]", operator.le, dict),
    "uniqueItems": _unique,
    "items": _items,
    "required": _required,
    "properties": _properties,
    "patternProperties": _named_by_pattern,
    "additionalProperties": _additional,
    "dependencies": _dependencies,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
}
