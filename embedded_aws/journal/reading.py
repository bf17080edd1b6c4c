"""Reads entries that name one another: all that others may share are there, empty, before the first is filled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from embedded_aws.journal import pickling
from embedded_aws.journal.file import JournalError, Row
from embedded_aws.journal.tracked import Place, Registry

_EMPTY: Mapping[str, Callable[[], Any]] = {"dict": dict, "list": list}


class Reader:
    """Reads rows one after the other; `held` and `named` are the last one's large contents and named entries."""

    def __init__(self, rows: Sequence[Row], blobs: Mapping[str, bytes], registry: Registry) -> None:
        self._blobs = blobs
        self._registry = registry
        self._made: dict[Place, Any] = {row.place: _EMPTY[row.shape]() for row in rows if row.shape}
        self.held: set[str] = set()
        self.named: set[Place] = set()

    def value(self, row: Row) -> Any:  # noqa: ANN401 # stores hold anything
        """A row's entry."""
        self.held, self.named = set(), set()
        value = pickling.load(row.content, self._find)
        if row.shape == "dict":
            self._made[row.place].update(value)
        elif row.shape == "list":
            self._made[row.place].extend(value)
        else:
            return value
        return self._made[row.place]

    def _find(self, name: tuple[Any, ...]) -> Any:  # noqa: ANN401 # stores hold anything
        kind, *which = name
        if kind == "blob":
            self.held.add(which[0])
            return self._blobs[which[0]]
        if kind == "inner":
            held = self._registry.collections.get(which[0])
            return self._registry.track(which[0], {}) if held is None else held
        place = (which[0], which[1])
        if place not in self._made:
            raise JournalError(f"the journal names {place} and does not hold it")
        self.named.add(place)
        return self._made[place]
