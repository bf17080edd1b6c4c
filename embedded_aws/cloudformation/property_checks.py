"""Whether a resource's resolved properties are what its type's public schema allows, in CloudFormation's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from embedded_aws.cloudformation.property_rules import Failure, Point
from embedded_aws.cloudformation.resource_schemas import ResourceSchemas, Schema
from embedded_aws.cloudformation.types import ResourceError

PROPERTIES_FAILED = "Properties validation failed for resource"
_UNSUPPORTED = "Encountered unsupported property"
_CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")
Properties = Mapping[str, Any]


class PropertyChecks:
    """The checks of one region's types."""

    def __init__(self, schemas: ResourceSchemas) -> None:
        self.schemas = schemas

    def check(self, logical_id: str, kind: str, props: Properties) -> None:
        """Raise ResourceError with every failure of a resource's properties."""
        found = self.failures(kind, props)
        if not found:
            return
        if found[0].message.startswith(_UNSUPPORTED):
            raise ResourceError(found[0].message)
        told = ", ".join(f"{'/'.join(('#', *failure.place))}: {failure.message}" for failure in found)
        raise ResourceError(f"{PROPERTIES_FAILED} {logical_id} with message: [{told}]")

    def failures(self, kind: str, props: Properties) -> list[Failure]:
        """What the schema says of properties, the outermost first; what only AWS may set, where nothing else is."""
        if kind.startswith(_CUSTOM) or not self.schemas.known(kind):
            return []
        schema = self.schemas.of(kind)
        found = Point(props, schema, (), schema).failures()
        unsupported = (Failure((), f"{_UNSUPPORTED} {name}") for name in read_only(schema, props))
        return sorted(found, key=lambda failure: (len(failure.place), failure)) or list(unsupported)


@lru_cache(maxsize=1)
def checks_of(region: str) -> PropertyChecks:
    """The checks that all of an engine's hooks share."""
    return PropertyChecks(ResourceSchemas(region))


def read_only(schema: Schema, props: Properties) -> Iterator[str]:
    """The names of properties that only AWS may set; those that a schema also wants or lets be chosen may be given."""
    given = {f"/properties/{name}" for name in schema.get("required", [])}
    given |= {*schema.get("createOnlyProperties", []), *schema.get("writeOnlyProperties", [])}
    for pointer in schema.get("readOnlyProperties", []):
        parts = pointer.removeprefix("/properties/").split("/")
        if pointer not in given and _holds(props, parts):
            yield parts[-1]


def _holds(value: Any, parts: list[str]) -> bool:  # noqa: ANN401 # any template value
    if not parts:
        return True
    if parts[0] == "*":
        return isinstance(value, list) and any(_holds(item, parts[1:]) for item in value)
    return isinstance(value, Mapping) and parts[0] in value and _holds(value[parts[0]], parts[1:])
