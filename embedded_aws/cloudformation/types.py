"""What a resource type consists of, and the calls it makes on behalf of its stack."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from embedded_aws.sagemaker.errors import AwsError

Properties = Mapping[str, Any]
PhysicalName = Callable[[int], str]
"""A generated name of at most so many characters, the same for a resource's whole life."""

_FIRST_POLL_SECONDS = 0.05
_LAST_POLL_SECONDS = 1.0
_POLL_GROWTH = 1.4


class Call(Protocol):
    """One API call as whoever the stack acts for; AwsError if it fails."""

    def __call__(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:  # noqa: ANN401 # API parameters
        """The operation's answer."""

    def limit(self, seconds: float) -> float:
        """How long to wait for what would be waited for so long on AWS."""


@dataclass(frozen=True)
class Resource:
    """What a create or update leaves: the physical id (Ref) and the attributes (Fn::GetAtt).

    An update that leaves no attributes leaves those that were.
    """

    physical_id: str
    attributes: Mapping[str, Any]


Create = Callable[[Call, PhysicalName, Properties], Resource]
Update = Callable[[Call, str, Properties, Properties], Resource]
Delete = Callable[[Call, str, Properties], None]


@dataclass(frozen=True)
class ResourceType:
    """A type's three acts, and the properties whose change replaces the resource.

    `tags` is the property that takes a stack's tags, of the `tags_shape` list or map. `system_tags` says whether
    CloudFormation's own tags are put on, `name_prefix` what generated names begin with if not with the stack's name.
    """

    create: Create
    update: Update
    delete: Delete
    replaced_by: tuple[str, ...] = ()
    tags: str | None = "Tags"
    tags_shape: str = "list"
    system_tags: bool = True
    name_prefix: str | None = None


class ResourceError(ValueError):
    """Why a resource failed, in the words of its stack event."""


def failed(error: AwsError, service: str) -> ResourceError:
    """An API error as a resource handler reports it."""
    return ResourceError(
        f'Resource handler returned message: "{error.message} (Service: {service}, Status Code: {error.status}, '
        f'Error Code: {error.code})"'
    )


def polls(seconds: float) -> Iterator[None]:
    """Yield at growing intervals until `seconds` are over."""
    deadline, pause = time.monotonic() + seconds, _FIRST_POLL_SECONDS
    while time.monotonic() < deadline:
        yield
        time.sleep(pause)
        pause = min(pause * _POLL_GROWTH, _LAST_POLL_SECONDS)


def gone(error: AwsError) -> bool:
    """Whether an error says that the resource is not there (any more)."""
    words = f"{error.code} {error.message}".lower()
    return any(word in words for word in ("notfound", "could not find", "does not exist", "nosuch"))


def text_of(value: Any) -> str:  # noqa: ANN401 # any template value
    """A scalar as the text that a template would have for it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def tag_map(tags: Any) -> dict[str, str]:  # noqa: ANN401 # a template's tags, a list or a map
    """Tags as a map."""
    if isinstance(tags, Mapping):
        return {str(key): text_of(value) for key, value in tags.items()}
    return {tag["Key"]: text_of(tag["Value"]) for tag in tags or []}


def tag_changes(old: Any, new: Any) -> tuple[list[dict[str, str]], list[str]]:  # noqa: ANN401 # a template's tags
    """The tags to set and the keys to remove on the way from one set of tags to another."""
    before, after = tag_map(old), tag_map(new)
    changed = [{"Key": key, "Value": value} for key, value in after.items() if before.get(key) != value]
    return changed, sorted(before.keys() - after.keys())
