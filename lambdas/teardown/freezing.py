"""Class-wide freeze: a new default version of the attendees' permissions boundary that denies whatever makes things.

It bites live sessions within seconds, and leaves reading, stopping and the sync of work alone. Roles that are not
under the boundary (this function's, CloudFormation's) are not touched by it.
"""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from lambdas.shared.faults import Fault, classify

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import PolicyVersionTypeDef

SID = "ClassLabFreeze"
DENIED = (
    "ecr:CreateRepository",
    "lambda:CreateFunction",
    "logs:CreateLogGroup",  # or late writers bring deleted groups back
    "logs:CreateLogStream",
    "s3:CreateBucket",
    "sagemaker:AddTags",
    "sagemaker:Create*",
    "sagemaker:DeleteTags",
    "sagemaker:Start*",
    "sagemaker:Update*",
    "states:Start*",
)
_VERSIONS_MAX = 5  # of a managed policy


def freeze(iam: "IAMClient", boundary_arn: str) -> bool:
    """Whether anything had to be changed: False says that the freeze was in force already."""
    versions = _versions(iam, boundary_arn)
    default = next(version for version in versions if version["IsDefaultVersion"])
    document = _document(iam, boundary_arn, default)
    if _is_frozen(document):
        return False
    if len(versions) >= _VERSIONS_MAX:
        oldest = min((version for version in versions if version is not default), key=lambda v: v["CreateDate"])
        iam.delete_policy_version(PolicyArn=boundary_arn, VersionId=oldest["VersionId"])
    iam.create_policy_version(PolicyArn=boundary_arn, PolicyDocument=frozen(document), SetAsDefault=True)
    return True


def thaw(iam: "IAMClient", boundary_arn: str) -> None:
    """Back to the newest version that is no freeze; no frozen one is left, so that the stack finds what it made.

    A boundary that is gone needs no thaw.
    """
    try:
        versions = _versions(iam, boundary_arn)
    except ClientError as error:
        if classify(error) is Fault.GONE:
            return
        raise
    cold = {version["VersionId"] for version in versions if _is_frozen(_document(iam, boundary_arn, version))}
    warm = [version for version in versions if version["VersionId"] not in cold]
    if not cold or not warm:
        return
    newest = max(warm, key=lambda version: version["CreateDate"])
    if not newest["IsDefaultVersion"]:
        iam.set_default_policy_version(PolicyArn=boundary_arn, VersionId=newest["VersionId"])
    for version in sorted(cold):
        iam.delete_policy_version(PolicyArn=boundary_arn, VersionId=version)


def frozen(document: Mapping[str, Any]) -> str:
    """The policy with the freeze in it."""
    deny = {"Sid": SID, "Effect": "Deny", "Action": list(DENIED), "Resource": "*"}
    return json.dumps({**document, "Statement": [*_statements(document), deny]})


def _statements(document: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    statements: dict[str, Any] | list[dict[str, Any]] = document["Statement"]
    return [statements] if isinstance(statements, dict) else statements


def _is_frozen(document: Mapping[str, Any]) -> bool:
    return any(statement.get("Sid") == SID for statement in _statements(document))


def _versions(iam: "IAMClient", boundary_arn: str) -> "list[PolicyVersionTypeDef]":
    pages = iam.get_paginator("list_policy_versions").paginate(PolicyArn=boundary_arn)
    return [version for page in pages for version in page["Versions"]]


def _document(iam: "IAMClient", boundary_arn: str, version: "PolicyVersionTypeDef") -> Mapping[str, Any]:
    answer = iam.get_policy_version(PolicyArn=boundary_arn, VersionId=version["VersionId"])
    document: Any = answer["PolicyVersion"]["Document"]
    found: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
    return found
