"""Properties that are wrong before anything is deployed, as CloudFormation finds them. No emulator import.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html: creating a stack,
updating one and creating a change set check property syntax first, unless DisableValidation is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from embedded_aws.cloudformation.property_checks import PropertyChecks
from embedded_aws.cloudformation.static_values import StaticValues

NAME = "PROPERTY_VALIDATION"
FAILED_REASON = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early "
    "Validation errors, use the DescribeEvents API for detailed failure information."
)
Problem = tuple[str, str, str, str, str]
"""Logical id, type, name of the validation, path in the template, reason. The reason's words are not AWS's."""


def problems(
    resources: Mapping[str, Mapping[str, Any]], wanted: Iterable[str], values: StaticValues, checks: PropertyChecks
) -> list[Problem]:
    """All failures of the resources `wanted`, as far as their properties are known."""
    found = []
    for logical_id in wanted:
        held = resources[logical_id]
        kind, condition = str(held.get("Type", "")), held.get("Condition")
        if condition and not values.conditions.get(condition, True):
            continue
        props = values.of(held.get("Properties") or {})
        for failure in checks.failures(kind, props) if isinstance(props, Mapping) else ():
            path = "/".join(("", "Resources", logical_id, "Properties", *failure.place))
            found.append((logical_id, kind, NAME, path, failure.message))
    return found


def joined(emulators: Iterable[Problem], own: list[Problem]) -> list[Problem]:
    """The emulator's problems and these, without its words for the same place."""
    told = {(problem[0], problem[3]) for problem in own}
    return [*(problem for problem in emulators if (problem[0], problem[3]) not in told), *own]
