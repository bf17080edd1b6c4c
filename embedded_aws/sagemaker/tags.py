"""Tags of resources: user tags with AWS's limits, and the system tags (`aws:`) that other services set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from embedded_aws.sagemaker.errors import not_implemented, validation
from embedded_aws.sagemaker.kinds import KIND_OF_ARN_TYPE, Kind

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.ports import Record

LIMIT = 50
_SYSTEM = "aws:"


def read(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags of a request as a dict; ValidationException for doubled keys and keys that begin with `aws:`."""
    found: dict[str, str] = {}
    for tag in tags:
        key = tag["Key"]
        if key in found:
            raise validation(f"Duplicate tag keys found: {key}")
        if key.lower().startswith(_SYSTEM):
            raise validation(f"aws: prefixed tag key names are not allowed for external use: {key}")
        found[key] = tag["Value"]
    return found


def shown(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def add(plane: ControlPlane, params: Mapping[str, Any]) -> dict[str, Any]:
    """AddTags."""
    new = read(params["Tags"])
    with plane.lock:
        tags = _of(plane, params["ResourceArn"])["_tags"]
        users = {key for key in tags if not key.startswith(_SYSTEM)} | new.keys()
        if len(users) > LIMIT:
            raise validation(f"A resource can have at most {LIMIT} tags; this call would make {len(users)}")
        tags.update(new)
        return {"Tags": shown(tags)}


def delete(plane: ControlPlane, params: Mapping[str, Any]) -> dict[str, Any]:
    """DeleteTags; keys that are not there are no error."""
    keys = params["TagKeys"]
    if any(key.lower().startswith(_SYSTEM) for key in keys):
        raise validation("aws: prefixed tag key names are not allowed for external use.")
    with plane.lock:
        tags = _of(plane, params["ResourceArn"])["_tags"]
        for key in keys:
            tags.pop(key, None)
    return {}


def show(plane: ControlPlane, params: Mapping[str, Any]) -> dict[str, Any]:
    """ListTags; one page holds all, as AWS's page is at least as large as the limit."""
    with plane.lock:
        return {"Tags": shown(_of(plane, params["ResourceArn"])["_tags"])}


def kind_and_name(arn: str) -> tuple[Kind, str]:
    """The kind and the name an ARN speaks of; refused for kinds that are not here."""
    arn_type, _, name = arn.split(":", 5)[5].partition("/")
    kind = KIND_OF_ARN_TYPE.get(arn_type)
    if kind is None:
        raise not_implemented(f"Tagging of a {arn_type}")
    return kind, name


def _of(plane: ControlPlane, arn: str) -> Record:
    kind, name = kind_and_name(arn)
    record = plane.store.find(kind, name)
    if record is None or record[kind.arn_member].lower() != arn.lower():
        raise validation(f'Could not find {kind.words} "{arn}".')
    return record
