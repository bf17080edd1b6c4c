"""What the CDK put into its staging bucket for a class: found by content, removed when nobody else refers to it.

A template there is the class's if it exports or imports the class's boundary; the assets are those that such templates
name. Names prove nothing. Deletes act as the bootstrap's file-publishing role, which the CDK uploaded them as.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from classlab.aws import Aws
from classlab.contract import boundary_export
from classlab.reporting.report import KeptItem

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_QUALIFIER = "hnb659fds"  # the CDK's default, which cdk.json does not change
_ASSET_KEY = re.compile(r"\b[0-9a-f]{64}(?:\.[A-Za-z0-9.]+)?\b")
_TEMPLATE_BYTES = 1 << 20  # CloudFormation's limit
_DELETE_AT_ONCE = 500


@dataclass(frozen=True)
class Staging:
    """The staging bucket, seen by the role that may write to it."""

    aws: Aws
    bucket: str

    @classmethod
    def of(cls, aws: Aws) -> "Staging":
        """Assume the bootstrap's file-publishing role."""
        name = f"cdk-{_QUALIFIER}-file-publishing-role-{aws.account}-{aws.region}"
        role = f"arn:aws:iam::{aws.account}:role/{name}"
        return cls(aws.assuming(role, "classlab-close"), f"cdk-{_QUALIFIER}-assets-{aws.account}-{aws.region}")

    def keys_of(self, classroom: str) -> set[str]:
        """Keys of the class's templates and of every asset that they name."""
        found = set()
        for key, text in self._templates():
            if _is_of_class(text, classroom):
                found |= {key, *_ASSET_KEY.findall(text)}
        return found & set(self._keys())

    def remove(self, keys: Iterable[str]) -> int:
        """Delete the keys with all their versions; returns how many keys."""
        wanted = set(keys)
        versions = [version for version in self._versions() if version["Key"] in wanted]
        for start in range(0, len(versions), _DELETE_AT_ONCE):
            some = versions[start : start + _DELETE_AT_ONCE]
            self.aws.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": some, "Quiet": True})
        return len(wanted)

    def _keys(self) -> Iterator[str]:
        for page in self.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for entry in page.get("Contents", []):
                yield entry["Key"]

    def _versions(self) -> Iterator["ObjectIdentifierTypeDef"]:
        for page in self.aws.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                yield {"Key": entry["Key"], "VersionId": entry["VersionId"]}

    def _templates(self) -> Iterator[tuple[str, str]]:
        """Key and text of everything that can be a template."""
        for page in self.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
            for entry in page.get("Contents", []):
                if entry["Key"].endswith(".json") and entry["Size"] <= _TEMPLATE_BYTES:
                    body = self.aws.s3.get_object(Bucket=self.bucket, Key=entry["Key"])["Body"]
                    yield entry["Key"], body.read().decode("utf-8", "replace")


def split_by_reference(keys: set[str], aws: Aws, classroom: str) -> tuple[set[str], list[KeptItem]]:
    """The keys that may go, and those that another class's or project's stack still names."""
    kept: dict[str, str] = {}
    for page in aws.cloudformation.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            text = json.dumps(aws.cloudformation.get_template(StackName=stack["StackName"])["TemplateBody"])
            if not _is_of_class(text, classroom):
                kept |= dict.fromkeys(keys & set(_ASSET_KEY.findall(text)), stack["StackName"])
    items = [
        KeptItem(arn=f"staging asset {key}", why=f"the stack {stack} uses it too")
        for key, stack in sorted(kept.items())
    ]
    return keys - kept.keys(), items


def _is_of_class(text: str, classroom: str) -> bool:
    """Whether a template exports or imports the class's boundary."""
    try:
        document = json.loads(text)
    except ValueError:
        return False
    return boundary_export(classroom) in _boundary_names(document)


def _boundary_names(node: object) -> Iterator[str]:
    """Every literal that a template exports or imports under."""
    if isinstance(node, dict):
        for key, value in node.items():
            name = value.get("Name") if key == "Export" and isinstance(value, dict) else value
            if key in ("Export", "Fn::ImportValue") and isinstance(name, str):
                yield name
            yield from _boundary_names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _boundary_names(value)
