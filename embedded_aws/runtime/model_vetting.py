"""Models that could not be served are refused when they are created: images that only train, data that is not there."""

from __future__ import annotations

from typing import Any

from embedded_aws.runtime import images, model_files, storage
from embedded_aws.runtime.host import Host
from embedded_aws.runtime.images import Image
from embedded_aws.runtime.model_servers import PROGRAM, SERVERS, server_of
from embedded_aws.runtime.storage import Location
from embedded_aws.sagemaker import models
from embedded_aws.sagemaker.errors import AwsError, not_implemented, validation
from embedded_aws.sagemaker.ports import Record

MISSING = 404


def vet(host: Host, record: Record) -> None:
    """Raise AwsError for a model that this runtime cannot serve."""
    container: dict[str, Any] = models.container(record)
    image = images.resolve(container["Image"])
    _vet_server(image, container, multi=models.is_multi(record))
    uri = model_files.location(container)
    if uri and models.is_multi(record):
        _need_prefix(uri)
    elif "ModelDataUrl" in container:
        _need_model_data(host, record["ExecutionRoleArn"], storage.locate(container["ModelDataUrl"]))


def _vet_server(image: Image, container: dict[str, Any], *, multi: bool) -> None:
    server = server_of(image)
    if server is None:
        raise not_implemented(f"CreateModel: {image.name}, which has no model server")
    if image.framework == "xgboost" and PROGRAM not in container.get("Environment", {}):
        raise not_implemented(f"CreateModel: {image.name} without {PROGRAM} (the built-in algorithm's server)")
    if multi and not server.several:
        able = ", ".join(framework for framework, other in SERVERS.items() if other.several)
        raise not_implemented(f"CreateModel: Mode=MultiModel with {image.name}; it takes images of {able}")


def _need_prefix(uri: str) -> None:
    """The models themselves may come later."""
    if storage.locate(uri).key.endswith(".tar.gz"):
        raise validation(f"ModelDataUrl of a MultiModel container must be an S3 prefix, and {uri} is an archive.")


def _need_model_data(host: Host, role_arn: str, place: Location) -> None:
    try:
        host.acting_as(role_arn).call("s3", "HeadObject", Bucket=place.bucket, Key=place.key)
    except AwsError as error:
        if error.status == MISSING:
            raise validation(f"Could not find model data at {place.uri}.") from error
        raise validation(
            f"Could not access model data at {place.uri}. Please ensure that the role {role_arn} exists and that its "
            'trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the object '
            f"is located in {host.region}."
        ) from error
