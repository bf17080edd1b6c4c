"""The cases, read from the YAML files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
_CALL_KEYS = {"call", "with", "as", "until"}
_CASE_KEYS = {"id", "source", "setup", "expect", "differs", *_CALL_KEYS}
_EXPECTED_KEYS = {"error", "status", "message", "says", "answer", "absent"}


@dataclass(frozen=True)
class Call:
    """One call: `service.operation`, its parameters, the name its answer is kept as, and what to wait for."""

    name: str
    params: Mapping[str, Any]
    kept_as: str | None
    until: Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """One expectation."""

    id: str
    source: str
    setup: tuple[Call, ...]
    call: Call
    expect: Mapping[str, Any]
    differs: str | None


def read() -> list[Case]:
    """All cases; ValueError for a key that no case has, an empty expectation, or an id that stands twice."""
    found = [_case(item) for path in sorted(FOLDER.glob("*.yaml")) for item in yaml.safe_load(path.read_text())]
    ids = [case.id for case in found]
    if len(set(ids)) != len(ids):
        raise ValueError(f"ids stand twice: {sorted({name for name in ids if ids.count(name) > 1})}")
    return found


def _case(item: Mapping[str, Any]) -> Case:
    expect = item["expect"]
    unknown = (set(item) - _CASE_KEYS) | (set(expect) - _EXPECTED_KEYS)
    if unknown or not expect:
        raise ValueError(f"{item['id']}: {sorted(unknown) or 'expects nothing'}")
    setup = tuple(_call(step) for step in item.get("setup", []))
    return Case(item["id"], item["source"], setup, _call(item), expect, item.get("differs"))


def _call(item: Mapping[str, Any]) -> Call:
    return Call(item["call"], item.get("with", {}), item.get("as"), item.get("until", {}))
