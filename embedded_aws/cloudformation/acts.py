"""The three acts of a resource type in the form the emulator calls them. No emulator import."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from embedded_aws.cloudformation.types import Call, Properties, Resource, ResourceError, ResourceType, tag_map

PhysicalNames = Callable[[str, str, int], str]
"""Stack name, logical id and length to a generated name."""
SetSystemTags = Callable[[str, Mapping[str, str]], None]


def acts(
    kind: ResourceType, call: Call, names: PhysicalNames, set_system_tags: SetSystemTags
) -> dict[str, Callable[..., Any]]:
    """`create`, `update`, `delete` and `import`; tags that only AWS may set reach the resource beside the call."""

    def tagged(made: Resource, props: Properties) -> tuple[str, dict[str, Any]]:
        if kind.tags and kind.system_tags:
            set_system_tags(made.physical_id, _system_tags(props.get(kind.tags)))
        return made.physical_id, dict(made.attributes)

    def create(logical_id: str, props: Properties, stack_name: str) -> tuple[str, dict[str, Any]]:
        name = partial(names, stack_name if kind.name_prefix is None else kind.name_prefix, logical_id)
        return tagged(kind.create(call, name, _own(props, kind.tags)), props)

    def update(pid: str, old: Properties, new: Properties, _stack: str) -> tuple[str, dict[str, Any]]:
        return tagged(kind.update(call, pid, _own(old, kind.tags), _own(new, kind.tags)), new)

    def delete(pid: str, props: Properties) -> None:
        kind.delete(call, pid, _own(props, kind.tags))

    def adopt(_identifier: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        raise ResourceError("Importing resources of this type is not implemented by the embedded AWS")

    return {"create": create, "update": update, "delete": delete, "import": adopt}


def _own(props: Properties, member: str | None) -> dict[str, Any]:
    """Properties without the tags that CloudFormation adds for itself, and without tags where that leaves none."""
    own = dict(props)
    if member is None or member not in props:
        return own
    given = own.pop(member)
    if isinstance(given, Mapping):
        kept: Any = {key: value for key, value in given.items() if not _is_system(key)}
    else:
        kept = [tag for tag in given if not _is_system(tag["Key"])]
    return {**own, member: kept} if kept else own


def _system_tags(tags: Any) -> dict[str, str]:  # noqa: ANN401 # a template's tags
    return {key: value for key, value in tag_map(tags).items() if _is_system(key)}


def _is_system(key: str) -> bool:
    return key.startswith("aws:")
