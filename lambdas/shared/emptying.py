"""Empties a bucket: every version, every delete marker, every unfinished upload."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from lambdas.shared.clock import Budget

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectVersionsOutputTypeDef, ObjectIdentifierTypeDef

_BATCH = 1000


def empty_bucket(s3: "S3Client", bucket: str, budget: Budget) -> bool:
    """Whether the bucket is empty now; False when the budget ran out first. Raises what S3 refuses.

    Always asks for the first page again: what it held is gone, and so would be the marker of a second one.
    """
    while not budget.spent:
        versions = _identifiers(s3.list_object_versions(Bucket=bucket))
        uploads = [] if versions else s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
        if not versions and not uploads:
            return True
        _delete(s3, bucket, versions)
        for upload in uploads:
            s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    return False


def _identifiers(page: "ListObjectVersionsOutputTypeDef") -> "list[ObjectIdentifierTypeDef]":
    held = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    return [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in held]


def _delete(s3: "S3Client", bucket: str, objects: "list[ObjectIdentifierTypeDef]") -> None:
    for start in range(0, len(objects), _BATCH):
        batch = objects[start : start + _BATCH]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
        for refused in answer.get("Errors", []):
            text = f"{refused.get('Key')}: {refused.get('Message')}"
            raise ClientError({"Error": {"Code": refused.get("Code", ""), "Message": text}}, "DeleteObjects")
