"""Service quotas: how many instances an account may have in use at once, by AWS's quota names.

The names are those of Service Quotas. Numbers of instances that are not set are unlimited, but for warm pools: as on
AWS there are none before somebody asks for them. What a single job may take has AWS's default until it is set.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_aws.sagemaker import shapes
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import NOTEBOOK_INSTANCE, TRAINING_JOB, TUNING_JOB, Kind
from embedded_aws.sagemaker.ports import Record

if TYPE_CHECKING:
    from embedded_aws.sagemaker.endpoints import Deployment

WARM_POOL = "training warm pool usage"
_SPOT = "spot training job usage"
_TOTALS = {
    "training job usage": "Number of instances across all training jobs",
    _SPOT: "Number of instances across all spot training jobs",
    "processing job usage": "Number of instances across all processing jobs",
    "transform job usage": "Number of instances across all transform jobs",
    "endpoint usage": "Number of instances across active endpoints",
}
_NOTEBOOKS = "Total number of notebook instances"
_USES = (*_TOTALS, "notebook instance usage", WARM_POOL)


@dataclass(frozen=True)
class Single:
    """A quota of one job: its default, what it is counted in, of which kinds, and what a job asks for."""

    default: int
    unit: str
    kinds: tuple[Kind, ...]
    asked: Callable[[Record], int]


_SINGLES = {
    "Longest run time for a training job": Single(
        432_000,
        "Seconds",
        (TRAINING_JOB, TUNING_JOB),
        lambda job: _training(job).get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 0),
    ),
    "Size of EBS volume for a training job instance": Single(
        1024, "GB", (TRAINING_JOB, TUNING_JOB), lambda job: _training(job)["ResourceConfig"].get("VolumeSizeInGB", 0)
    ),
    "Maximum number of training jobs each hyper parameter tuning job can run in parallel at once": Single(
        10, "Training jobs", (TUNING_JOB,), lambda job: job["ResourceLimits"]["MaxParallelTrainingJobs"]
    ),
}
"""Public listings of Service Quotas have names and defaults; how the sentence names the last two units is not known."""

_NAME = re.compile(r"(?P<type>\S+) for (?P<use>.+)")


class Quotas:
    """Limits by quota name (`ml.t3.medium for notebook instance usage`, `Total number of notebook instances`)."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits: dict[str, int] = {}
        self._lock = threading.Lock()
        for name, limit in limits.items():
            self.set(name, limit)

    def set(self, name: str, limit: int | None) -> None:
        """Limit a quota from now on, or with None as at first; ValueError for a name that no check here looks at."""
        match = _NAME.fullmatch(name)
        of_type = match and match["type"] in shapes.instance_types() and match["use"] in _USES
        if not of_type and name not in (*_TOTALS.values(), _NOTEBOOKS, *_SINGLES):
            raise ValueError(f"{name} is no quota that the embedded AWS checks")
        if limit is not None and limit < 0:
            raise ValueError(f"a quota cannot be {limit}")
        with self._lock:
            if limit is None:
                self._limits.pop(name, None)
            else:
                self._limits[name] = limit

    def adopt(self, keep: Callable[[dict[Any, Any]], dict[Any, Any]]) -> None:
        """Hold the limits in what `keep` gives for them."""
        self._limits = keep(self._limits)

    def limits(self) -> dict[str, int]:
        """What is limited."""
        with self._lock:
            return dict(self._limits)

    def check(self, kind: Kind, new: Record, running: Iterable[Record], existing: Iterable[Record] = ()) -> None:
        """Raises ResourceLimitExceeded if the new record's instances do not fit beside those that are running.

        A tuning job has what its training jobs can use at once; they themselves count no more. `existing` are the
        records of the kind, running or not: the total of notebook instances counts them all.
        """
        if not kind.quota or "_tuning" in new:
            return
        self._check_single(kind, new)
        use, wanted, used = _use(kind, new), to_launch(new), Counter[str]()
        for record in running:
            if "_tuning" not in record and _use(kind, record) == use:
                used.update(instances(record))
        for instance_type, count in wanted.items():
            self._check(f"{instance_type} for {use}", used[instance_type], count)
        if use in _TOTALS:
            self._check(_TOTALS[use], used.total(), sum(wanted.values()))
        elif kind is NOTEBOOK_INSTANCE:
            self._check_notebooks(new, existing)

    def warm_pool(self, instance_type: str) -> int:
        """How many instances of a type warm pools may hold."""
        return self.limits().get(f"{instance_type} for {WARM_POOL}", 0)

    def _check_single(self, kind: Kind, new: Record) -> None:
        for name, quota in _SINGLES.items():
            if kind in quota.kinds:
                self._check(name, 0, quota.asked(new), quota.unit)

    def _check_notebooks(self, new: Record, existing: Iterable[Record]) -> None:
        """One that exists already is only started."""
        held = list(existing)
        if new["NotebookInstanceArn"] not in [record["NotebookInstanceArn"] for record in held]:
            self._check(_NOTEBOOKS, len(held), 1, "NotebookInstances")

    def _check(self, quota: str, used: int, more: int, unit: str = "Instances") -> None:
        default = _SINGLES[quota].default if quota in _SINGLES else None
        limit = self.limits().get(quota, default)
        if limit is not None and used + more > limit:
            raise AwsError(
                "ResourceLimitExceeded",
                f"The account-level service limit '{quota}' is {limit} {unit}, with current utilization of "
                f"{used} {unit} and a request delta of {more} {unit}. Please use AWS Service Quotas to "
                "request an increase for this quota. If AWS Service Quotas is not available, contact AWS support "
                "to request an increase for this quota.",
            )


def instances(record: Record) -> dict[str, int]:
    """Instances by type, wherever the kind keeps them."""
    deployments = [record[member] for member in ("_deployment", "_pending") if member in record]
    if deployments:
        return _of_deployments(deployments)
    if "TrainingJobDefinition" in record:
        cluster, parallel = record["TrainingJobDefinition"]["ResourceConfig"], record["ResourceLimits"]
        return {cluster["InstanceType"]: cluster.get("InstanceCount", 1) * parallel["MaxParallelTrainingJobs"]}
    cluster = (
        record.get("ResourceConfig")
        or record.get("TransformResources")
        or record.get("ProcessingResources", {}).get("ClusterConfig")
        or record
    )
    return {cluster["InstanceType"]: cluster.get("InstanceCount", 1)}


def to_launch(record: Record) -> dict[str, int]:
    """The instances that are not there yet: an endpoint is updated to a new fleet, beside the one that serves."""
    return _of_deployments([record["_pending"]]) if "_pending" in record else instances(record)


def _of_deployments(deployments: Iterable[Deployment]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for deployment in deployments:
        for variant in deployment.variants:
            counts[variant.instance_type] += variant.instance_count
    return counts


def _use(kind: Kind, record: Record) -> str:
    """What the record's instances count for: training on spot instances has quotas of its own."""
    return _SPOT if _training(record).get("EnableManagedSpotTraining") else kind.quota


def _training(record: Record) -> Record:
    """What says how training jobs run: a tuning job's definition, else the job itself."""
    definition: Record = record.get("TrainingJobDefinition", record)
    return definition
