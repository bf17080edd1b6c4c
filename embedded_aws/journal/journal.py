"""The journal: compares what was touched with what is written, and writes what differs."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from embedded_aws.journal import pickling
from embedded_aws.journal.file import Changes, JournalError, JournalFile, Row, nameable
from embedded_aws.journal.reading import Reader
from embedded_aws.journal.replaced_files import ReplacedFiles
from embedded_aws.journal.shares import SHAPES, Blobs, Owners
from embedded_aws.journal.tracked import Address, Place, Registry, TrackedDict, Traits

_MISSING = object()
_ROOT = 2
"""Parts of the address of a store; a dictionary inside an entry has more."""
_WARM_SECONDS = 3.0
_WARM_TICKS = 4
"""How long, and in which of the ticks, an entry is compared again by itself: a thread may still change it."""
_SLICE = 200
"""Entries that each tick compares of all there are, one slice after the other."""


class Journal:
    """The stores of an engine and their file.

    `discover` tracks the stores of services that were loaded since the last time.
    """

    def __init__(self, file: JournalFile, replaced: ReplacedFiles, traits: Traits) -> None:
        self.registry = Registry(traits)
        self.discover: Callable[[], None] = lambda: None
        self._traits = traits
        self._file = file
        self.replaced = replaced
        self._known = file.stores()
        self._restored = False
        self._variables: dict[Place, Callable[[], object]] = {}
        self._written: dict[Address, dict[Any, str]] = {}
        self._owners = Owners(self._current)
        self._blobs = Blobs()
        self._warm: dict[Place, float] = {}
        self._sweep: list[Place] = []
        self._ticks = 0
        self._broken = ""
        self._lock = threading.RLock()

    def adopt(self, address: Address, entries: dict[Any, Any]) -> TrackedDict:
        """Keep a store from now on; what to put in its place.

        A store that an earlier engine kept has in the end what the file holds, and not what its service begins with.
        """
        return self.registry.track(address, {} if self._restored and address in self._known else entries)

    def adopt_variable(self, place: Place, read: Callable[[], object]) -> None:
        """Keep a small value that is no store; it is compared whenever its service's stores are touched."""
        self._variables[place] = read

    def stores(self) -> list[Address]:
        """The addresses of the stores that the file holds."""
        return list(dict.fromkeys(row.place[0][:_ROOT] for row in self._file.rows()))

    def restore(self, set_variable: Callable[[Place, Any], None]) -> bool:
        """Fill every store from the file; whether there was anything. Stores hold nothing else afterwards."""
        rows, self._restored = list(self._file.rows()), True
        self.replaced.put_back(after=int(self._file.note("replaced") or 0))
        self._empty()
        reader = Reader(rows, self._file.blobs(), self.registry)
        for row in rows:
            value = reader.value(row)
            if row.place in self._variables:
                set_variable(row.place, value)
            else:
                self._put(row.place, value)
            self._remember(row.place, pickling.digest(row.content), reader.held, reader.named)
        for row in rows:
            list(self._owners.own(row.place))
        touched = [place for place in self.registry.take() if place[0][:_ROOT] not in self._known]
        for place in touched:
            self.registry.note(place)
        return bool(rows)

    def _empty(self) -> None:
        """Of stores that the file knows, nothing that their services begin with."""
        for address, held in list(self.registry.collections.items()):
            if address[:_ROOT] in self._known:
                held.clear()
                if len(address) > _ROOT:
                    del self.registry.collections[address]

    def _put(self, place: Place, value: object) -> None:
        address, key = place
        held = self.registry.collections.get(address)
        if held is None and len(address) == _ROOT:
            raise JournalError(f"the journal holds {place}, which this engine does not know")
        held = self.registry.track(address, {}) if held is None else held
        held[key] = value

    def flush(self, touched: Iterable[Place] = ()) -> None:
        """Write what changed of what was touched since the last time, and of `touched`.

        JournalError for an entry that cannot be kept; it fails again whenever that entry is touched.
        """
        with self._lock:
            if self._broken:
                raise JournalError(self._broken)
            self.discover()
            places = dict.fromkeys([*self.registry.take(), *touched])
            services = {address[0] for address, _ in places}
            places |= {place: None for place in self._variables if place[0][0] in services}
            self._warm |= dict.fromkeys(places, time.monotonic())
            self._write(places)

    def tick(self) -> None:
        """Write what threads have changed: of the entries handed out lately, and of a slice of all."""
        with self._lock:
            self.flush()
            self._ticks += 1
            if not self._sweep:
                self._owners.forget()
                collections = list(self.registry.collections.items())
                self._sweep = [(address, key) for address, held in collections for key in list(held)]
            turn, self._sweep = self._sweep[:_SLICE], self._sweep[_SLICE:]
            self._write(dict.fromkeys([*turn, *self._variables, *self._still_warm()]))

    def _still_warm(self) -> list[Place]:
        if self._ticks % _WARM_TICKS:
            return []
        coldest = time.monotonic() - _WARM_SECONDS
        self._warm = {place: since for place, since in self._warm.items() if since > coldest}
        return list(self._warm)

    def close(self) -> None:
        """Write the last changes, and nothing that happens afterwards."""
        with self._lock:
            try:
                self.flush()
            finally:
                self._file.close()

    def _write(self, places: dict[Place, Any]) -> None:
        """One transaction. An entry that cannot be kept keeps no other from being written; JournalError then."""
        until, failed = self.replaced.last, []
        pending = dict.fromkeys(places)
        for place in places:
            pending |= dict.fromkeys(self._owners.own(place))
        changes = Changes(notes={"replaced": str(until)} if until > self.replaced.settled else {})
        changes.stores = {address for address in list(self.registry.collections) if len(address) == _ROOT} - self._known
        for place in pending:
            try:
                self._compare(place, changes)
            except pickling.UnkeepableError as error:
                failed.append(str(error))
        self._finish(changes)
        self.replaced.settle(until)
        if failed:
            raise JournalError(f"the journal cannot keep {'; '.join(failed)}")

    def _finish(self, changes: Changes) -> None:
        unused = self._blobs.take_unused()
        changes.blobs = {name: held for name, held in changes.blobs.items() if name not in unused}
        changes.blobs_gone = unused
        if not changes:
            return
        try:
            self._file.write(changes)
            self._known |= changes.stores
        except sqlite3.Error as error:
            self._broken = f"the journal cannot be written: {error}"
            raise JournalError(self._broken) from error

    def _current(self, place: Place) -> object:
        if place in self._variables:
            return self._variables[place]()
        held = self.registry.collections.get(place[0])
        return _MISSING if held is None else held.quietly(place[1], _MISSING)

    def _compare(self, place: Place, changes: Changes) -> None:
        """Add to the changes in what an entry differs from what is written."""
        value, known = self._current(place), self._written.get(place[0], {}).get(place[1])
        if value is _MISSING:
            if known is not None:
                self._drop(place, changes)
            return
        if known is None and not nameable(place):
            raise pickling.UnkeepableError(f"{place}: no key that can be read again")
        blobs: dict[str, bytes] = {}
        named: set[Place] = set()
        if self._traits.simple(place[0]):
            content = pickling.dump_simple(place, value)
        else:
            owner_of, keep_blob = partial(self._owner_of, place, named), partial(self._keep_blob, blobs)
            content = pickling.dump(place, value, owner_of, keep_blob)
        name = pickling.digest(content)
        if name == known:
            return
        shape = "" if self._owners.of(value) in named else SHAPES.get(type(value), "")
        changes.rows.append(Row(place, shape, content))
        changes.blobs |= {blob: held for blob, held in blobs.items() if not self._blobs.kept(blob)}
        self._remember(place, name, set(blobs), named)

    def _owner_of(self, place: Place, named: set[Place], held: object) -> Place | None:
        owner = self._owners.of(held)
        if owner is not None and owner != place:
            named.add(owner)
        return owner

    def _keep_blob(self, blobs: dict[str, bytes], large: bytes) -> str:
        name = self._blobs.name(large)
        blobs[name] = large
        return name

    def _remember(self, place: Place, name: str, blobs: set[str], named: set[Place]) -> None:
        self._written.setdefault(place[0], {})[place[1]] = name
        self._blobs.set_held(place, blobs)
        self._owners.set_names(place, named)

    def _drop(self, place: Place, changes: Changes) -> None:
        """An entry that is gone, with the entries of the dictionaries inside it."""
        address, key = place
        inside = [one for one in self._written if one[: len(address) + 1] == (*address, key)]
        gone = [place, *((inner, each) for inner in inside for each in self._written.pop(inner))]
        del self._written[address][key]
        for one in gone:
            self._blobs.set_held(one, set())
            self._owners.set_names(one, set())
        for inner in inside:
            self.registry.collections.pop(inner, None)
        changes.gone += gone
