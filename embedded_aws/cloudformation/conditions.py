"""The Conditions section: its functions beside Equals, And, Or and Not, which the emulator reads past."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_LOGIC = ("Fn::And", "Fn::Or", "Fn::Not")


def with_resolved_values(template: dict[str, Any], resolve: Callable[[Any], Any]) -> dict[str, Any]:
    """The template with every compared value of its conditions resolved (Fn::Join, Fn::Sub, pseudo parameters...)."""
    if not template.get("Conditions"):
        return template
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
