"""The rules of a Choice state with JSONPath: every operator of the Amazon States Language.

No emulator import: paths are resolved by what the adapter hands in. AWS: Step Functions developer guide, "Choice
workflow state".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from embedded_aws.states.step_functions import TaskError

Rule = Mapping[str, Any]
MISSING = object()
"""What a path gives that leads nowhere."""
Resolve = Callable[[str], Any]

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda left, right: left == right,
    "LessThan": lambda left, right: left < right,
    "GreaterThan": lambda left, right: left > right,
    "LessThanEquals": lambda left, right: left <= right,
    "GreaterThanEquals": lambda left, right: left >= right,
}


def holds(rule: Rule, resolve: Resolve) -> bool:
    """Whether a rule matches; TaskError (States.Runtime) if it looks at what is not there."""
    if "And" in rule:
        return all(holds(part, resolve) for part in rule["And"])
    if "Or" in rule:
        return any(holds(part, resolve) for part in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], resolve)
    operator = next(name for name in rule if name not in ("Variable", "Next", "Comment"))
    if operator == "IsPresent":
        return (resolve(rule["Variable"]) is not MISSING) is rule[operator]
    return _compared(operator, _found(rule["Variable"], resolve), rule[operator], resolve)


def _compared(operator: str, value: Any, expected: Any, resolve: Resolve) -> bool:  # noqa: ANN401 # any JSON value
    if operator in _KINDS:
        return _KINDS[operator](value) is expected
    if operator == "StringMatches":
        return isinstance(value, str) and _matches(value, expected)
    name = operator.removesuffix("Path")
    if name != operator:
        expected = _found(expected, resolve)
    for kind, read in _VALUES.items():
        comparison = _COMPARISONS.get(name.removeprefix(kind)) if name.startswith(kind) else None
        if comparison is not None:
            left, right = read(value), read(expected)
            return left is not None and right is not None and comparison(left, right)
    raise TaskError("States.Runtime", f"{operator} is not an operator of Choice states")


def takes(operator: str, operand: object) -> bool:
    """Whether an operator may have this beside it: a path, a boolean, or a value of its kind."""
    if operator.endswith("Path"):
        return isinstance(operand, str) and operand.startswith("$")
    if operator in ("IsPresent", *_KINDS):
        return isinstance(operand, bool)
    return any(operator.startswith(kind) and read(operand) is not None for kind, read in _VALUES.items())


def _found(path: str, resolve: Resolve) -> Any:  # noqa: ANN401 # any JSON value
    value = resolve(path)
    if value is MISSING:
        text = f"Invalid path '{path}': The choice state's condition path references an invalid value."
        raise TaskError("States.Runtime", text)
    return value


def _matches(text: str, pattern: str) -> bool:
    """`*` stands for any characters, unless a backslash is before it."""
    parts = re.split(r"(\\\\|\\\*|\*)", pattern)
    wild = "".join(".*" if part == "*" else re.escape(part.replace("\\", "", 1)) for part in parts)
    return re.fullmatch(wild, text, re.DOTALL) is not None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _moment(value: object) -> datetime | None:
    """A timestamp of RFC 3339 with an upper-case T and a zone."""
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else None


_VALUES: Mapping[str, Callable[[object], Any]] = {
    "String": _text,
    "Numeric": _number,
    "Boolean": _truth,
    "Timestamp": _moment,
}
_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: _text(value) is not None,
    "IsNumeric": lambda value: _number(value) is not None,
    "IsBoolean": lambda value: _truth(value) is not None,
    "IsTimestamp": lambda value: _moment(value) is not None,
}
OPERATORS = frozenset(
    {"IsPresent", "StringMatches", *_KINDS}
    | {f"{kind}{name}{end}" for kind in _VALUES for name in _COMPARISONS for end in ("", "Path")}
    - {f"Boolean{name}{end}" for name in _COMPARISONS if name != "Equals" for end in ("", "Path")}
)
