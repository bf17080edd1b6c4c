"""Warm pools: the instances of a training job that has ended are kept for a time, and a job that matches takes them.

As the developer guide has it, "SageMaker AI Managed Warm Pools". A pool needs a quota of its own, which is 0 until it
is set: a job without it runs, and its pool is Terminated. Not here: that a cluster lives 28 days at the most, and pools
for the training jobs of a tuning job, whose definition cannot ask for them.

Private key of a training job: `_pool` (its Pool, if it asks for one or has taken one).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from embedded_aws.sagemaker.errors import AwsError, validation
from embedded_aws.sagemaker.kinds import TRAINING_JOB
from embedded_aws.sagemaker.quotas import instances
from embedded_aws.sagemaker.store import now

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.ports import Record
    from embedded_aws.sagemaker.verbs import Params

_HEALTHY = ("AlgorithmError", "ClientError")
_SAME = (
    "RoleArn",
    "ResourceConfig.InstanceCount",
    "ResourceConfig.InstanceType",
    "ResourceConfig.VolumeSizeInGB",
    "EnableInterContainerTrafficEncryption",
)
"""What must be identical; the rest of AWS's list (KMS keys, VPC, network isolation, session tags) is refused here."""


@dataclass
class Pool:
    """A cluster that outlives its job: its name for the runtime, and since when it waits for the next one."""

    cluster: str = field(default_factory=lambda: secrets.token_hex(8))
    since: datetime | None = None


def prepare(record: Record) -> None:
    """A new job that asks for a pool gets one to fill; AwsError for what AWS does not keep warm (not AWS's text)."""
    if not _period(record):
        return
    record["_pool"] = Pool()
    if record.get("EnableManagedSpotTraining"):
        raise validation("KeepAlivePeriodInSeconds is not supported when EnableManagedSpotTraining is set to true.")


def match(plane: ControlPlane, record: Record) -> Record | None:
    """The job whose warm pool a new job can take, the oldest first. Under the plane's lock."""
    if "_tuning" in record or record.get("EnableManagedSpotTraining"):
        return None
    wanted = _values(record)
    held = (other for other in plane.store.glance(TRAINING_JOB) if is_available(other))
    found = next((other for other in held if _values(other) == wanted), None)
    return found and plane.store.find(TRAINING_JOB, found["TrainingJobName"])


def take(record: Record, giver: Record) -> None:
    """The pool moves to a new job. Under the plane's lock."""
    pool: Pool = giver["_pool"]
    _end(giver, "Reused", ReusedByJob=record["TrainingJobName"])
    record["_pool"] = Pool(pool.cluster)
    record["WarmPoolStatus"] = {"Status": "InUse"}


def is_available(record: Record) -> bool:
    """Whether a record holds instances that wait for the next job."""
    return bool(record.get("WarmPoolStatus", {}).get("Status") == "Available")


def settle(plane: ControlPlane, record: Record) -> None:
    """A training job has ended: its instances wait for the next one or are given back. Under the plane's lock."""
    if "_pool" not in record:
        return
    if not (_period(record) and _healthy(record) and _within_quota(plane, record)):
        _release(plane, record)
        return
    record["_pool"].since = now()
    record["WarmPoolStatus"] = {"Status": "Available", "ResourceRetainedBillableTimeInSeconds": 0}
    _expire_later(plane, record)


def update(plane: ControlPlane, params: Params) -> Params:
    """UpdateTrainingJob: how long the pool is kept, from its beginning on; 0 ends it (the texts are not AWS's)."""
    with plane.lock:
        record = plane.record(TRAINING_JOB, params["TrainingJobName"], code="ResourceNotFound")
        arn = record["TrainingJobArn"]
        if "ResourceConfig" not in params:
            raise validation(f"There is nothing to update of training job ({arn}): ResourceConfig must be provided.")
        if not is_available(record):
            raise validation(f"The warm pool of training job ({arn}) cannot be updated because it is not Available.")
        period = params["ResourceConfig"]["KeepAlivePeriodInSeconds"]
        record["ResourceConfig"]["KeepAlivePeriodInSeconds"] = period
        record["LastModifiedTime"] = now()
        _expire_later(plane, record)
    return {"TrainingJobArn": arn}


def give_back(plane: ControlPlane) -> None:
    """End all pools: the engine that held their instances is gone."""
    with plane.lock:
        for record in plane.store.all(TRAINING_JOB):
            if is_available(record):
                _release(plane, record)


def refuse_available(record: Record) -> None:
    """AwsError where a job keeps instances and cannot be deleted (the text is not AWS's)."""
    if is_available(record):
        arn = record["TrainingJobArn"]
        raise AwsError("ResourceInUse", f"Cannot delete training job ({arn}) because its warm pool is Available.")


def _expire_later(plane: ControlPlane, record: Record) -> None:
    """Ends the pool after its time, at once where that is over, unless it has been given another one meanwhile."""
    period = _period(record)
    seconds = plane.clock.limit(period) - (now() - record["_pool"].since).total_seconds()

    def expire() -> None:
        with plane.lock:
            if is_available(record) and _period(record) == period:
                _release(plane, record)

    if seconds <= 0:
        expire()
    else:
        plane.later(expire, seconds)


def _release(plane: ControlPlane, record: Record) -> None:
    _end(record, "Terminated")
    plane.runtime.released(record["_pool"].cluster)


def _end(record: Record, status: str, **members: Any) -> None:  # noqa: ANN401 # members of WarmPoolStatus
    """The pool's last state, with the seconds that it was kept."""
    since = record["_pool"].since
    kept = {"ResourceRetainedBillableTimeInSeconds": (now() - since) // timedelta(seconds=1)} if since else {}
    record["WarmPoolStatus"] = {"Status": status, **kept, **members}


def _healthy(record: Record) -> bool:
    """Whether the cluster had been launched and can run another job."""
    launched = any(step["Status"] == "Downloading" for step in record["SecondaryStatusTransitions"])
    failed = record["TrainingJobStatus"] == "Failed" and not record.get("FailureReason", "").startswith(_HEALTHY)
    return record["TrainingJobStatus"] == "Completed" or (launched and not failed)


def _within_quota(plane: ControlPlane, record: Record) -> bool:
    """Whether the instances of all pools, with this one, are as many as there may be of the type."""
    ((instance_type, count),) = instances(record).items()
    others = [
        other
        for other in plane.store.glance(TRAINING_JOB)
        if other is not record and other.get("WarmPoolStatus", {}).get("Status") in ("Available", "InUse")
    ]
    held = sum(instances(other).get(instance_type, 0) for other in others)
    return held + count <= plane.quotas.warm_pool(instance_type)


def _period(record: Record) -> int:
    return int(record["ResourceConfig"].get("KeepAlivePeriodInSeconds", 0))


def _values(record: Record) -> list[object]:
    found: list[object] = []
    for path in _SAME:
        value: Any = record
        for part in path.split("."):
            value = value.get(part)
        found.append(value)
    return found
