"""The public schemas of CloudFormation's resource types, from cfn-lint's data files. Its code is never imported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Schema = Mapping[str, Any]
_ANY_ATTRIBUTE = (
    "Custom::",
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudFormation::Stack",
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
)


class ResourceSchemas:
    """The types of a region, each read when it is first asked for."""

    def __init__(self, region: str) -> None:
        self._region = region

    def known(self, kind: str) -> bool:
        """Whether CloudFormation has a type of that name."""
        return kind in self._files

    def names(self) -> list[str]:
        """The names of all types."""
        return list(self._files)

    def of(self, kind: str) -> Schema:
        """The type's schema; KeyError if CloudFormation does not have it."""
        return _read(_folder() / "resources" / f"{self._files[kind]}.json")

    def has_attribute(self, kind: str, attribute: str) -> bool:
        """Whether Fn::GetAtt may ask for it: what AWS sets, and (which AWS takes for some types only) any property."""
        if kind.startswith(_ANY_ATTRIBUTE) or kind not in self._files:
            return True
        schema, pointer = self.of(kind), "/properties/" + attribute.replace(".", "/")
        return pointer in schema.get("readOnlyProperties", []) or attribute.split(".")[0] in schema["properties"]

    @cached_property
    def _files(self) -> Mapping[str, str]:
        found: dict[str, str] = json.loads((_folder() / "providers" / f"{self._region}.json").read_text())
        return found


@lru_cache(maxsize=1)
def _folder() -> Path:
    spec = find_spec("cfnlint")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("cfn-lint, which has the resource schemas, is not installed here")
    return Path(spec.submodule_search_locations[0]) / "data" / "schemas"


@lru_cache(maxsize=256)
def _read(file: Path) -> Schema:
    schema: Schema = json.loads(file.read_text(), object_hook=_without_prose)
    return schema


def _without_prose(read: dict[str, Any]) -> dict[str, Any]:
    """Descriptions are most of a schema, and nobody reads them here."""
    return {key: value for key, value in read.items() if key != "description" or not isinstance(value, str)}
