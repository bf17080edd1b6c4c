"""What a model container is given: its model's files and the code that was submitted for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from embedded_aws.runtime import storage
from embedded_aws.runtime.host import Principal
from embedded_aws.runtime.job import JobFailed
from embedded_aws.runtime.storage import BadLocationError, Location
from embedded_aws.sagemaker.errors import AwsError


def location(description: dict[str, Any]) -> str | None:
    """Where a container's model data is: an archive, or a prefix; none for a container without."""
    source = description.get("ModelDataSource", {}).get("S3DataSource", {})
    uri: str | None = description.get("ModelDataUrl") or source.get("S3Uri")
    return uri


def fetch_model(principal: Principal, description: dict[str, Any], folder: Path) -> None:
    """The model's archive unpacked, or its uncompressed objects, into a directory; JobFailed in AWS's words."""
    uri = location(description)
    if uri is None:
        return
    source = description.get("ModelDataSource", {}).get("S3DataSource", {})
    try:
        if source.get("S3DataType") == "S3Prefix":
            storage.fetch_prefix(principal, storage.locate(uri), folder)
        else:
            fetch_archive(principal, storage.locate(uri), folder)
    except (AwsError, BadLocationError) as error:
        raise JobFailed(
            f'Failed to download model data for container "container_1" from URL: "{uri}". Please ensure that '
            "there is an object located at the URL and that the role passed to CreateModel has permissions to "
            f"download the object. ({error})"
        ) from error


def fetch_code(principal: Principal, uri: str, folder: Path) -> None:
    """A submitted archive unpacked into a directory."""
    try:
        fetch_archive(principal, storage.locate(uri), folder)
    except (AwsError, BadLocationError) as error:
        raise JobFailed(f"cannot fetch SAGEMAKER_SUBMIT_DIRECTORY {uri}: {error}") from error


def fetch_archive(principal: Principal, place: Location, folder: Path) -> None:
    """An archive of S3 unpacked into a directory; AwsError or BadLocationError."""
    archive = folder.with_name(f"{folder.name}.tar.gz")
    storage.fetch(principal, place, archive)
    try:
        storage.unpack(archive, folder)
    finally:
        archive.unlink()
