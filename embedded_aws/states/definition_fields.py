"""The fields that states may have, by type and query language. No emulator import.

AWS: Step Functions developer guide, "Workflow states" and its pages; Amazon States Language specification.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_ALL = frozenset({"Type", "Comment", "QueryLanguage"})
_MOVES = frozenset({"Next", "End"})
_CATCHES = frozenset({"Retry", "Catch"})
_PATHS = frozenset({"InputPath", "OutputPath"})
_RESULT = frozenset({"Parameters", "ResultSelector", "ResultPath"})
_TOLERANCE = frozenset({"MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"})
_TIMES = frozenset({"TimeoutSeconds", "HeartbeatSeconds"})


def _with_paths(fields: frozenset[str]) -> frozenset[str]:
    return frozenset(f"{field}Path" for field in fields)


# Assign of Choice states with JSONPath is AWS's too, and not implemented here.
# Of a type: fields in any language, those of JSONPath only, those of JSONata only.
_FIELDS: Mapping[str, tuple[frozenset[str], frozenset[str], frozenset[str]]] = {
    "Task": (
        _MOVES | _CATCHES | _TIMES | {"Resource", "Credentials", "Assign"},
        _PATHS | _RESULT | _with_paths(_TIMES),
        frozenset({"Arguments", "Output"}),
    ),
    "Pass": (_MOVES | {"Assign"}, _PATHS | {"Parameters", "Result", "ResultPath"}, frozenset({"Output"})),
    "Choice": (frozenset({"Choices", "Default"}), _PATHS, frozenset({"Output", "Assign"})),
    "Wait": (
        _MOVES | {"Seconds", "Timestamp", "Assign"},
        _PATHS | {"SecondsPath", "TimestampPath"},
        frozenset({"Output"}),
    ),
    "Succeed": (frozenset(), _PATHS, frozenset({"Output"})),
    "Fail": (frozenset({"Error", "Cause"}), frozenset({"ErrorPath", "CausePath"}), frozenset()),
    "Parallel": (_MOVES | _CATCHES | {"Branches", "Assign"}, _PATHS | _RESULT, frozenset({"Arguments", "Output"})),
    "Map": (
        _MOVES
        | _CATCHES
        | _TOLERANCE
        | {"Assign", "ItemProcessor", "Iterator", "ItemSelector", "ItemReader", "ItemBatcher", "ResultWriter", "Label"},
        _PATHS | _RESULT | _with_paths(_TOLERANCE) | {"ItemsPath"},
        frozenset({"Items", "Output"}),
    ),
}
MEMBERS: Mapping[str, frozenset[str]] = {
    "Retry": frozenset(
        {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment"}
    ),
    "Catch": frozenset({"ErrorEquals", "Next", "ResultPath", "Output", "Assign", "Comment"}),
}
TYPES = tuple(_FIELDS)
_MACHINE = frozenset({"Comment", "StartAt", "States", "QueryLanguage", "TimeoutSeconds", "Version"})
_INNER_MACHINE = frozenset({"Comment", "StartAt", "States", "QueryLanguage", "ProcessorConfig"})


def unknown(state: Mapping[str, Any], language: str) -> Iterator[str]:
    """The fields of a state that its type does not have in a query language."""
    common, jsonpath, jsonata = _FIELDS[state["Type"]]
    allowed = _ALL | common | (jsonata if language == "JSONata" else jsonpath)
    return (field for field in state if field not in allowed)


def unknown_of_machine(machine: Mapping[str, Any], *, inner: bool) -> Iterator[str]:
    """The fields that a state machine, or one inside a state, does not have."""
    return (field for field in machine if field not in (_INNER_MACHINE if inner else _MACHINE))
