"""Training, processing and transform jobs: defaults, references, stop, delete, and secondary states."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from embedded_aws.sagemaker import algorithms, instance_types, models, verbs, warm_pools
from embedded_aws.sagemaker.errors import AwsError, validation
from embedded_aws.sagemaker.kinds import JOB_FINAL, MODEL, PROCESSING_JOB, TRAINING_JOB, TRANSFORM_JOB, Kind

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.ports import Caller, Record
    from embedded_aws.sagemaker.verbs import Params

_DAY = 86400
_LARGEST_PAYLOADS_MB = 100
_MESSAGES = {
    "Starting": "Starting the training job",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
    "MaxWaitTimeExceeded": "Training job wait time exceeded MaxWaitTimeInSeconds provided",
}


def create_training(plane: ControlPlane, params: Params, caller: Caller | None) -> Params:
    """CreateTrainingJob."""
    return verbs.keep(plane, TRAINING_JOB, training_record(plane, params, caller))


def training_record(plane: ControlPlane, params: Params, caller: Caller | None) -> Record:
    """A training job with AWS's defaults, not yet kept."""
    record = verbs.new_record(plane, TRAINING_JOB, params, caller)
    _need(record, "ResourceConfig", "InstanceType")
    _need(record, "AlgorithmSpecification", "TrainingImage")
    _need_volume(record["ResourceConfig"])
    algorithms.check_instance(record["AlgorithmSpecification"], record["ResourceConfig"]["InstanceType"])
    algorithms.complete(record["AlgorithmSpecification"])
    _check_time(record.setdefault("StoppingCondition", {}), spot=record.get("EnableManagedSpotTraining", False))
    warm_pools.prepare(record)
    record["ResourceConfig"].setdefault("InstanceCount", 1)
    record["OutputDataConfig"] = {"KmsKeyId": "", "CompressionType": "GZIP", **record["OutputDataConfig"]}
    record["InputDataConfig"] = [_channel(channel) for channel in record.get("InputDataConfig", [])]
    _refuse_repeated("Channel", [channel["ChannelName"] for channel in record["InputDataConfig"]])
    if not record["InputDataConfig"]:
        del record["InputDataConfig"]
    for switch in ("NetworkIsolation", "InterContainerTrafficEncryption", "ManagedSpotTraining"):
        record.setdefault(f"Enable{switch}", False)
    record["SecondaryStatusTransitions"] = []
    note_secondary(record, "InProgress", "Starting", "")
    return record


def _need_volume(cluster: dict[str, Any]) -> None:
    """Instances without volumes of their own need one that is sized (the text is not AWS's)."""
    kind = cluster["InstanceType"]
    if not cluster.get("VolumeSizeInGB") and not instance_types.family(kind).nvme:
        raise validation(f"ResourceConfig must contain VolumeSizeInGB: {kind} has no storage of its own.")


def _check_time(condition: dict[str, Any], *, spot: bool) -> None:
    """The default, and how long one may wait for spot instances (the second text is from memory, the first quoted)."""
    longest = condition.setdefault("MaxRuntimeInSeconds", _DAY)
    wait = condition.get("MaxWaitTimeInSeconds")
    if wait is not None and not spot:
        raise validation(
            "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set to true"
        )
    if spot and (wait is None or wait < longest):
        raise validation(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
        )


def create_processing(plane: ControlPlane, params: Params, caller: Caller | None) -> Params:
    """CreateProcessingJob."""
    record = verbs.new_record(plane, PROCESSING_JOB, params, caller)
    cluster = record["ProcessingResources"]["ClusterConfig"]
    if "InstanceType" not in cluster:
        raise validation("ClusterConfig must contain InstanceType.")
    cluster.setdefault("InstanceCount", 1)
    _refuse_repeated("Processing input", [item["InputName"] for item in record.get("ProcessingInputs", [])])
    outputs = record.get("ProcessingOutputConfig", {}).get("Outputs", [])
    _refuse_repeated("Processing output", [item["OutputName"] for item in outputs])
    for which, items in (("S3Input", record.get("ProcessingInputs", [])), ("S3Output", outputs)):
        for item in items:
            if "LocalPath" not in item.get(which, {}):
                name = item.get("InputName") or item.get("OutputName")
                raise validation(f"{which} with a LocalPath must be provided for '{name}'.")
    record.setdefault("StoppingCondition", {"MaxRuntimeInSeconds": _DAY})
    return verbs.keep(plane, PROCESSING_JOB, record)


