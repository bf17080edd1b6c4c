"""When a state that ends by itself may end: not before its time is over, and not while a fault holds it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial

from embedded_aws.clock import Clock
from embedded_aws.faults.rules import Faults
from embedded_aws.sagemaker.kinds import MOVING, Kind
from embedded_aws.sagemaker.ports import Record
from embedded_aws.sagemaker.store import now


class Settling:
    """Lets the changes that end a state happen, at once or later in a thread of their own."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self._clock = clock
        self._faults = faults

    def settle(self, kind: Kind, record: Record, change: Callable[[], None]) -> None:
        """Carry out the change that ends a record's state when that may be."""
        left = partial(self._left, kind, record)
        if record[kind.status] not in MOVING:
            change()
        elif left() > 0:
            self._in_background(kind, self._wait, left, kind, record, change)
        else:
            self._unless_held(kind, record, change)

    def _left(self, kind: Kind, record: Record) -> float:
        """Seconds until the record's state has lasted long enough."""
        since: datetime = record.get("_since") or record["CreationTime"]
        return self._clock.state(kind.name, record[kind.status]) - (now() - since).total_seconds()

    def _wait(self, left: Callable[[], float], kind: Kind, record: Record, change: Callable[[], None]) -> None:
        self._clock.wait(left)
        self._unless_held(kind, record, change)

    def _unless_held(self, kind: Kind, record: Record, change: Callable[[], None]) -> None:
        released = self._faults.hold(record[kind.arn_member], record[kind.status])
        if released is None:
            change()
        else:
            self._in_background(kind, self._after, released, change)

    @staticmethod
    def _after(released: Callable[[], None], change: Callable[[], None]) -> None:
        released()
        change()

    @staticmethod
    def _in_background(kind: Kind, target: Callable[..., None], *given: object) -> None:
        threading.Thread(target=target, args=given, name=f"settling {kind.name}", daemon=True).start()
