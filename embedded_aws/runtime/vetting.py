"""What cannot be run is refused when it is asked for: unknown images, nothing to run, data that is not there."""

from __future__ import annotations

from typing import Any

from embedded_aws.runtime import images, storage, toolkit
from embedded_aws.runtime.container import ML
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.images import UnknownImageError
from embedded_aws.runtime.sandbox import Isolation
from embedded_aws.runtime.storage import BadLocationError, Location
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
            _vet_processing(record)
        elif kind is MODEL:
            _vet_model(host, record)
        elif kind is NOTEBOOK_INSTANCE and host.isolation is Isolation.NONE:
            raise not_implemented("CreateNotebookInstance: on a machine that gives no namespaces")
    except (UnknownImageError, BadLocationError) as error:
        raise validation(str(error)) from error


def _vet_training(host: Host, record: Record) -> None:
    specification = record["AlgorithmSpecification"]
    image = images.resolve(specification["TrainingImage"])
    if not specification.get("ContainerEntrypoint") and not toolkit.read_script(record.get("HyperParameters", {})):
        raise not_implemented(
            f"CreateTrainingJob: {image.name} without ContainerEntrypoint or the hyperparameters {toolkit.PROGRAM} "
            f"and {toolkit.SUBMIT_DIRECTORY}"
        )
    storage.locate(record["OutputDataConfig"]["S3OutputPath"])
    for channel in record.get("InputDataConfig", []):
        _need_objects(host, record["RoleArn"], channel["DataSource"]["S3DataSource"]["S3Uri"])


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


def _vet_processing(record: Record) -> None:
    specification = record["AppSpecification"]
    image = images.resolve(specification["ImageUri"])
    if not specification.get("ContainerEntrypoint"):
        raise not_implemented(f"CreateProcessingJob: {image.name} without ContainerEntrypoint")
    inputs = [item["S3Input"] for item in record.get("ProcessingInputs", [])]
    outputs = [item["S3Output"] for item in record.get("ProcessingOutputConfig", {}).get("Outputs", [])]
    for item in [*inputs, *outputs]:
        storage.locate(item["S3Uri"])
        if not f"{item['LocalPath']}/".startswith(f"{PROCESSING_PLACE}/"):
            raise validation(f"LocalPath {item['LocalPath']} must be below {PROCESSING_PLACE}.")


def _vet_model(host: Host, record: Record) -> None:
    container: dict[str, Any] = models.container(record)
    image = images.resolve(container["Image"])
    if image is images.XGBOOST and "SAGEMAKER_PROGRAM" not in container.get("Environment", {}):
        raise not_implemented(f"CreateModel: {image.name} without SAGEMAKER_PROGRAM (the built-in algorithm's server)")
    if "ModelDataUrl" in container:
        _need_model_data(host, record["ExecutionRoleArn"], storage.locate(container["ModelDataUrl"]))


def _need_model_data(host: Host, role_arn: str, place: Location) -> None:
    try:
        host.acting_as(role_arn).call("s3", "HeadObject", Bucket=place.bucket, Key=place.key)
    except AwsError as error:
        if error.status == 404:
            raise validation(f"Could not find model data at {place.uri}.") from error
        raise validation(
            f"Could not access model data at {place.uri}. Please ensure that the role {role_arn} exists and that its "
            'trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the object '
            f"is located in {host.region}."
        ) from error
