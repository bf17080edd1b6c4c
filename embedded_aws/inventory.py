"""Everything the services hold, read from their own stores: independent of every List call."""

from __future__ import annotations
from typing import Any
from collections.abc import Mapping

def inventory(stores: Mapping[str, Mapping[str, Mapping[Any, Any]]]) -> list[dict[str, str]]:
    return [{"service": s, "collection": c, "id": str(k), "digest": ""} for s, cs in stores.items() for c, d in cs.items() for k in d]
