"""AWS::S3::Bucket and its policy through S3's own calls; what is not implemented is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from embedded_aws.cloudformation.api_type import api_type, plain, undone
from embedded_aws.cloudformation.policy_types import document
from embedded_aws.cloudformation.types import (
    Call,
    PhysicalName,
    Properties,
    Resource,
    ResourceError,
    ResourceType,
    failed,
    gone,
)
from embedded_aws.sagemaker.errors import AwsError

_NAME_LENGTH = 63
Put = tuple[str, str, Callable[[Any], Any]]


def _lifecycle(configuration: Mapping[str, Any]) -> dict[str, Any]:
    _refuse_members(configuration, {"Rules"})
    return {"Rules": [_lifecycle_rule(rule) for rule in configuration["Rules"]]}


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule in the form of the API; actions that are not known here are refused."""
    wanted: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    _refuse_members(rule, {"Id", "Status", "Prefix", *_LIFECYCLE_ACTIONS})
    if "Id" in rule:
        wanted["ID"] = rule["Id"]
    return wanted | {
        action: read(rule[member]) for member, (action, read) in _LIFECYCLE_ACTIONS.items() if member in rule
    }


def _refuse_members(given: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(given.keys() - known)
    if unknown:
        raise ResourceError(f"LifecycleConfiguration: {unknown[0]} is not implemented by the embedded AWS")


_LIFECYCLE_ACTIONS: Mapping[str, tuple[str, Callable[[Any], dict[str, int]]]] = {
    "AbortIncompleteMultipartUpload": (
        "AbortIncompleteMultipartUpload",
        lambda given: {"DaysAfterInitiation": int(given["DaysAfterInitiation"])},
    ),
    "ExpirationInDays": ("Expiration", lambda days: {"Days": int(days)}),
    "NoncurrentVersionExpiration": (
        "NoncurrentVersionExpiration",
        lambda given: {member: int(number) for member, number in given.items()},
    ),
}


def _encryption(configuration: Mapping[str, Any]) -> dict[str, Any]:
    rules = [
        {
            ("ApplyServerSideEncryptionByDefault" if key == "ServerSideEncryptionByDefault" else key): plain(value)
            for key, value in rule.items()
        }
        for rule in configuration["ServerSideEncryptionConfiguration"]
    ]
    return {"Rules": rules}


def _tags(tags: list[dict[str, str]]) -> dict[str, Any]:
    return {"TagSet": [{"Key": tag["Key"], "Value": tag["Value"]} for tag in tags]}


# property: (what puts it, its parameter, how it is read), and what takes it away.
_PUTS: Mapping[str, Put] = {
    "VersioningConfiguration": ("PutBucketVersioning", "VersioningConfiguration", plain),
    "BucketEncryption": ("PutBucketEncryption", "ServerSideEncryptionConfiguration", _encryption),
    "PublicAccessBlockConfiguration": ("PutPublicAccessBlock", "PublicAccessBlockConfiguration", plain),
    "OwnershipControls": ("PutBucketOwnershipControls", "OwnershipControls", plain),
    "LifecycleConfiguration": ("PutBucketLifecycleConfiguration", "LifecycleConfiguration", _lifecycle),
    "Tags": ("PutBucketTagging", "Tagging", _tags),
}
_TAKES: Mapping[str, tuple[str, dict[str, Any]]] = {
    "VersioningConfiguration": ("PutBucketVersioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
    "BucketEncryption": ("DeleteBucketEncryption", {}),
    "PublicAccessBlockConfiguration": ("DeletePublicAccessBlock", {}),
    "OwnershipControls": ("DeleteBucketOwnershipControls", {}),
    "LifecycleConfiguration": ("DeleteBucketLifecycle", {}),
    "Tags": ("DeleteBucketTagging", {}),
}


# Said without a call of its own: the name, and the access control that every bucket has.
_SILENT = frozenset({"BucketName", "AccessControl"})


def bucket_type(region: str) -> ResourceType:
    """AWS::S3::Bucket in a region."""

    def create(call: Call, name: PhysicalName, props: Properties) -> Resource:
        own = str(props.get("BucketName") or name(_NAME_LENGTH).lower())
        elsewhere = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        _refuse_unknown(props)
        try:
            call("s3", "CreateBucket", Bucket=own, **elsewhere)
            with undone(_remove, call, own, props):
                _configure(call, own, {}, props)
        except AwsError as error:
            raise failed(error, "S3") from error
        return _resource(own, region)

    def update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
        _refuse_unknown(new)
        try:
            _configure(call, own, old, new)
        except AwsError as error:
            raise failed(error, "S3") from error
        return _resource(own, region)

    return ResourceType(create, update, _delete, replaced_by=("BucketName",))


def _configure(call: Call, own: str, old: Properties, new: Properties) -> None:
    for member in sorted(old.keys() - new.keys() - _SILENT):
        operation, params = _TAKES[member]
        call("s3", operation, Bucket=own, **params)
    for member in sorted(new.keys() - _SILENT):
        operation, parameter, read = _PUTS[member]
        if old.get(member) != new[member]:
            call("s3", operation, Bucket=own, **{parameter: read(new[member])})


def _remove(call: Call, own: str, _props: Properties) -> None:
    call("s3", "DeleteBucket", Bucket=own)


def _delete(call: Call, own: str, props: Properties) -> None:
    try:
        _remove(call, own, props)
    except AwsError as error:
        if error.code == "BucketNotEmpty":
            raise ResourceError(
                "The bucket you tried to delete is not empty. You must delete all versions in the bucket. "
                f"(Service: S3, Status Code: {error.status}, Error Code: {error.code}) ({own})"
            ) from error
        if not gone(error):
            raise failed(error, "S3") from error


def _resource(own: str, region: str) -> Resource:
    names = {
        "Arn": f"arn:aws:s3:::{own}",
        "DomainName": f"{own}.s3.amazonaws.com",
        "RegionalDomainName": f"{own}.s3.{region}.amazonaws.com",
        "DualStackDomainName": f"{own}.s3.dualstack.{region}.amazonaws.com",
        "WebsiteURL": f"http://{own}.s3-website-{region}.amazonaws.com",
    }
    return Resource(own, names)


def _refuse_unknown(props: Properties) -> None:
    private = {"AccessControl"} if props.get("AccessControl") == "Private" else set()
    unknown = sorted(props.keys() - _PUTS.keys() - {"BucketName"} - private)
    if unknown:
        raise ResourceError(f"AWS::S3::Bucket: {unknown[0]} is not implemented by the embedded AWS")


def _policy_put(call: Call, props: Properties) -> Resource:
    call("s3", "PutBucketPolicy", Bucket=props["Bucket"], Policy=document(props["PolicyDocument"]))
    return Resource(str(props["Bucket"]), {})


def _policy_delete(call: Call, own: str, _props: Properties) -> None:
    call("s3", "DeleteBucketPolicy", Bucket=own)


def _policy_create(call: Call, _name: PhysicalName, props: Properties) -> Resource:
    """A bucket has one policy: a second one is refused (`s3:GetBucketPolicy` is among the handler's rights)."""
    own = str(props["Bucket"])
    try:
        call("s3", "GetBucketPolicy", Bucket=own)
    except AwsError as error:
        if not gone(error):
            raise
    else:
        raise ResourceError(f"The bucket policy already exists on bucket {own}.")
    return _policy_put(call, props)


BUCKET_POLICY_TYPE = api_type(
    "AWS::S3::BucketPolicy",
    (_policy_create, lambda call, _own, _old, new: _policy_put(call, new), _policy_delete),
    known=("Bucket", "PolicyDocument"),
    replaced_by=("Bucket",),
    tags=None,
)
