"""The journal's file: entries and large contents in SQLite, written in transactions that are whole or not at all."""

from __future__ import annotations

import ast
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from embedded_aws.journal.tracked import Address, Place

LAYOUT = 1
"""How entries are written, and what the engine's own hold; raised with every change."""


class JournalError(RuntimeError):
    """The folder cannot be served from, or an entry not be kept; the text says why and what to do."""


@dataclass(frozen=True)
class Row:
    """An entry; `shape` is `dict` or `list` where other entries may share it."""

    place: Place
    shape: str
    content: bytes


@dataclass
class Changes:
    """What one transaction writes."""

    rows: list[Row] = field(default_factory=list)
    gone: list[Place] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    blobs_gone: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    stores: set[Address] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.rows or self.gone or self.blobs or self.blobs_gone or self.notes or self.stores)


class JournalFile:
    """One open journal; JournalError if it is none, or of another layout or another `emulator`'s."""

    def __init__(self, path: Path, emulator: str = "") -> None:
        self._open = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._open.execute("PRAGMA journal_mode=WAL")
            self._open.execute("PRAGMA synchronous=OFF")
            self._open.execute("CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT)")
            self._check_layout(path, f"{LAYOUT} {emulator}".strip())
        except sqlite3.DatabaseError as error:
            raise JournalError(f"{path} is no journal of the embedded AWS: {error}") from error
        self._open.execute("CREATE TABLE IF NOT EXISTS entry (place TEXT PRIMARY KEY, shape TEXT, content BLOB)")
        self._open.execute("CREATE TABLE IF NOT EXISTS store (address TEXT PRIMARY KEY)")
        self._open.execute("CREATE TABLE IF NOT EXISTS blob (name TEXT PRIMARY KEY, content BLOB)")

    def _check_layout(self, path: Path, layout: str) -> None:
        self._open.execute("INSERT OR IGNORE INTO note VALUES ('layout', ?)", (layout,))
        found = self.note("layout")
        if found != layout:
            raise JournalError(f"{path} has layout {found}, this engine reads {layout}: serve it with its own version")

    def note(self, name: str) -> str:
        """What was written under a name; empty if nothing was."""
        found = self._open.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    def rows(self) -> Iterator[Row]:
        """Every entry, oldest first."""
        for place, shape, content in self._open.execute("SELECT place, shape, content FROM entry ORDER BY rowid"):
            yield Row(ast.literal_eval(place), shape, content)

    def stores(self) -> set[Address]:
        """The stores that were kept, those that are empty too."""
        return {ast.literal_eval(address) for (address,) in self._open.execute("SELECT address FROM store")}

    def blobs(self) -> Mapping[str, bytes]:
        """Every large content by its name."""
        return dict(self._open.execute("SELECT name, content FROM blob"))

    def write(self, changes: Changes) -> None:
        """All of it in one transaction."""
        self._open.execute("BEGIN")
        try:
            self._write(changes)
        except BaseException:
            self._open.execute("ROLLBACK")
            raise
        self._open.execute("COMMIT")

    def _write(self, changes: Changes) -> None:
        many = self._open.executemany
        many("INSERT OR IGNORE INTO blob VALUES (?, ?)", changes.blobs.items())
        many(
            "INSERT INTO entry VALUES (?, ?, ?) "
            "ON CONFLICT (place) DO UPDATE SET shape = excluded.shape, content = excluded.content",
            [(repr(row.place), row.shape, row.content) for row in changes.rows],
        )
        many("DELETE FROM entry WHERE place = ?", _ones([repr(place) for place in changes.gone]))
        many("DELETE FROM blob WHERE name = ?", _ones(changes.blobs_gone))
        many("INSERT OR IGNORE INTO store VALUES (?)", _ones([repr(address) for address in changes.stores]))
        many("INSERT OR REPLACE INTO note VALUES (?, ?)", changes.notes.items())

    def close(self) -> None:
        """Nothing more is written."""
        self._open.close()


def nameable(place: Place) -> bool:
    """Whether the file can name a place so that it can be read again."""
    try:
        return bool(ast.literal_eval(repr(place)) == place)
    except (SyntaxError, ValueError):
        return False


def _ones(values: Sequence[str]) -> list[tuple[str]]:
    return [(value,) for value in values]
