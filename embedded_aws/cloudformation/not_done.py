"""What CloudFormation has and the engine has not: refused by name, not accepted and ignored. No emulator import."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_PARAMETERS = (
    "DeploymentMode",
    "NotificationARNs",
    "ResourceTypes",
    "RollbackConfiguration",
    "StackPolicyBody",
    "StackPolicyDuringUpdateBody",
    "StackPolicyDuringUpdateURL",
    "StackPolicyURL",
    "TimeoutInMinutes",
)
_VALUES = {"DeploymentConfig.Mode": "STANDARD", "DeploymentConfig.DisableRollback": "false"}
"""What is taken of a parameter whose other values are not done."""
_SIGNALLED = "AWS::CloudFormation::WaitCondition"


def parameter_not_done(params: Mapping[str, str]) -> str | None:
    """Why a request is refused; what is given without a value (an empty list) asks for nothing."""
    for name, value in sorted(params.items()):
        if value and name.split(".")[0] in _PARAMETERS:
            return f"{name.split('.')[0]} is not implemented by the embedded AWS"
        if name in _VALUES and value != _VALUES[name]:
            return f"{name}={value} is not implemented by the embedded AWS; it takes {_VALUES[name]}"
    return None


def macro_not_done(template: Mapping[str, Any]) -> str | None:
    """Why a template is refused, for a transform that is still in it once those that are done have been applied."""
    declared = template.get("Transform") or []
    left = [*(declared if isinstance(declared, list) else [declared]), *_embedded(template)]
    names = [str(macro.get("Name")) if isinstance(macro, Mapping) else str(macro) for macro in left]
    return f"The transform {names[0]} is not implemented by the embedded AWS" if names else None


def _embedded(part: Any) -> Iterator[Any]:  # noqa: ANN401 # any part of a template
    if isinstance(part, Mapping) and "Fn::Transform" in part:
        yield part["Fn::Transform"]
    for held in part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else ():
        yield from _embedded(held)


def attribute_not_done(template: Mapping[str, Any]) -> str | None:
    """Why a template is refused, for an attribute of a resource or a section."""
    if template.get("Hooks"):
        return "The Hooks section is not implemented by the embedded AWS"
    for name, held in template["Resources"].items():
        if "UpdatePolicy" in held:
            return f"UpdatePolicy (of {name}) is not implemented by the embedded AWS"
        if "CreationPolicy" in held and held.get("Type") != _SIGNALLED:
            return f"CreationPolicy (of {name}) is implemented by the embedded AWS for {_SIGNALLED} only"
    return None
