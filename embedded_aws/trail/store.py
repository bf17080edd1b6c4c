"""Events in a SQLite file: kept for 90 days, found by attribute, newest first.

The file is written with every event, before the call's answer is sent: what was answered can be looked up, and a
killed engine loses none (the system has what SQLite wrote; only a crash of the machine may lose the last).
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded_aws.trail.resources import Resource

RETENTION_SECONDS = 90 * 24 * 3600
_PRUNED_EVERY = 5000  # events
_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  number INTEGER PRIMARY KEY, EventId TEXT UNIQUE, time REAL, EventName TEXT, EventSource TEXT, Username TEXT,
  AccessKeyId TEXT, ReadOnly TEXT, event TEXT);
CREATE TABLE IF NOT EXISTS resources (number INTEGER, ResourceType TEXT, ResourceName TEXT);
CREATE INDEX IF NOT EXISTS by_name ON events (EventName);
CREATE INDEX IF NOT EXISTS by_user ON events (Username);
CREATE INDEX IF NOT EXISTS by_key ON events (AccessKeyId);
CREATE INDEX IF NOT EXISTS by_resource ON resources (ResourceName);
CREATE INDEX IF NOT EXISTS resources_of ON resources (number);
"""
_COLUMNS = ("EventId", "EventName", "EventSource", "Username", "AccessKeyId", "ReadOnly")
_RESOURCE_COLUMNS = ("ResourceType", "ResourceName")
ATTRIBUTES = frozenset({*_COLUMNS, *_RESOURCE_COLUMNS})


@dataclass(frozen=True)
class Question:
    """What to look for: times in epoch seconds, and one attribute with its value."""

    start: float | None = None
    end: float | None = None
    attribute: str | None = None
    value: str = ""


class Store:
    """The events of one engine; any thread may use it."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.executescript(_SCHEMA)
        self._prune()

    def add(self, event: Mapping[str, Any], at: float, username: str | None, resources: Sequence[Resource]) -> None:
        """Keep one event, answered at `at` (epoch seconds); a service's own has no user's name."""
        row = (
            event["eventID"],
            at,
            event["eventName"],
            event["eventSource"],
            username,
            event["userIdentity"].get("accessKeyId"),
            "true" if event["readOnly"] else "false",
            json.dumps(event, separators=(",", ":"), default=str),
        )
        with self._lock:
            self._database.execute("BEGIN")
            cursor = self._database.execute(
                "INSERT INTO events (EventId, time, EventName, EventSource, Username, AccessKeyId, ReadOnly, event)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            number = cursor.lastrowid or 0
            self._database.executemany(
                "INSERT INTO resources VALUES (?, ?, ?)", [(number, *resource) for resource in resources]
            )
            self._database.execute("COMMIT")
        if number % _PRUNED_EVERY == 0:
            self._prune()

    def find(self, question: Question, before: int | None, limit: int) -> list[tuple[int, dict[str, Any]]]:
        """The newest events that fit, each with its number; those below the number `before` if it is given."""
        clauses, values = ["time >= ?"], [max(question.start or 0.0, time.time() - RETENTION_SECONDS)]
        given: list[tuple[str, Any]] = [("time <= ?", question.end), ("number < ?", before)]
        for clause, value in given:
            if value is not None:
                clauses.append(clause)
                values.append(value)
        if question.attribute:
            clauses.append(_fits(question.attribute))
            values.append(question.value)  # type: ignore[arg-type] # SQLite takes any
        sql = f"SELECT * FROM events WHERE {' AND '.join(clauses)} ORDER BY number DESC LIMIT ?"  # noqa: S608 # fixed names
        with self._lock:
            rows = self._database.execute(sql, (*values, limit)).fetchall()
            return [(row[0], self._answer(row)) for row in rows]

    def close(self) -> None:
        """Write what is written, and let the file go."""
        with self._lock:
            self._database.close()

    def _answer(self, row: Sequence[Any]) -> dict[str, Any]:
        number, event_id, at, name, source, username, key, read_only, event = row
        resources = self._database.execute(
            "SELECT ResourceType, ResourceName FROM resources WHERE number = ?", (number,)
        ).fetchall()
        shown = {
            "EventId": event_id,
            "EventName": name,
            "ReadOnly": read_only,
            "AccessKeyId": key,
            "EventTime": int(at),
            "EventSource": source,
            "Username": username,
            "Resources": [{"ResourceType": kind, "ResourceName": named} for kind, named in resources],
            "CloudTrailEvent": event,
        }
        return {member: value for member, value in shown.items() if value is not None}

    def _prune(self) -> None:
        """Forget what CloudTrail has forgotten."""
        oldest = (time.time() - RETENTION_SECONDS,)
        with self._lock:
            self._database.execute(
                "DELETE FROM resources WHERE number IN (SELECT number FROM events WHERE time < ?)", oldest
            )
            self._database.execute("DELETE FROM events WHERE time < ?", oldest)


def _fits(attribute: str) -> str:
    """The clause of one attribute, with a place for its value."""
    if attribute in _RESOURCE_COLUMNS:
        return f"number IN (SELECT number FROM resources WHERE {attribute} = ?)"  # noqa: S608 # a column of ours
    return f"{attribute} = ?"
