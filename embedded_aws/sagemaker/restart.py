"""After the engine was ended or killed and started again: what was running goes on where it can, else it has failed.

AWS has no such moment. Jobs end as they do on AWS when a machine of AWS's fails; endpoints are in AWS's state for
maintenance until their containers answer; notebook instances start as after a stop, from their volume; warm pools end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.sagemaker import endpoints, warm_pools
from embedded_aws.sagemaker.kinds import (
    ENDPOINT,
    NOTEBOOK_INSTANCE,
    PROCESSING_JOB,
    TRAINING_JOB,
    TRANSFORM_JOB,
    TUNING_JOB,
    Kind,
)
from embedded_aws.sagemaker.store import now

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.ports import Record

FAULT = "InternalServerError: We encountered an internal error. Please try again."
_ENDED = {
    TRAINING_JOB.name: "TrainingEndTime",
    PROCESSING_JOB.name: "ProcessingEndTime",
    TRANSFORM_JOB.name: "TransformEndTime",
    TUNING_JOB.name: "HyperParameterTuningEndTime",
}


def resume(plane: ControlPlane) -> None:
    """Call once, when calls are answered again."""
    for kind in (TRAINING_JOB, PROCESSING_JOB, TRANSFORM_JOB, TUNING_JOB):
        for record in plane.store.all(kind):
            _end_job(plane, kind, record)
    warm_pools.give_back(plane)
    for record in plane.store.all(NOTEBOOK_INSTANCE):
        _resume_notebook(plane, record)
    for record in plane.store.all(ENDPOINT):
        _resume_endpoint(plane, record)


def _end_job(plane: ControlPlane, kind: Kind, record: Record) -> None:
    ended: dict[str, Any] = {_ENDED[kind.name]: now()}
    if record[kind.status] == "Stopping":
        plane.transition(kind, record, "Stopped", **ended)
    elif record[kind.status] == "InProgress":
        plane.transition(kind, record, "Failed", FailureReason=FAULT, **ended)


def _resume_notebook(plane: ControlPlane, record: Record) -> None:
    status = record["NotebookInstanceStatus"]
    if status in ("Pending", "InService"):
        plane.transition(NOTEBOOK_INSTANCE, record, "Pending")
        plane.runtime.started(plane, NOTEBOOK_INSTANCE, record)
    elif status == "Stopping":
        plane.runtime.stopping(plane, NOTEBOOK_INSTANCE, record)
    elif status == "Deleting":
        plane.runtime.deleting(plane, NOTEBOOK_INSTANCE, record)
    elif status == "Updating":
        plane.transition(NOTEBOOK_INSTANCE, record, "Stopped")


def _resume_endpoint(plane: ControlPlane, record: Record) -> None:
    status = record["EndpointStatus"]
    if status == "Deleting":
        plane.runtime.deleting(plane, ENDPOINT, record)
        return
    if status == "Failed":
        return
    with plane.lock:
        if "_pending" not in record:
            record["_pending"] = endpoints.as_it_serves(record)
            plane.transition(ENDPOINT, record, "SystemUpdating")
    plane.runtime.started(plane, ENDPOINT, record)
