"""Instances that AWS does not have: a caller says how many of the next starts find none. Safe for many threads."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from embedded_aws.sagemaker import shapes
from embedded_aws.sagemaker.kinds import ENDPOINT, NOTEBOOK_INSTANCE, Kind
from embedded_aws.sagemaker.ports import Record

_JOBS = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)
_OTHERS = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. Please retry using a "
    "different ML instance type or after some time."
)


class Capacity:
    """How many of the next starts of an instance type fail; none where nothing is withheld."""

    def __init__(self) -> None:
        self._withheld: dict[str, int] = {}
        self._lock = threading.Lock()

    def withhold(self, instance_type: str, count: int) -> None:
        """Let the next `count` starts of an instance type fail; 0 gives it back. ValueError for what is no type."""
        if instance_type not in shapes.instance_types():
            raise ValueError(f"{instance_type} is no instance type of SageMaker")
        if count < 0:
            raise ValueError(f"a number of starts cannot be {count}")
        with self._lock:
            self._withheld[instance_type] = count

    def withheld(self) -> dict[str, int]:
        """What is still to fail, by instance type."""
        with self._lock:
            return {name: count for name, count in self._withheld.items() if count}

    def missing(self, instance_types: Iterable[str]) -> bool:
        """Whether a start with these types finds too few instances; each type that is withheld has then failed once."""
        with self._lock:
            short = [name for name in set(instance_types) if self._withheld.get(name)]
            for name in short:
                self._withheld[name] -= 1
        return bool(short)


def waiting(missing: bool) -> str:  # noqa: FBT001 # it is what the text is about
    """What a training job in Pending says, in AWS's words."""
    return "Training job waiting for capacity" if missing else "Preparing the instances for training"


def patience(record: Record) -> int | None:
    """How long AWS looks for instances: a managed spot training waits for them, the others fail soon."""
    spot = record.get("EnableManagedSpotTraining")
    return record["StoppingCondition"]["MaxWaitTimeInSeconds"] if spot else None


def reason(kind: Kind) -> str:
    """The FailureReason of a start that found no instance.

    The texts of training jobs and of endpoints are AWS's, as public threads quote them; for the other jobs the first,
    for notebook instances the second is assumed.
    """
    return _OTHERS if kind in (ENDPOINT, NOTEBOOK_INSTANCE) else _JOBS
