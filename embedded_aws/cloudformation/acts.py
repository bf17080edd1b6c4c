"""The three acts of a resource type in the form the emulator calls them. No emulator import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from embedded_aws.cloudformation.types import Call, Properties, ResourceType

PhysicalNames = Callable[[str, str, int], str]
"""Stack name, logical id and length to a generated name."""
SetSystemTags = Callable[[str, Mapping[str, str]], None]


def acts(
    kind: ResourceType, call: Call, names: PhysicalNames, set_system_tags: SetSystemTags
) -> dict[str, Callable[..., Any]]:
    """`create`, `update` and `delete`; tags that only AWS may set reach the resource beside the call."""

    def create(logical_id: str, props: Properties, stack_name: str) -> tuple[str, dict[str, Any]]:
        made = kind.create(call, partial(names, stack_name, logical_id), _own(props))
        set_system_tags(made.physical_id, _system_tags(props))
        return made.physical_id, dict(made.attributes)

    def update(pid: str, old: Properties, new: Properties, _stack: str) -> tuple[str, dict[str, Any]]:
        made = kind.update(call, pid, _own(old), _own(new))
        return made.physical_id, dict(made.attributes)

    def delete(pid: str, props: Properties) -> None:
        kind.delete(call, pid, _own(props))

    return {"create": create, "update": update, "delete": delete}


def _own(props: Properties) -> dict[str, Any]:
    """Properties without the tags that CloudFormation adds for itself."""
    if not isinstance(props.get("Tags"), list):
        return dict(props)
    return {**props, "Tags": [tag for tag in props["Tags"] if not _is_system(tag)]}


def _system_tags(props: Properties) -> dict[str, str]:
    given = props.get("Tags")
    tags = given if isinstance(given, list) else []
    return {tag["Key"]: tag["Value"] for tag in tags if _is_system(tag)}


def _is_system(tag: Mapping[str, str]) -> bool:
    return tag["Key"].startswith("aws:")
