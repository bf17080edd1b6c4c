"""What the parts of a definition are: objects, arrays, strings and numbers; and what a state cannot do without.

No emulator import. AWS: Amazon States Language specification, "State Types" and "Errors".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from embedded_aws.states.choice_rules import takes

_OBJECT, _ARRAY = (dict, "an object"), (list, "an array")
_STRING, _NUMBER = (str, "a string"), ((int, float), "a number")
_ARRAYS_OF_OBJECTS = ("Choices", "And", "Or", "Retry", "Catch", "Branches")
_OBJECTS = ("States", "Not", "ItemProcessor", "Iterator", "ProcessorConfig")
_READERS = ("ItemReader", "ReaderConfig", "ItemBatcher", "ResultWriter", "WriterConfig")
_KINDS: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    **dict.fromkeys((*_OBJECTS, *_READERS), _OBJECT),
    **dict.fromkeys((*_ARRAYS_OF_OBJECTS, "ErrorEquals"), _ARRAY),
    **dict.fromkeys(("StartAt", "Next", "Default"), _STRING),
    **dict.fromkeys(("IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds"), _NUMBER),
    "End": (bool, "a boolean"),
}
# Of each type the fields of which it has exactly one; the first is the one that is named where all are missing.
_ONE_OF: Mapping[str, tuple[str, ...]] = {
    "Choice": ("Choices",),
    "Map": ("ItemProcessor", "Iterator"),
    "Parallel": ("Branches",),
    "Wait": ("Seconds", "Timestamp", "SecondsPath", "TimestampPath"),
}


def _is_computed(value: object) -> bool:
    """Whether JSONata is to give the value."""
    return isinstance(value, str) and value.startswith("{%")


def _is_whole(least: int, value: object) -> bool:
    return _is_computed(value) or (isinstance(value, int) and not isinstance(value, bool) and value >= least)


def _is_path(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.startswith("$"))


def _is_field_by_field(value: object) -> bool:
    return value is None or (isinstance(value, str) and _FIELD_BY_FIELD.fullmatch(value) is not None)


_FIELD_BY_FIELD = re.compile(r"\$(\.[^.\[\]@,:?*]+)*")
_WHOLE = {"TimeoutSeconds": 1, "HeartbeatSeconds": 1, "Seconds": 0, "MaxConcurrency": 0}
_PATHS = ("InputPath", "OutputPath", "ItemsPath", "Variable", "SecondsPath", "TimestampPath")
# Of fields what their value must be.
_VALUES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    **{field: (partial(_is_whole, least), f"an integer of at least {least}") for field, least in _WHOLE.items()},
    **dict.fromkeys(_PATHS, (_is_path, "a path that begins with $")),
    "QueryLanguage": (lambda value: value in ("JSONPath", "JSONata"), "JSONPath or JSONata"),
    "ResultPath": (_is_field_by_field, "a path of fields; others are not implemented by the embedded AWS"),
    "Timestamp": (lambda value: _is_computed(value) or takes("TimestampEquals", value), "a timestamp"),
}


def wrong(part: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    """Where a machine, a state or a part of one is of another kind than it must be, and of which it must be."""
    for field, value in part.items():
        kind, words = _KINDS.get(field, (object, ""))
        where = f"{place}/{field}"
        if not isinstance(value, kind):
            yield where, words
            continue
        fits, words = _VALUES.get(field, (None, ""))
        if fits and not fits(value):
            yield where, words
        for at, inner in _inside(field, value, where):
            if isinstance(inner, dict):
                yield from wrong(inner, at)
            else:
                yield at, "an object"


def _inside(field: str, value: Any, where: str) -> list[tuple[str, Any]]:  # noqa: ANN401 # any JSON value
    """The parts in a field that have fields of their own."""
    if field == "States":
        return [(f"{where}/{name}", state) for name, state in value.items()]
    if field in _ARRAYS_OF_OBJECTS:
        return [(f"{where}[{number}]", member) for number, member in enumerate(value)]
    return [(where, value)] if field in (*_OBJECTS, *_READERS) else []


def missing(state: Mapping[str, Any]) -> str:
    """The field that a state's type needs and the state has not, or not alone of those that exclude each other."""
    fields = _ONE_OF.get(str(state["Type"]), ())
    given = [field for field in fields if field in state and state[field] not in ([], {})]
    return fields[0] if fields and len(given) != 1 else ""
