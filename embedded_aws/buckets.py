"""A bucket's deletion as CloudFormation does it. No emulator import."""

from __future__ import annotations

from typing import Any, Protocol

from embedded_aws.cloudformation.types import ResourceError, gone
from embedded_aws.sagemaker.errors import AwsError


class Call(Protocol):
    """An API call as the stack's principal: service, operation, parameters."""

    def __call__(self, service: str, operation: str, params: dict[str, Any], /) -> dict[str, Any]:
        """The operation's answer."""


def delete(call: Call, name: str) -> None:
    """Delete a bucket; ResourceError in the words of CloudFormation while it holds objects or versions."""
    try:
        call("s3", "DeleteBucket", {"Bucket": name})
    except AwsError as error:
        if error.code == "BucketNotEmpty":
            raise ResourceError(
                "The bucket you tried to delete is not empty. You must delete all versions in the bucket. "
                f"(Service: S3, Status Code: {error.status}, Error Code: {error.code}) ({name})"
            ) from error
        if not gone(error):
            raise ResourceError(error.message) from error
