"""IAM's decision, for the parts of the policy language that our policies use."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Context = Mapping[str, Sequence[str]]  # condition keys in lower case
_NOTHING: Context = {}


@dataclass(frozen=True)
class Principal:
    """A role's policies and its boundary, all resolved."""

    statements: tuple[Mapping[str, Any], ...]
    boundary: tuple[Mapping[str, Any], ...] | None = None

    def may(self, action: str, resource: str, context: Context = _NOTHING) -> bool:
        """Allowed by policy and boundary, denied by neither."""
        layers = [self.statements] if self.boundary is None else [self.statements, self.boundary]
        return all(decide(layer, action, resource, context) for layer in layers)


def decide(statements: Sequence[Mapping[str, Any]], action: str, resource: str, context: Context = _NOTHING) -> bool:
    """A deny beats every allow."""
    effects = {statement["Effect"] for statement in statements if _applies(statement, action, resource, context)}
    return effects == {"Allow"}


def matches(pattern: str, text: str) -> bool:
    """IAM's wildcards; case counts."""
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def as_list(value: object) -> list[str]:
    """IAM writes one as itself, several as a list."""
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    return (
        any(matches(pattern.lower(), action.lower()) for pattern in as_list(statement["Action"]))
        and any(matches(pattern, resource) for pattern in as_list(statement["Resource"]))
        and all(
            _holds(operator, context.get(key.lower()), as_list(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _holds(operator: str, actual: Sequence[str] | None, wanted: list[str]) -> bool:
    match operator:
        case "Null":
            return (actual is None) == (wanted == ["true"])
        case "ForAllValues:StringEquals":
            return all(value in wanted for value in actual or [])
        case "ForAnyValue:StringEquals":
            return any(value in wanted for value in actual or [])
        case "StringEqualsIfExists":
            return actual is None or actual[0] in wanted
    if actual is None:
        return False
    return any(_COMPARISONS[operator](actual[0], want) for want in wanted)


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, want: value == want,
    "ArnEquals": lambda value, want: matches(want, value),
    "StringLike": lambda value, want: matches(want, value),
    "Bool": lambda value, want: value == want,
    "NumericLessThanEquals": lambda value, want: float(value) <= float(want),
    "NumericGreaterThan": lambda value, want: float(value) > float(want),
}
