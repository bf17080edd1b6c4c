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


def unresolved(template: Template, references: References, conditions: Mapping[str, bool]) -> str | None:
    """Why AWS refuses a template that refers to what is not in it, or not under these conditions."""
    resources = template["Resources"]
    made = {name: held for name, held in resources.items() if _holds(held, conditions)}
    known = {*made, *(template.get("Parameters") or {})}
    outputs = [held for held in (template.get("Outputs") or {}).values() if _holds(held, conditions)]
    for section, parts in (("Resources", made.values()), ("Outputs", outputs)):
        named = {name for part in parts for name, _ in references(_chosen(_looked_at(part), conditions))}
        strangers = sorted(name for name in named - known if not name.startswith("AWS::"))
        if strangers:
            return _unresolved(strangers, section)
    wanted = {name for held in resources.values() for name in _depends_on(held)} - resources.keys()
    return _unresolved(sorted(wanted), "Resources") if wanted else None


def _unresolved(names: list[str], section: str) -> str:
    told = f"Unresolved resource dependencies [{', '.join(names)}] in the {section} block of the template"
    return f"Template format error: {told}"


def _holds(held: Mapping[str, Any], conditions: Mapping[str, bool]) -> bool:
    return conditions.get(held.get("Condition", ""), True)


def _chosen(part: Any, conditions: Mapping[str, bool]) -> Any:  # noqa: ANN401 # any part of a template
    """A part with the branches that Fn::If takes, as far as the conditions are known."""
    if isinstance(part, list):
        return [_chosen(item, conditions) for item in part]
    if not isinstance(part, Mapping):
        return part
    if "Fn::If" in part and part["Fn::If"][0] in conditions:
        name, positive, negative = part["Fn::If"]
        return _chosen(positive if conditions[name] else negative, conditions)
    return {key: _chosen(held, conditions) for key, held in part.items()}


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


def source_problem(*, body: bool, url: bool) -> str | None:
    """A template comes in the request or from its address; AWS's text for both is not known."""
    return "Either TemplateBody or TemplateURL may be given, not both" if body and url else None


def changed_types(before: Template, after: Template) -> str | None:
    """Why AWS refuses an update that makes another type of a resource."""
    old, new = before.get("Resources") or {}, after.get("Resources") or {}
    both = [name for name, held in new.items() if name in old and isinstance(held, Mapping)]
    changed = [name for name in both if new[name].get("Type") != old[name].get("Type")]
    if not changed:
        return None
    return (
        "Update of resource type is not permitted. The new template modifies resource type of the following resources: "
        f"[{', '.join(changed)}]"
    )
