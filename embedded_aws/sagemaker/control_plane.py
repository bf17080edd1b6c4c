"""The control plane: answers SageMaker's calls from its own records and hands the work to a runtime.

Safe for many threads; it knows neither HTTP nor an emulator nor a process.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from embedded_aws.sagemaker import endpoints, jobs, refusals, shapes, tuning, validation
from embedded_aws.sagemaker.errors import AwsError, not_implemented
from embedded_aws.sagemaker.handlers import HANDLERS
from embedded_aws.sagemaker.kinds import ENDPOINT, KINDS, TRAINING_JOB, Kind
from embedded_aws.sagemaker.ports import Caller, Credentials, Invocation, Record, Response, RoleSessions, Runtime
from embedded_aws.sagemaker.quotas import Quotas
from embedded_aws.sagemaker.store import Store, now

__all__ = ["Caller", "ControlPlane", "Credentials", "Invocation", "Record", "Response", "RoleSessions", "Runtime"]


class ControlPlane:
    """SageMaker of one account and region.

    `settle_seconds` is how long states last that no process decides (a notebook instance in Updating).
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
    ) -> None:
        self.account = account
        self.region = region
        self.runtime = runtime
        self.roles = roles
        self.quotas = Quotas(quotas or {})
        self.settle_seconds = settle_seconds
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
                yield from (record for record in self.store.all(other) if record[other.status] in other.live)

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
        """
        if status not in shapes.statuses(f"Describe{kind.name}", kind.status):
            raise ValueError(f"{status} is no status of {kind.name}")
        with self.lock:
            if kind.is_job and not jobs.may_become(record[kind.status], status):
                return
            record.update({kind.status: status, "LastModifiedTime": now(), **members})
            if kind is TRAINING_JOB:
                jobs.note_secondary(record, status, str(members.get("SecondaryStatus", "")), message)
                tuning.note(record)
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
        """Forgets a record whose deletion has ended."""
        with self.lock:
            self.store.remove(kind, record)

    def later(self, action: Callable[[], None]) -> None:
        """Runs an action after `settle_seconds`."""
        timer = threading.Timer(self.settle_seconds, action)
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


def public(record: Record) -> dict[str, Any]:
    """A copy of what a record shows to others: its members, and its tags as `Tags`."""
    members = {name: copy.deepcopy(value) for name, value in record.items() if not name.startswith("_")}
    return {**members, "Tags": dict(record["_tags"])}
