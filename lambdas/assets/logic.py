"""Copies staged assets into the class bucket; empties the bucket on delete."""

from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from classlab.contract import AssetFile, AssetProperties
from lambdas.assets.model import Request
from lambdas.shared.clock import Budget
from lambdas.shared.emptying import empty_bucket
from lambdas.shared.faults import AWS_ERRORS, Fault, classify, describe

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PROPERTIES = TypeAdapter(AssetProperties)


class AssetError(Exception):
    """Said to whoever deploys: the text names the asset and what to do."""


def fulfil(request: Request, *, s3: "S3Client", budget: Budget) -> str:
    """Does what CloudFormation asks for and returns the physical id: the class bucket's name, whatever the build."""
    properties = _properties(request)
    if request.request_type == "Delete":
        _empty(s3, properties["ClassBucket"], budget)
    else:
        for file in properties["Files"]:
            _copy(s3, file, properties, budget)
    return properties["ClassBucket"]


def _properties(request: Request) -> AssetProperties:
    try:
        return _PROPERTIES.validate_python(request.properties)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise AssetError(f"the asset resource's properties are wrong: {wrong}") from error


def _copy(s3: "S3Client", file: AssetFile, properties: AssetProperties, budget: Budget) -> None:
    source = f"s3://{file['SourceBucket']}/{file['SourceKey']}"
    if budget.spent:
        raise AssetError(f"the time ended before {source} was copied; deploy again")
    try:
        s3.copy_object(
            CopySource={"Bucket": file["SourceBucket"], "Key": file["SourceKey"]},
            Bucket=properties["ClassBucket"],
            Key=properties["Prefix"] + file["Path"],
        )
    except AWS_ERRORS as error:
        hint = "; run `classlab build` and deploy again" if classify(error) is Fault.GONE else ""
        raise AssetError(f"{source} could not be copied to {file['Path']} ({describe(error)}){hint}") from error


def _empty(s3: "S3Client", bucket: str, budget: Budget) -> None:
    try:
        if not empty_bucket(s3, bucket, budget):
            raise AssetError(f"the time ended before {bucket} was empty; delete the stack again")
    except AWS_ERRORS as error:
        if classify(error) is not Fault.GONE:
            raise AssetError(f"{bucket} could not be emptied ({describe(error)})") from error
