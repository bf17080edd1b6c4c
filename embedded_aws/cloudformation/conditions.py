"""The Conditions section: its functions beside Equals, And, Or and Not, which the emulator reads past."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_LOGIC = ("Fn::And", "Fn::Or", "Fn::Not")


def with_resolved_values(template: dict[str, Any], resolve: Callable[[Any], Any]) -> dict[str, Any]:
    """The template with every compared value of its conditions resolved (Fn::Join, Fn::Sub, pseudo parameters...).

    ValueError if one leads back to itself (the text is not AWS's) or names what it may not.
    """
    if not template.get("Conditions"):
        return template
    _check(template["Conditions"], template.get("Parameters") or {})
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


def _check(conditions: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    strangers = sorted(name for name in _held(conditions, "Ref") if name not in parameters and "::" not in name)
    if strangers:
        told = f"Unresolved dependencies [{', '.join(strangers)}]"
        raise ValueError(
            f"Template format error: {told}. Cannot reference resources in the Conditions block of the template"
        )
    for name in _held(conditions, "Condition"):
        if name not in conditions:
            raise ValueError(f"Template error: unresolved condition dependency {name}")
    for name in conditions:
        if _leads_back(conditions, name, ()):
            raise ValueError(f"Template error: condition {name} depends on itself")


def _leads_back(conditions: Mapping[str, Any], name: str, way: tuple[str, ...]) -> bool:
    if name in way:
        return True
    return any(_leads_back(conditions, other, (*way, name)) for other in _held(conditions[name], "Condition"))


def _held(part: Any, key: str) -> Iterator[str]:  # noqa: ANN401 # any part of a template
    """The names that stand behind a key, `Condition` or `Ref`, anywhere in a part."""
    if isinstance(part, Mapping):
        if isinstance(part.get(key), str):
            yield part[key]
        part = list(part.values())
    for held in part if isinstance(part, list) else ():
        yield from _held(held, key)
