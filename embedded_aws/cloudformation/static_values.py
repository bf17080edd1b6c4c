"""What is known of a template's values before its deployment begins. No emulator import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_aws.cloudformation.property_rules import Unknown

_DYNAMIC = "{{resolve:"
_ERRORS = (ValueError, LookupError, TypeError, AttributeError)
"""What the emulator raises for a function that it cannot resolve yet."""


@dataclass(frozen=True)
class StaticValues:
    """Resolves what depends on no resource; the rest is Unknown.

    `resolve` does a function whose arguments are known, `refers` says whether a part names a resource, and `absent`
    is what AWS::NoValue resolves to.
    """

    resolve: Callable[[Any], Any]
    refers: Callable[[Any], bool]
    conditions: Mapping[str, bool]
    absent: object

    def of(self, part: Any) -> Any:  # noqa: ANN401 # any part of a template
        """The part as far as it is known."""
        if isinstance(part, list):
            return [value for item in part if (value := self.of(item)) is not self.absent]
        if isinstance(part, str):
            return Unknown() if _DYNAMIC in part else part
        if not isinstance(part, Mapping):
            return part
        if not _is_function(part):
            return {key: value for key, item in part.items() if (value := self.of(item)) is not self.absent}
        return self._called(part)

    def _called(self, call: Mapping[str, Any]) -> Any:  # noqa: ANN401 # any part of a template
        if "Fn::If" in call:
            name, positive, negative = call["Fn::If"]
            return self.of(positive if self.conditions.get(name) else negative)
        if self.refers(call):
            return Unknown()
        try:
            value = self.resolve(call)
        except _ERRORS:
            return Unknown()
        return Unknown() if isinstance(value, str) and _DYNAMIC in value else value


def _is_function(part: Mapping[str, Any]) -> bool:
    name = next(iter(part), "")
    return len(part) == 1 and (name == "Ref" or name.startswith("Fn::"))
