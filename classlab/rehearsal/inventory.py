"""Everything the embedded AWS holds, asked of itself: no List call, and no code of our own scanner."""

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from embedded_aws.launcher import Engine

_SECONDS = 60


@dataclass(frozen=True, order=True)
class Item:
    """One thing in one service."""

    service: str
    collection: str
    id: str

    def __str__(self) -> str:
        return f"{self.service} {self.collection} {self.id}"


Inventory = Mapping[Item, str]
"""Every item with a digest of its content."""


def take(engine: Engine) -> Inventory:
    """The inventory of this moment."""
    request = urllib.request.Request(  # noqa: S310 # the engine's own loopback address
        f"{engine.endpoint}/_embedded/inventory", headers={"Authorization": f"Bearer {engine.secret_access_key}"}
    )
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 # the engine's own loopback address
        items = json.load(answer)["items"]
    return MappingProxyType(
        {Item(item["service"], item["collection"], item["id"]): str(item["digest"]) for item in items}
    )
