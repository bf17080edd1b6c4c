"""The resources themselves: records by kind and name. Not safe on its own: the control plane's lock guards it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from embedded_aws.sagemaker.kinds import KINDS, Kind
from embedded_aws.sagemaker.ports import Record


def now() -> datetime:
    """The time, as records hold it."""
    return datetime.now(UTC)


class Store:
    """Records by kind and name; names that differ only in case are one, because ARNs are lower case."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, Record]] = {name: {} for name in KINDS}

    def find(self, kind: Kind, name: str) -> Record | None:
        """The record of that name, or None."""
        return self._records[kind.name].get(name.lower())

    def put(self, kind: Kind, record: Record) -> None:
        """Keeps a new record under its name."""
        self._records[kind.name][record[kind.id_member].lower()] = record

    def remove(self, kind: Kind, record: Record) -> None:
        """Forgets this very record; another one that took its name meanwhile stays."""
        name = record[kind.id_member].lower()
        if self._records[kind.name].get(name) is record:
            del self._records[kind.name][name]

    def all(self, kind: Kind) -> Iterator[Record]:
        """The records of a kind, oldest first."""
        yield from list(self._records[kind.name].values())

    def touch(self, kind: Kind, record: Record) -> None:
        """A record has changed outside a call: a journal writes it before anything more is answered."""
        self.find(kind, record[kind.id_member])

    def glance(self, kind: Kind) -> Iterator[Record]:
        """The same, to be looked at only: a journal need not compare them, so nothing of them is changed or told."""
        yield from list(dict.values(self._records[kind.name]))

    def adopt(self, keep: Callable[[str, dict[str, Record]], dict[str, Record]]) -> None:
        """Holds its records in what `keep` gives for those of each kind."""
        self._records = {name: keep(name, records) for name, records in self._records.items()}
