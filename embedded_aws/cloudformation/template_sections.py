"""What the members of a template's sections must look like, in CloudFormation's words. No emulator import.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html and the pages of its sections.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Template = Mapping[str, Any]

_VERSION = "2010-09-09"
_CHOICE = 3  # condition, value if it holds, value if it does not
_PARAMETER_KEYS = frozenset(
    {
        "AllowedPattern",
        "AllowedValues",
        "ConstraintDescription",
        "Default",
        "Description",
        "MaxLength",
        "MaxValue",
        "MinLength",
        "MinValue",
        "NoEcho",
        "Type",
    }
)
_PARAMETER_TYPE = re.compile(r"String|Number|CommaDelimitedList|List<Number>|(List<)?AWS::[A-Za-z0-9:]+(<.+>)?>?")
_POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}
_WITH_SNAPSHOTS = frozenset(
    {
        "AWS::DocDB::DBCluster",
        "AWS::EC2::Volume",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::Neptune::DBCluster",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
    }
)
_FUNCTIONS = frozenset(
    {
        "Fn::And",
        "Fn::Base64",
        "Fn::Cidr",
        "Fn::Equals",
        "Fn::FindInMap",
        "Fn::GetAZs",
        "Fn::GetAtt",
        "Fn::GetStackOutput",
        "Fn::If",
        "Fn::ImportValue",
        "Fn::Join",
        "Fn::Not",
        "Fn::Or",
        "Fn::Select",
        "Fn::Split",
        "Fn::Sub",
        "Fn::Transform",
    }
)


def section_problem(template: Template) -> str | None:
    """The first thing AWS would refuse of a section's members."""
    return next(_problems(template), None)


def _problems(template: Template) -> Iterator[str]:
    if str(template.get("AWSTemplateFormatVersion", _VERSION)) != _VERSION:
        yield "Template format error: unsupported value for AWSTemplateFormatVersion."
    for section, problems in (("Parameters", _parameter_problems), ("Outputs", _output_problems)):
        for name, held in (template.get(section) or {}).items():
            if not isinstance(held, Mapping):
                yield f"Template format error: Every {section} member must be an object."  # the text is not AWS's
            yield from problems(name, held)
    for name, held in template["Resources"].items():
        yield from _policy_problems(name, held)
    yield from _condition_problems(template)
    for function in _functions([template["Resources"], template.get("Outputs"), template.get("Conditions")]):
        if function not in _FUNCTIONS:
            yield f"Template error: {function} is no function of CloudFormation's"  # the text is not AWS's


def _parameter_problems(name: str, held: Mapping[str, Any]) -> Iterator[str]:
    if "Type" not in held:
        yield f"Template format error: [/Parameters/{name}] Every Parameters object must contain a Type member."
    elif not _PARAMETER_TYPE.fullmatch(str(held["Type"])):
        yield f"Template format error: Unrecognized parameter type: {held['Type']}"
    for key in sorted(held.keys() - _PARAMETER_KEYS):
        yield f"Invalid template parameter property '{key}'"


def _output_problems(name: str, held: Mapping[str, Any]) -> Iterator[str]:
    if not (name.isascii() and name.isalnum()):
        yield f"Template format error: Outputs name '{name}' is non alphanumeric."
    if "Value" not in held:
        yield f"Template format error: [/Outputs/{name}] Every Outputs member must contain a Value object"


def _condition_problems(template: Template) -> Iterator[str]:
    known = (template.get("Conditions") or {}).keys()
    for held in (template.get("Outputs") or {}).values():
        if "Condition" in held and str(held["Condition"]) not in known:
            told = f"Unresolved condition dependency {held['Condition']} in the Outputs block of the template"
            yield f"Template format error: {told}"
    for choice in _choices([template["Resources"], template.get("Outputs")]):
        if not isinstance(choice, list) or len(choice) != _CHOICE:
            yield "Template error: Fn::If requires a list argument with three elements"
        elif not isinstance(choice[0], str):
            yield "Template error: Fn::If takes the name of a condition"  # the text is not AWS's
        elif choice[0] not in known:
            yield f"Template error: unresolved condition dependency {choice[0]} in Fn::If"


def _choices(part: Any) -> Iterator[Any]:  # noqa: ANN401 # any part of a template
    """What Fn::If is given, wherever it stands."""
    if isinstance(part, Mapping) and "Fn::If" in part:
        yield part["Fn::If"]
    items = part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else ()
    for held in items:
        yield from _choices(held)


def _policy_problems(name: str, held: Mapping[str, Any]) -> Iterator[str]:
    for attribute, allowed in _POLICIES.items():
        given = held.get(attribute, "Delete")
        if not isinstance(given, str):
            yield f"Template format error: Every {attribute} member must be a string."
        elif given not in allowed:
            yield f"Template format error: Unrecognized {attribute} {given} for resource {name}"
        elif given == "Snapshot" and (kind := held.get("Type")) not in _WITH_SNAPSHOTS:  # the text is not AWS's
            yield f"Template error: {attribute} Snapshot is not supported by the type {kind} of resource {name}"
        elif given == "Snapshot":
            yield f"{attribute} Snapshot (of {name}) is not implemented by the embedded AWS"


def _functions(part: Any) -> Iterator[str]:  # noqa: ANN401 # any part of a template
    if isinstance(part, Mapping):
        yield from (str(key) for key in part if str(key).startswith("Fn::"))
    items = part.values() if isinstance(part, Mapping) else part if isinstance(part, list) else ()
    for held in items:
        yield from _functions(held)
