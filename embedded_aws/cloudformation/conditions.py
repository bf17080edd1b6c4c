"""The Conditions section: its functions beside Equals, And, Or and Not, which the emulator reads past."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_LOGIC = ("Fn::And", "Fn::Or", "Fn::Not")


def with_resolved_values(template: dict[str, Any], resolve: Callable[[Any], Any]) -> dict[str, Any]:
    """The template with every compared value of its conditions resolved (Fn::Join, Fn::Sub, pseudo parameters...).

    ValueError if a condition leads back to itself; the text is not AWS's.
    """
    if not template.get("Conditions"):
        return template
    for name in template["Conditions"]:
        if _leads_back(template["Conditions"], name, ()):
            raise ValueError(f"Template error: condition {name} depends on itself")
    conditions = {name: _resolved(value, resolve) for name, value in template["Conditions"].items()}
    return {**template, "Conditions": conditions}


def _resolved(condition: Any, resolve: Callable[[Any], Any]) -> Any:  # noqa: ANN401 # any part of a template
    if not isinstance(condition, dict):
        return condition
    if "Fn::Equals" in condition:
        return {"Fn::Equals": [resolve(value) for value in condition["Fn::Equals"]]}
    for function in _LOGIC:
        if function in condition:
            return {function: [_resolved(part, resolve) for part in condition[function]]}
    return condition


def _leads_back(conditions: Mapping[str, Any], name: str, way: tuple[str, ...]) -> bool:
    if name in way:
        return True
    return any(_leads_back(conditions, other, (*way, name)) for other in _named(conditions.get(name)))


def _named(condition: Any) -> Iterator[str]:  # noqa: ANN401 # any part of a template
    """The conditions that a condition names."""
    if isinstance(condition, dict):
        if isinstance(condition.get("Condition"), str):
            yield condition["Condition"]
        condition = list(condition.values())
    for part in condition if isinstance(condition, list) else ():
        yield from _named(part)
