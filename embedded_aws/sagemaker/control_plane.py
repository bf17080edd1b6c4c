"""The control plane: answers SageMaker's calls from its own records and hands the work to a runtime.

Safe for many threads; it knows neither HTTP nor an emulator nor a process.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from embedded_aws.clock import Clock
from embedded_aws.faults.rules import Faults
from embedded_aws.sagemaker import capacity, endpoints, jobs, refusals, shapes, tuning, validation, warm_pools
from embedded_aws.sagemaker.capacity import Capacity
from embedded_aws.sagemaker.errors import AwsError, not_implemented
from embedded_aws.sagemaker.handlers import HANDLERS
from embedded_aws.sagemaker.kinds import ENDPOINT, JOB_FINAL, KINDS, MOVING, TRAINING_JOB, TUNING_JOB, Kind
from embedded_aws.sagemaker.ports import Caller, Credentials, Invocation, Record, Response, RoleSessions, Runtime
from embedded_aws.sagemaker.quotas import Quotas, to_launch
from embedded_aws.sagemaker.settling import Settling
from embedded_aws.sagemaker.store import Store, now

__all__ = ["Caller", "ControlPlane", "Credentials", "Invocation", "Record", "Response", "RoleSessions", "Runtime"]


class ControlPlane:
    """SageMaker of one account and region.

    `settle_seconds` is how long states last that no process decides (a notebook instance in Updating); `clock` may
    make that longer, and `faults` endless.
    """

    def __init__(
        self,
        *,
        account: str,
        region: str,
        runtime: Runtime,
        roles: RoleSessions,
        quotas: Mapping[str, int] | None = None,
        settle_seconds: float = 0.2,
        clock: Clock | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.account = account
        self.region = region
        self.runtime = runtime
        self.roles = roles
        self.quotas = Quotas(quotas or {})
        self.capacity = Capacity()
        self.settle_seconds = settle_seconds
        self.clock = clock or Clock()
        self._settling = Settling(self.clock, faults or Faults())
        self.store = Store()
        self.lock = threading.RLock()

    def call(self, action: str, params: Mapping[str, Any], caller: Caller | None = None) -> dict[str, Any]:
        """One call, with the members of its response; raises AwsError.

        Times come as aware datetimes; what is returned is a copy. `caller` is kept with what a call creates.
        """
        shape = shapes.input_shape(action)
        handler = HANDLERS.get(action)
        if handler is None:
            raise not_implemented(action)
        parsed = shapes.parse(shape, params) if shape is not None else {}
        if shape is not None:
            validation.check(shape, parsed)
        refusals.check(action, parsed)
        return handler(self, parsed, caller)

    def arn(self, kind: Kind, name: str) -> str:
        """The ARN of a resource; SageMaker lower-cases names in ARNs."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind.arn_type}/{name.lower()}"

    def record(self, kind: Kind, name: str, *, code: str = "") -> Record:
        """The live record of that name; AwsError (with `code`, or the kind's own) if there is none."""
        with self.lock:
            record = self.store.find(kind, name)
        if record is None:
            raise AwsError(code or kind.missing_code, kind.missing.format(**self.naming(kind, name)))
        return record

    def in_use(self, kind: Kind) -> Iterator[Record]:
        """Records with instances in use that count against the kind's quota. Call it with the lock held."""
        for other in KINDS.values():
            if other.quota == kind.quota:
                for record in self.store.glance(other):
                    if record[other.status] in other.live or warm_pools.is_available(record):
                        yield record

    def check_quotas(self, kind: Kind, record: Record, giver: Record | None = None) -> None:
        """ResourceLimitExceeded if the record's instances are too many, without those that `giver` would hand over.

        Call it with the lock held.
        """
        running = (other for other in self.in_use(kind) if other is not giver)
        self.quotas.check(kind, record, running, self.store.glance(kind))

    def launch(self, kind: Kind, record: Record) -> None:
        """Has the runtime run a record that is kept, unless its instances are not to be had. Call it without the lock.

        A tuning job has no instances of its own, and one that took a warm pool has them already.
        """
        needs = kind is not TUNING_JOB and "WarmPoolStatus" not in record
        missing = needs and self.capacity.missing(to_launch(record))
        if needs and kind is TRAINING_JOB:
            self.transition(kind, record, "InProgress", SecondaryStatus="Pending", message=capacity.waiting(missing))
        if missing:
            record["_unlaunched"] = True
            patience = capacity.patience(record)
            seconds = None if patience is None else self.clock.limit(patience)
            self.later(lambda: self._fail_for_capacity(kind, record), seconds)
        else:
            self.runtime.started(self, kind, record)
        if kind.is_job and record[kind.status] == "Stopping":  # a stop has come before there was anything to end
            jobs.end(self, kind, record)

    def _fail_for_capacity(self, kind: Kind, record: Record) -> None:
        """An endpoint that serves goes on with what it has; who waits for spot instances has only waited too long."""
        if capacity.patience(record) is not None:
            self.transition(kind, record, "Stopped", SecondaryStatus="MaxWaitTimeExceeded")
            return
        status = "InService" if "_deployment" in record else "Failed"
        self.transition(kind, record, status, FailureReason=capacity.reason(kind))

    def naming(self, kind: Kind, name: str) -> dict[str, str]:
        """What the templates of a kind's texts are filled with."""
        return {
            "arn": self.arn(kind, name),
            "name": name,
            "words": kind.words,
            "Words": kind.words.capitalize(),
        }

    def transition(self, kind: Kind, record: Record, status: str, *, message: str = "", **members: object) -> None:
        """Sets a record's status, its LastModifiedTime and further members of Describe.

        A job that has ended does not change any more, and one that is stopping is not in progress again. A training
        job also takes `SecondaryStatus` (by default the status, once that is final) and notes the change, with
        `message`, in SecondaryStatusTransitions; the tuning job that made it counts anew. An endpoint that reaches
        InService without a FailureReason takes over its pending deployment.

        A state that ends by itself may have to last: then the change comes later, and this returns at once.
        """
        self.transition_with(_nothing, kind, record, status, message=message, **members)

    def transition_with(
        self,
        also: Callable[[], None],
        kind: Kind,
        record: Record,
        status: str,
        *,
        message: str = "",
        **members: object,
    ) -> None:
        """As `transition`, and something more together with the change, under the lock."""
        if status not in shapes.statuses(f"Describe{kind.name}", kind.status):
            raise ValueError(f"{status} is no status of {kind.name}")
        change = partial(self._change, kind, record, status, message, also, members)
        if status in MOVING:
            change()
        else:
            self._settling.settle(kind, record, change)

    def _change(
        self,
        kind: Kind,
        record: Record,
        status: str,
        message: str,
        also: Callable[[], None],
        members: Mapping[str, object],
    ) -> None:
        with self.lock:
            if kind.is_job and not jobs.may_become(record[kind.status], status):
                return
            also()
            if record[kind.status] != status:
                record["_since"] = now()
            record.update({kind.status: status, "LastModifiedTime": now(), **members})
            self.store.touch(kind, record)
            if kind is TRAINING_JOB:
                jobs.note_secondary(record, status, str(members.get("SecondaryStatus", "")), message)
                tuning.note(record)
                if status in JOB_FINAL:
                    warm_pools.settle(self, record)
            if kind is ENDPOINT:
                endpoints.settle(record, status, failed="FailureReason" in members)

    def update(self, record: Record, **members: object) -> None:
        """Sets members of Describe without a change of status."""
        with self.lock:
            record.update(members, LastModifiedTime=now())

    def note(self, record: Record, **private: object) -> None:
        """Sets private members, which no call shows."""
        with self.lock:
            record.update(private)

    def remove(self, kind: Kind, record: Record) -> None:
        """Forgets a record whose deletion has ended, or later if Deleting has to last."""

        def forget() -> None:
            with self.lock:
                self.store.remove(kind, record)

        self._settling.settle(kind, record, forget)

    def later(self, action: Callable[[], None], seconds: float | None = None) -> None:
        """Runs an action after a time, by default `settle_seconds`."""
        timer = threading.Timer(self.settle_seconds if seconds is None else seconds, action)
        timer.daemon = True
        timer.start()

    def inventory(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Everything held, as (kind, ARN, public members and tags): a state snapshot, not a List call."""
        with self.lock:
            held = [(kind, record) for kind in KINDS.values() for record in self.store.all(kind)]
            snapshot = [(kind.name, record[kind.arn_member], public(record)) for kind, record in held]
        yield from snapshot

    def shutdown(self) -> None:
        """Ends whatever runs."""
        self.runtime.shutdown()


def _nothing() -> None:
    """What most changes of state bring with them."""


def public(record: Record) -> dict[str, Any]:
    """A copy of what a record shows to others: its members, and its tags as `Tags`."""
    members = {name: copy.deepcopy(value) for name, value in record.items() if not name.startswith("_")}
    return {**members, "Tags": dict(record["_tags"])}
