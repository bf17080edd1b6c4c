"""The attendees' environments: what each one's status object says, and whether all are the same.

InService is not ready: the worker on the instance writes the status object, `ready` with what it measured or
`broken` with the reason. Nothing here is copied from what was asked for.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, cast

from botocore.exceptions import ClientError

from classlab.aws import Aws, code_of
from classlab.contract import STATUS_KEY, AttendeeOutput, EnvironmentStatus
from classlab.stacks import Stack
from classlab.waiting import Patience

SeatState = Literal["absent", "preparing", "ready", "broken"]
_NOT_THERE = ("NoSuchKey", "404", "NoSuchBucket")
_WORK = ("changes", "files")  # the parts below `labs` that change when an attendee saves a notebook


@dataclass(frozen=True)
class Seat:
    """One attendee's environment at one moment."""

    attendee: str
    state: SeatState
    reason: str = ""
    log_tail: str = ""
    fingerprint: str = ""
    parts: Mapping[str, object] | None = None
    at: datetime | None = None  # when the status object was written
    seconds_to_ready: float = 0.0  # from CreateStack to the status object

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be waited for."""
        return self.state in ("ready", "broken")

    @property
    def changed_files(self) -> list[str]:
        """Lab files that differ from the lab's commit, or that it does not have: what the attendee worked on."""
        return sorted(cast("Mapping[str, str]", self._labs().get("changes", {})))

    def without_work(self) -> "Seat":
        """The seat as if nobody had worked in it: of the labs the commit alone counts, all else is measured."""
        labs = {name: value for name, value in self._labs().items() if name not in _WORK}
        parts = {**(self.parts or {}), "labs": labs}
        canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
        return replace(self, parts=parts, fingerprint=hashlib.sha256(canonical.encode()).hexdigest())

    def _labs(self) -> Mapping[str, object]:
        return cast("Mapping[str, object]", (self.parts or {}).get("labs", {}))


def look(aws: Aws, attendee: str, stack: Stack, *, after: datetime | None = None) -> Seat:
    """The seat as it is now. A status written before `after` (a restart, say) counts as preparing."""
    if not stack.deployed:
        failed = "FAILED" in stack.status or "ROLLBACK" in stack.status
        return Seat(attendee, "broken" if failed else "absent", f"its stack is in {stack.status}: {stack.reason}")
    status = _read_status(aws, stack.output(AttendeeOutput.BUCKET))
    if status is None:
        return Seat(attendee, "preparing")
    at = datetime.fromisoformat(status["at"]).astimezone(UTC)
    if after is not None and at <= after:
        return Seat(attendee, "preparing", at=at)
    ready_at = datetime.fromisoformat(status.get("ready_at", status["at"]))
    return Seat(
        attendee,
        status["state"],
        status["reason"],
        status["log_tail"],
        status["fingerprint"],
        status["parts"],
        at,
        max(0.0, (ready_at - stack.created).total_seconds()),
    )


def _read_status(aws: Aws, bucket: str) -> EnvironmentStatus | None:
    try:
        body = aws.s3.get_object(Bucket=bucket, Key=STATUS_KEY)["Body"].read()
    except ClientError as error:
        if code_of(error) in _NOT_THERE:
            return None
        raise
    return cast("EnvironmentStatus", json.loads(body))


def wait_until_settled(
    aws: Aws,
    seats: Mapping[str, Stack],
    patience: Patience,
    *,
    after: datetime | None = None,
    heard: Callable[[Seat], None] = lambda _seat: None,
) -> dict[str, Seat]:
    """Every seat, ready or broken; whoever is neither in time is broken for that reason. `heard` gets each once."""
    settled: dict[str, Seat] = {}
    for _ in patience.rounds():
        for attendee in seats.keys() - settled.keys():
            seat = look(aws, attendee, seats[attendee], after=after)
            if seat.settled:
                settled[attendee] = seat
                heard(seat)
        if len(settled) == len(seats):
            break
    for attendee in seats.keys() - settled.keys():
        settled[attendee] = Seat(attendee, "broken", f"not ready after {patience.seconds:.0f} seconds")
        heard(settled[attendee])
    return dict(sorted(settled.items()))


def differences(seats: Mapping[str, Seat]) -> dict[str, list[str]]:
    """For every ready seat, the measured parts in which it differs from what most have; empty lists where all agree.

    Of two equally frequent fingerprints the first attendee's counts as the common one.
    """
    ready = {attendee: seat for attendee, seat in sorted(seats.items()) if seat.state == "ready"}
    if not ready:
        return {}
    common, _ = Counter(seat.fingerprint for seat in ready.values()).most_common(1)[0]
    reference = next(seat for seat in ready.values() if seat.fingerprint == common)
    return {attendee: _differing(seat, reference) for attendee, seat in ready.items()}


def identical(seats: Mapping[str, Seat]) -> bool:
    """Whether every seat is ready and all fingerprints are one."""
    return bool(seats) and all(seat.state == "ready" for seat in seats.values()) and _one_fingerprint(seats)


def _one_fingerprint(seats: Mapping[str, Seat]) -> bool:
    return len({seat.fingerprint for seat in seats.values()}) == 1


def _differing(seat: Seat, reference: Seat) -> list[str]:
    if seat.fingerprint == reference.fingerprint:
        return []
    return _compare("", seat.parts or {}, reference.parts or {}) or ["the fingerprint, in no part that was measured"]


def _compare(path: str, ours: object, theirs: object) -> list[str]:
    """`kernels.churn.packages.pandas: 2.2.3 instead of 2.3.3` for every leaf that differs."""
    if ours == theirs:
        return []
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        keys = sorted({*ours, *theirs})
        return [
            line
            for key in keys
            for line in _compare(f"{path}.{key}" if path else str(key), ours.get(key), theirs.get(key))
        ]
    return [f"{path}: {_word(ours)} instead of {_word(theirs)}"]


def _word(value: object) -> str:
    return "nothing" if value is None else str(value)
