"""What the parts of a definition are: objects, arrays, strings and numbers; and what a state cannot do without.

No emulator import. AWS: Amazon States Language specification, "State Types" and "Errors".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

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
# Whole numbers, from the least on; JSONata may compute those of states.
_WHOLE: Mapping[str, int] = {"TimeoutSeconds": 1, "HeartbeatSeconds": 1, "Seconds": 0, "MaxConcurrency": 0}
_LANGUAGES = ("JSONPath", "JSONata")
_PATHS = ("InputPath", "OutputPath", "ResultPath", "ItemsPath", "Variable", "SecondsPath", "TimestampPath")
# Of each type the fields of which it has exactly one; the first is the one that is named where all are missing.
_ONE_OF: Mapping[str, tuple[str, ...]] = {
    "Choice": ("Choices",),
    "Map": ("ItemProcessor", "Iterator"),
    "Parallel": ("Branches",),
    "Wait": ("Seconds", "Timestamp", "SecondsPath", "TimestampPath"),
}


def wrong(part: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    """Where a machine, a state or a part of one is of another kind than it must be, and of which it must be."""
    for field, value in part.items():
        kind, words = _KINDS.get(field, (object, ""))
        where = f"{place}/{field}"
        if not isinstance(value, kind):
            yield where, words
            continue
        if field in _WHOLE and not _is_whole(value, _WHOLE[field]):
            yield where, f"an integer of at least {_WHOLE[field]}"
        if field == "QueryLanguage" and value not in _LANGUAGES:
            yield where, " or ".join(_LANGUAGES)
        if field in _PATHS and value is not None and not str(value).startswith("$"):
            yield where, "a path that begins with $"
        for at, inner in _inside(field, value, where):
            if isinstance(inner, dict):
                yield from wrong(inner, at)
            else:
                yield at, "an object"


def _is_whole(value: object, least: int) -> bool:
    if isinstance(value, str):
        return value.startswith("{%")
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


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