def create_transform(plane: ControlPlane, params: Params, caller: Caller | None) -> Params:
    """CreateTransformJob; the model must be there."""
    record = verbs.new_record(plane, TRANSFORM_JOB, params, caller)
    if models.is_multi(plane.record(MODEL, record["ModelName"])):
        raise validation("Batch transform is not supported for multi-model containers.")
    given = record["TransformInput"]
    record["TransformInput"] = {"CompressionType": "None", "SplitType": "None", **given}
    record["TransformOutput"] = {"AssembleWith": "None", "KmsKeyId": "", **record["TransformOutput"]}
    defaults = {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}
    record["DataProcessing"] = {**defaults, **record.get("DataProcessing", {})}
    record.setdefault("MaxPayloadInMB", 6)
    if record["MaxPayloadInMB"] * max(1, record.get("MaxConcurrentTransforms", 1)) > _LARGEST_PAYLOADS_MB:
        raise validation(f"MaxConcurrentTransforms * MaxPayloadInMB must not exceed {_LARGEST_PAYLOADS_MB} MB.")
    return verbs.keep(plane, TRANSFORM_JOB, record)


def stop(plane: ControlPlane, kind: Kind, params: Params) -> Params:
    """StopXJob: refused once the job has ended; a second stop of a stopping job changes nothing."""
    with plane.lock:
        record = plane.record(kind, params[kind.id_member])
        status = record[kind.status]
        if status in JOB_FINAL:
            raise validation(f"The request was rejected because the {kind.words} is in status {status}.")
        if status == "Stopping":
            return {}
        plane.transition(kind, record, "Stopping")
    end(plane, kind, record)
    return {}


def end(plane: ControlPlane, kind: Kind, record: Record) -> None:
    """Has a job that is Stopping ended, by the runtime if that has it."""
    if "_unlaunched" in record:
        plane.later(lambda: plane.transition(kind, record, "Stopped"))
    else:
        plane.runtime.stopping(plane, kind, record)


def delete(plane: ControlPlane, kind: Kind, params: Params) -> Params:
    """DeleteXJob where AWS has it: only once the job has ended (the text is not AWS's)."""
    with plane.lock:
        record = plane.record(kind, params[kind.id_member], code="ResourceNotFound")
        status = record[kind.status]
        if status not in JOB_FINAL:
            arn = record[kind.arn_member]
            raise AwsError("ResourceInUse", f"Cannot delete {kind.words} ({arn}) because it is in status {status}.")
        warm_pools.refuse_available(record)
        plane.store.remove(kind, record)
    return {}


def may_become(status: str, then: str) -> bool:
    """Whether a job's status may change so: a stop that comes while the runtime reports must not be undone."""
    return status not in JOB_FINAL and (status, then) != ("Stopping", "InProgress")


def note_secondary(record: Record, status: str, secondary: str, message: str) -> None:
    """Keeps SecondaryStatus and its transitions; a final status with no secondary one of its own takes its name."""
    secondary = secondary or (status if status in JOB_FINAL or status == "Stopping" else "")
    transitions: list[dict[str, Any]] = record["SecondaryStatusTransitions"]
    if not secondary or (transitions and transitions[-1]["Status"] == secondary):
        return
    at: datetime = record["LastModifiedTime"]
    if transitions:
        transitions[-1]["EndTime"] = at
    record["SecondaryStatus"] = secondary
    text = message or _MESSAGES.get(secondary, "")
    transitions.append({"Status": secondary, "StartTime": at, "StatusMessage": text})
    if status in JOB_FINAL:
        transitions[-1]["EndTime"] = at


def _channel(channel: dict[str, Any]) -> dict[str, Any]:
    source = channel["DataSource"].get("S3DataSource")
    if source is None:
        raise validation(f"S3DataSource must be provided for channel '{channel['ChannelName']}'.")
    placed = {"S3DataDistributionType": "FullyReplicated", **source}
    return {"CompressionType": "None", "RecordWrapperType": "None", **channel, "DataSource": {"S3DataSource": placed}}


def _need(record: Record, holder: str, member: str) -> None:
    if member not in record.get(holder, {}):
        raise validation(f"{holder} must contain {member}.")


def _refuse_repeated(what: str, names: list[str]) -> None:
    if len(set(names)) != len(names):
        raise validation(f"{what} names must be unique: {', '.join(names)}")
