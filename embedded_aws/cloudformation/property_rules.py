r"""The keywords of resource schemas as CloudFormation reads them: template values may be text, and its own words.

`"5"` is a number and `"true"` a boolean wherever the schema wants one. A pattern that Python's `re` does not know
(`\p{L}`, Java's classes) is not checked: a right template must never fail. AWS's texts are those of everit's
validator, with the values taken out (ValidationException of cloudformation-resource-schema).
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sized
from functools import lru_cache
from itertools import chain
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

Keyword = Callable[[Validator, Any, Any, Mapping[str, Any]], Iterator[ValidationError]]
_TYPE_NAMES = {
    "object": "JSONObject",
    "array": "JSONArray",
    "string": "String",
    "number": "Number",
    "integer": "Integer",
    "boolean": "Boolean",
}
_BOOLEANS = ("true", "false")


def _scrubbed(keyword: str) -> ValidationError:
    return ValidationError(f"failed validation constraint for keyword [{keyword}]")


def text_of(value: Any) -> str:  # noqa: ANN401 # any template value
    """A scalar as the text that a template would have for it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


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
            return isinstance(value, bool) or text_of(value).lower() in _BOOLEANS
        case "integer":
            return _number(value) is not None and float(_number(value) or 0).is_integer()
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


def _type(_: Validator, wanted: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
    names = [wanted] if isinstance(wanted, str) else wanted
    if not any(is_type(value, name) for name in names):
        found = {dict: "JSONObject", list: "JSONArray", bool: "Boolean", int: "Integer", float: "BigDecimal"}
        expected = " or ".join(_TYPE_NAMES.get(name, "Null") for name in names)
        yield ValidationError(f"expected type: {expected}, found: {found.get(type(value), 'String')}")


def _enum(_: Validator, allowed: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
    if text_of(value) not in {text_of(item) for item in allowed}:
        yield _scrubbed("enum")


def _any_case(_: Validator, allowed: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
    if text_of(value).lower() not in {text_of(item).lower() for item in allowed}:
        yield _scrubbed("enum")


def _const(_: Validator, wanted: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
    if text_of(value) != text_of(wanted):
        yield _scrubbed("const")


def _pattern(_: Validator, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
    compiled = _compiled(pattern)
    if is_type(value, "string") and compiled and not compiled.search(text_of(value)):
        yield _scrubbed("pattern")


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _lengths(keyword: str, fits: Callable[[int, int], bool]) -> Keyword:
    def check(_: Validator, limit: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
        if is_type(value, "string") and not fits(len(text_of(value)), int(limit)):
            yield ValidationError(f"expected {keyword}: {limit}, actual: {len(text_of(value))}")

    return check


def _bounds(keyword: str, fits: Callable[[float, float], bool]) -> Keyword:
    def check(_: Validator, limit: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
        number = _number(value)
        if number is not None and not fits(number, float(limit)):
            yield _scrubbed(keyword)

    return check


def _counts(message: str, fits: Callable[[int, int], bool], kind: type[Sized]) -> Keyword:
    def check(_: Validator, limit: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
        if isinstance(value, kind) and not fits(len(value), int(limit)):
            yield ValidationError(message.format(limit=limit, found=len(value)))

    return check


def _unique(_: Validator, wanted: bool, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401, FBT001 # JSON
    if wanted and isinstance(value, list) and any(item in value[:at] for at, item in enumerate(value)):
        yield ValidationError("array items are not unique")


def _required(_: Validator, names: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
    if isinstance(value, Mapping):
        yield from (ValidationError(f"required key [{name}] not found") for name in names if name not in value)


def _extraneous(validator: Validator, rule: Any, value: Any, schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
    if not isinstance(value, Mapping):
        return
    patterns = [_compiled(pattern) for pattern in schema.get("patternProperties", {})]
    for name in sorted(value.keys() - schema.get("properties", {}).keys()):
        if any(pattern is None or pattern.search(name) for pattern in patterns):
            continue
        if rule is False:
            yield ValidationError(f"extraneous key [{name}] is not permitted")
        else:
            yield from validator.descend(value[name], rule, path=name)


def _named_by_pattern(validator: Validator, parts: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
    for pattern, part in parts.items() if isinstance(value, Mapping) else ():
        compiled = _compiled(pattern)
        for name in value if compiled else ():
            if compiled and compiled.search(name):
                yield from validator.descend(value[name], part, path=name)


def _any_of(validator: Validator, parts: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
    failures = [list(validator.descend(value, part)) for part in parts]
    if all(failures):
        yield ValidationError(f"no subschema matched out of the total {len(parts)} subschemas")
        yield from chain.from_iterable(failures)


def _one_of(validator: Validator, parts: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
    """Text stands for several types: where the alternatives state types, more than one may fit."""
    failures = [list(validator.descend(value, part)) for part in parts]
    matching = [part for part, failed in zip(parts, failures, strict=True) if not failed]
    if not matching:
        yield ValidationError("0 subschemas matched instead of one")
        yield from chain.from_iterable(failures)
    elif len(matching) > 1 and not all("type" in part for part in matching):
        yield ValidationError(f"{len(matching)} subschemas matched instead of one")


def _not(validator: Validator, part: Any, value: Any, _schema: Any) -> Iterator[ValidationError]:  # noqa: ANN401 # JSON
    if validator.evolve(schema=part).is_valid(value):
        yield _scrubbed("not")


CHECKER: type[Validator] = extend(
    Draft7Validator,
    {
        "type": _type,
        "enum": _enum,
        "enumCaseInsensitive": _any_case,
        "const": _const,
        "pattern": _pattern,
        "minLength": _lengths("minLength", operator.ge),
        "maxLength": _lengths("maxLength", operator.le),
        "minimum": _bounds("minimum", operator.ge),
        "maximum": _bounds("maximum", operator.le),
        "exclusiveMinimum": _bounds("exclusiveMinimum", operator.gt),
        "exclusiveMaximum": _bounds("exclusiveMaximum", operator.lt),
        "minItems": _counts("expected minimum item count: {limit}, found: {found}", operator.ge, list),
        "maxItems": _counts("expected maximum item count: {limit}, found: {found}", operator.le, list),
        "minProperties": _counts("minimum size: [{limit}], found: [{found}]", operator.ge, dict),
        "maxProperties": _counts("maximum size: [{limit}], found: [{found}]", operator.le, dict),
        "uniqueItems": _unique,
        "required": _required,
        "additionalProperties": _extraneous,
        "patternProperties": _named_by_pattern,
        "anyOf": _any_of,
        "oneOf": _one_of,
        "not": _not,
    },
)
"""JSON Schema, draft 7, over template values."""
