"""What a template must look like, in CloudFormation's words for what does not. No emulator import.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Template = Mapping[str, Any]

_SECTIONS = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Hooks",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
        "Transform",
    }
)
_NAMED = ("Resources", "Parameters", "Conditions", "Mappings", "Outputs")
_ATTRIBUTES = frozenset(
    {
        "Condition",
        "CreationPolicy",
        "DeletionPolicy",
        "DependsOn",
        "Metadata",
        "Properties",
        "Type",
        "UpdatePolicy",
        "UpdateReplacePolicy",
        "Version",
    }
)


def shape_problem(template: Template) -> str | None:
    """The first thing AWS would refuse of a template's form."""
    return next(_problems(template), None)


def members_problem(template: Template) -> str | None:
    """Why a section is refused that has no named members; AWS's text is known of Resources only."""
    for section in _NAMED:
        if not isinstance(template.get(section) or {}, Mapping):
            return f"Template format error: Any {section} member must be an object."
    return None


def _problems(template: Template) -> Iterator[str]:
    strangers = sorted(template.keys() - _SECTIONS)
    if strangers:
        yield f"Invalid template property or properties [{', '.join(strangers)}]"
    if problem := members_problem(template):
        yield problem
    resources = template.get("Resources")
    if not resources:
        yield "Template format error: At least one Resources member must be defined."
        return
    for where in _nulls({name: part for name, part in template.items() if name != "Metadata"}, ""):
        yield f"[{where}] 'null' values are not allowed in templates"
    conditions = template.get("Conditions") or {}
    for name, held in resources.items():
        yield from _resource_problems(name, held)
        wanted = held.get("Condition")
        if wanted is not None and str(wanted) not in conditions:
            told = f"Unresolved condition dependency {wanted} in the Resources block of the template"
            yield f"Template format error: {told}"


def _resource_problems(name: str, held: Any) -> Iterator[str]:  # noqa: ANN401 # any part of a template
    if not (name.isascii() and name.isalnum()):
        yield f"Template format error: Resource name {name} is non alphanumeric."
    if not isinstance(held, Mapping):
        yield "Template format error: Every Resources member must be an object."
        return
    if "Type" not in held:
        yield f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member."
    for attribute in sorted(held.keys() - _ATTRIBUTES):
        yield f"Invalid template resource property '{attribute}'"


def _nulls(part: Any, where: str) -> Iterator[str]:  # noqa: ANN401 # any part of a template
    """The places that hold nothing; AWS says Type where the properties are."""
    if part is None:
        yield where
    items = part.items() if isinstance(part, Mapping) else enumerate(part) if isinstance(part, list) else ()
    for key, held in items:
        yield from _nulls(held, f"{where}/{'Type' if key == 'Properties' else key}")
