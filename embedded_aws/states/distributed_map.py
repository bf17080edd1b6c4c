"""The Map Run of a Distributed Map: children within its concurrency, until all end or too many failed.

No emulator import: the adapter evaluates the state's fields, keeps the records and runs a child's states.
AWS: Step Functions developer guide, "Using Map state in Distributed mode".
"""

from __future__ import annotations

import json
import queue
import threading
import uuid
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from embedded_aws.iam.authorization import Check
from embedded_aws.states.step_functions import TaskError

THREADS = 64
"""How many children run at once where AWS would run up to 10,000."""
_LOOK_SECONDS = 0.2
_COUNTS = (
    "pending",
    "running",
    "succeeded",
    "failed",
    "timedOut",
    "aborted",
    "total",
    "resultsWritten",
    "failuresNotRedrivable",
    "pendingRedrive",
)
_OUTCOMES = {"SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timedOut", "ABORTED": "aborted"}


@dataclass(frozen=True)
class Names:
    """The ARNs of a Map Run and its children. `machine` is `<region>:<account>` and the machine's name."""

    place: str
    machine: str
    label: str
    express: bool = False
    run: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def map_run(self) -> str:
        """The Map Run's ARN."""
        return f"arn:aws:states:{self.place}:mapRun:{self.machine}/{self.label}:{self.run}"

    @property
    def child_machine(self) -> str:
        """The ARN that children have as their state machine's."""
        return f"arn:aws:states:{self.place}:stateMachine:{self.machine}/{self.label}"

    def child(self, name: str) -> str:
        """A child's ARN; Express ones have a second id, as executions of Express machines have."""
        kind, more = ("express", f":{uuid.uuid4()}") if self.express else ("execution", "")
        return f"arn:aws:states:{self.place}:{kind}:{self.machine}/{self.label}:{name}{more}"

    def rights(self) -> list[Check]:
        """What the machine's role needs to start, watch and stop children."""
        executions = f"arn:aws:states:{self.place}:execution:{self.machine}:*"
        return [
            Check("states:StartExecution", f"arn:aws:states:{self.place}:stateMachine:{self.machine}"),
            Check("states:DescribeExecution", executions),
            Check("states:StopExecution", executions),
        ]


@dataclass(frozen=True)
class Limits:
    """What a Map Run keeps to; a tolerance that is not given is zero once another is not given either."""

    max_concurrency: int = 0
    tolerated_count: int | None = None
    tolerated_percentage: float | None = None


Run = Callable[[dict[str, Any], Any], None]
"""Runs a child's states with an input, and sets status, output, error and cause of its record."""


class MapRun:
    """One Map Run: `record` is what DescribeMapRun shows, `children` the child executions in their order."""

    def __init__(self, names: Names, execution_arn: str, limits: Limits, batches: Sequence[tuple[Any, int]]) -> None:
        self._names, self._limits, self._batches = names, limits, batches
        items = sum(count for _, count in batches)
        self.children: list[dict[str, Any]] = []
        self.record: dict[str, Any] = {
            "mapRunArn": names.map_run,
            "executionArn": execution_arn,
            "status": "RUNNING",
            "startDate": _now(),
            "maxConcurrency": limits.max_concurrency,
            "toleratedFailurePercentage": limits.tolerated_percentage or 0.0,
            "toleratedFailureCount": limits.tolerated_count or 0,
            "itemCounts": dict.fromkeys(_COUNTS, 0) | {"total": items, "pending": items},
            "executionCounts": dict.fromkeys(_COUNTS, 0) | {"total": len(batches), "pending": len(batches)},
            "redriveCount": 0,
            "_stateMachineArn": names.child_machine,
        }

    def run(self, run_child: Run, wanted: Callable[[], bool]) -> None:
        """Run all children; stop them when too many failed or the parent is not wanted any more."""
        waiting, ended = list(reversed(self._batches)), queue.SimpleQueue[tuple[dict[str, Any], int]]()
        running = 0
        while waiting or running:
            if self.exceeded or not wanted():
                waiting = []
                self._abort()
            while waiting and running < min(self.record["maxConcurrency"] or THREADS, THREADS):
                given, items = waiting.pop()
                self._start(given, items, run_child, ended)
                running += 1
            try:
                record, items = ended.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                continue
            running -= 1
            self._count("running", _OUTCOMES[record["status"]], items)
        self.record["status"] = "ABORTED" if not wanted() else "FAILED" if self.exceeded else "SUCCEEDED"
        self.record["stopDate"] = _now()

    def written(self) -> None:
        """Note that the results of all children that ended are given back or written, which AWS does not tell apart."""
        for counts in (self.record["itemCounts"], self.record["executionCounts"]):
            counts["resultsWritten"] = sum(counts[outcome] for outcome in _OUTCOMES.values())

    @property
    def exceeded(self) -> bool:
        """Whether more items failed than are tolerated: by either threshold, and any if there is none."""
        counts = self.record["itemCounts"]
        failed = counts["failed"] + counts["timedOut"] + counts["aborted"]
        by_count = failed > self.record["toleratedFailureCount"]
        by_share = failed * 100 > self.record["toleratedFailurePercentage"] * counts["total"]
        given = (self.record["toleratedFailureCount"] > 0, self.record["toleratedFailurePercentage"] > 0)
        return (given[0] and by_count) or (given[1] and by_share) or (not any(given) and failed > 0)

    def check(self) -> None:
        """TaskError if the Map Run failed."""
        if self.record["status"] == "FAILED":
            text = "The specified tolerated failure threshold was exceeded"
            raise TaskError("States.ExceedToleratedFailureThreshold", text)
        if self.record["status"] == "ABORTED":
            raise TaskError("States.TaskFailed", "The execution has ended.")

    def _start(
        self, given: object, items: int, run_child: Run, ended: queue.SimpleQueue[tuple[dict[str, Any], int]]
    ) -> None:
        record = self._child(given)
        self.children.append(record)
        self._count("pending", "running", items)

        def act() -> None:
            try:
                run_child(record, given)
            finally:
                ended.put((record, items))

        threading.Thread(target=copy_context().run, args=(act,), daemon=True, name="map-child").start()

    def _child(self, given: object) -> dict[str, Any]:
        name, started = str(uuid.uuid4()), _now()
        details = {"input": json.dumps(given)}
        return {
            "executionArn": self._names.child(name),
            "stateMachineArn": self._names.child_machine,
            "name": name,
            "status": "RUNNING",
            "startDate": started,
            "stopDate": None,
            "input": json.dumps(given),
            "inputDetails": {"included": True},
            "output": None,
            "outputDetails": {"included": True},
            "mapRunArn": self._names.map_run,
            "events": [
                {"id": 1, "type": "ExecutionStarted", "timestamp": started, "executionStartedEventDetails": details}
            ],
        }

    def _abort(self) -> None:
        for record in self.children:
            if record["status"] == "RUNNING":
                record.update(status="ABORTED", stopDate=_now())

    def _count(self, before: str, after: str, items: int) -> None:
        for counts, number in ((self.record["itemCounts"], items), (self.record["executionCounts"], 1)):
            counts[before] -= number
            counts[after] += number


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
