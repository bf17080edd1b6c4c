"""What a template is refused for before any stack exists. No emulator import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Template = Mapping[str, Any]
References = Callable[[Any], Iterable[tuple[str, str | None]]]
"""The names that a part of a template refers to, each with the attribute if it is Fn::GetAtt."""

_UNRECOGNIZED = "Template format error: Unrecognized resource types: ["


def unrecognized(message: str, known: Callable[[str], bool]) -> str:
    """The emulator's refusal of types it lacks: in AWS's words for those AWS lacks too, else by name."""
    if not message.startswith(_UNRECOGNIZED):
        return message
    kinds = message.removeprefix(_UNRECOGNIZED).removesuffix("]").split(", ")
    strangers = [kind for kind in kinds if not known(kind)]
    if strangers:
        return f"{_UNRECOGNIZED}{', '.join(strangers)}]"
    return f"Resource types that the embedded AWS does not implement: [{', '.join(kinds)}]"


def unresolved(template: Template, references: References) -> str | None:
    """Why AWS refuses a template that refers to what is not in it."""
    resources = {name: held for name, held in (template.get("Resources") or {}).items() if isinstance(held, Mapping)}
    known = {*resources, *(template.get("Parameters") or {})}
    for section, parts in (("Resources", resources.values()), ("Outputs", (template.get("Outputs") or {}).values())):
        named = {name for part in parts for name, _ in references(_looked_at(part))}
        strangers = sorted(name for name in named - known if not name.startswith("AWS::"))
        if strangers:
            return (
                f"Template format error: Unresolved resource dependencies [{', '.join(strangers)}] "
                f"in the {section} block of the template"
            )
    wanted = {name for held in resources.values() for name in _depends_on(held)} - resources.keys()
    if wanted:
        return (
            f"Template format error: Unresolved resource dependencies [{', '.join(sorted(wanted))}] "
            "in the Resources block of the template"
        )
    return None


def unsupported_attribute(
    template: Template, references: References, has_attribute: Callable[[str, str], bool]
) -> str | None:
    """Why AWS refuses a template that asks a resource for what its type does not have."""
    resources = template["Resources"]
    parts = (*resources.values(), *(template.get("Outputs") or {}).values())
    for name, attribute in (asked for part in parts for asked in references(_looked_at(part))):
        if attribute and name in resources and not has_attribute(str(resources[name].get("Type", "")), attribute):
            return f"Template error: resource {name} does not support attribute type {attribute} in Fn::GetAtt"
    return None


def _looked_at(part: Any) -> Any:  # noqa: ANN401 # any part of a template
    return {key: part[key] for key in ("Properties", "Value", "Export") if key in part} if part else {}


def _depends_on(held: Mapping[str, Any]) -> list[str]:
    given = held.get("DependsOn", [])
    return [given] if isinstance(given, str) else list(given)


def parameter_problem(defined: Mapping[str, Mapping[str, Any]], given: Iterable[Mapping[str, Any]]) -> str | None:
    """What AWS says of parameters that a request leaves out or makes up."""
    names = {str(entry["Key"]) for entry in given if "Key" in entry}
    strangers = sorted(names - defined.keys())
    if strangers:
        return f"Parameters: [{', '.join(strangers)}] do not exist in the template"
    missing = [name for name, held in defined.items() if "Default" not in held and name not in names]
    return f"Parameters: [{', '.join(missing)}] must have values" if missing else None


def value_problem(message: str) -> str:
    """The emulator's words about one parameter's value, as AWS says them."""
    name, _, rest = message.removeprefix("Parameter '").partition("'")
    if "is not in AllowedValues" in rest:
        return f"Parameter '{name}' must be one of AllowedValues"
    if "is not a valid Number" in rest:
        return f"Parameter '{name}' must be a number"
    return message


def circular(message: str) -> str:
    """The emulator's words about a circle of resources, as AWS says them."""
    _, _, names = message.partition("resources: ")
    return f"Circular dependency between resources: [{names}]"
