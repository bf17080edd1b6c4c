"""What cannot be run is refused when it is asked for: unknown images, nothing to run, data that is not there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from embedded_aws.runtime import checkpoints, images, model_vetting, registries, storage, toolkit
from embedded_aws.runtime.container import ML
from embedded_aws.runtime.environments import EnvironmentMissingError
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.images import Image, UnknownImageError
from embedded_aws.runtime.sandbox import Isolation
from embedded_aws.runtime.storage import BadLocationError
from embedded_aws.runtime.training import ALGORITHMS
from embedded_aws.sagemaker import models
from embedded_aws.sagemaker.errors import AwsError, not_implemented, validation
from embedded_aws.sagemaker.kinds import MODEL, NOTEBOOK_INSTANCE, PROCESSING_JOB, TRAINING_JOB, Kind
from embedded_aws.sagemaker.ports import Record

PROCESSING_PLACE = f"{ML}/processing"


def vet(host: Host, kind: Kind, record: Record) -> None:
    """Raise AwsError for a record that this runtime cannot run."""
    try:
        if kind is TRAINING_JOB:
            _vet_training(host, record)
        elif kind is PROCESSING_JOB:
            _vet_processing(host, record)
        elif kind is MODEL:
            registries.check(host, kind, models.container(record)["Image"], record["ExecutionRoleArn"])
            _resolve(host, models.container(record)["Image"])
            model_vetting.vet(host, record)
        elif kind is NOTEBOOK_INSTANCE and host.isolation is Isolation.NONE:
            raise not_implemented("CreateNotebookInstance: on a machine that gives no namespaces")
    except (UnknownImageError, EnvironmentMissingError, BadLocationError) as error:
        raise validation(str(error)) from error


def _resolve(host: Host, uri: str) -> Image:
    """An image whose environment has been made."""
    image = images.resolve(uri)
    _ = images.environment(image, host.environments).python
    return image


def _vet_training(host: Host, record: Record) -> None:
    specification = record["AlgorithmSpecification"]
    registries.check(host, TRAINING_JOB, specification["TrainingImage"], record["RoleArn"])
    image = _resolve(host, specification["TrainingImage"])
    if not specification.get("ContainerEntrypoint") and image.framework not in ALGORITHMS:
        _vet_script(image, record.get("HyperParameters", {}))
    storage.locate(record["OutputDataConfig"]["S3OutputPath"])
    if "CheckpointConfig" in record:
        checkpoints.vet(record["CheckpointConfig"])
    for channel in record.get("InputDataConfig", []):
        _need_objects(host, record["RoleArn"], channel["DataSource"]["S3DataSource"]["S3Uri"])


def _vet_script(image: Image, hyperparameters: Mapping[str, str]) -> None:
    if not image.trains:
        raise not_implemented(f"CreateTrainingJob: {image.name} without ContainerEntrypoint (the image only serves)")
    if not toolkit.read_script(hyperparameters):
        raise not_implemented(
            f"CreateTrainingJob: {image.name} without ContainerEntrypoint or the hyperparameters {toolkit.PROGRAM} "
            f"and {toolkit.SUBMIT_DIRECTORY}"
        )
    if name := toolkit.distribution(hyperparameters):
        raise not_implemented(f"CreateTrainingJob: the hyperparameter {name}")


def _need_objects(host: Host, role_arn: str, uri: str) -> None:
    """AWS looks at a training job's inputs when it is created, as its role."""
    place = storage.locate(uri)
    detail = ""
    try:
        if storage.exists(host.acting_as(role_arn), place):
            return
    except AwsError as error:
        detail = f" Error message from S3: {error.message}"
    raise validation(
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket exists in '
        f"the selected region ({host.region}), that objects exist under that S3 prefix, and that the role "
        f'"{role_arn}" has "s3:ListBucket" permissions on bucket "{place.bucket}".{detail}'
    )


def _vet_processing(host: Host, record: Record) -> None:
    specification = record["AppSpecification"]
    registries.check(host, PROCESSING_JOB, specification["ImageUri"], record["RoleArn"])
    image = _resolve(host, specification["ImageUri"])
    if not specification.get("ContainerEntrypoint"):
        raise not_implemented(f"CreateProcessingJob: {image.name} without ContainerEntrypoint")
    inputs = [item["S3Input"] for item in record.get("ProcessingInputs", [])]
    outputs = [item["S3Output"] for item in record.get("ProcessingOutputConfig", {}).get("Outputs", [])]
    for item in [*inputs, *outputs]:
        storage.locate(item["S3Uri"])
        place = item["LocalPath"]
        if not f"{place}/".startswith(f"{PROCESSING_PLACE}/") or ".." in Path(place).parts:
            raise validation(f"LocalPath {place} must be below {PROCESSING_PLACE}.")
