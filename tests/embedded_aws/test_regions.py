"""The account is in one region."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from embedded_aws.regions import refusal
from tests.embedded_aws.account import Account, fetch

CALLS = [
    ("sagemaker", "list_models", "InvalidSignatureException", 400),
    ("dynamodb", "list_tables", "InvalidSignatureException", 400),
    ("sqs", "list_queues", "InvalidSignatureException", 400),
    ("lambda", "list_functions", "InvalidSignatureException", 403),
    ("cloudformation", "list_stacks", "SignatureDoesNotMatch", 403),
    ("ec2", "describe_instances", "AuthFailure", 401),
]


def elsewhere(account: Account, service: str) -> Any:  # noqa: ANN401 # a client of any service
    """A client of the root's, in another region."""
    return boto3.client(
        service,  # type: ignore[call-overload] # any service's name
        endpoint_url=account.engine.endpoint,
        region_name="eu-west-1",
        aws_access_key_id=account.root.access_key_id,
        aws_secret_access_key=account.root.secret_access_key,
    )


@pytest.mark.parametrize(("service", "call", "code", "status"), CALLS)
def test_what_is_signed_for_another_region_is_refused(
    service: str, call: str, code: str, status: int, account: Account
) -> None:
    """docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html, "Credential errors"."""
    with pytest.raises(ClientError, match="should be scoped to a valid region, not 'eu-west-1'") as refused:
        getattr(elsewhere(account, service), call)()
    answered = refused.value.response
    assert (answered["Error"]["Code"], answered["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


@pytest.mark.parametrize(
    ("service", "call"), [("iam", "list_roles"), ("s3", "list_buckets"), ("sts", "get_caller_identity")]
)
def test_services_of_all_regions_are_asked_from_any(service: str, call: str, account: Account) -> None:
    """IAM is one for all regions, S3 lists the buckets of all, and STS answers the same in each."""
    answered = getattr(elsewhere(account, service), call)()
    assert answered["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_presigned_urls_name_their_region_too() -> None:
    scope = "X-Amz-Credential=AKIA%2F20300101%2F{}%2Fsqs%2Faws4_request&Action=ListQueues"
    assert refusal({}, scope.format("us-east-1"), "us-east-1") is None
    refused = refusal({}, scope.format("eu-west-1"), "us-east-1")
    assert refused
    assert refused.status == 403
    assert b"SignatureDoesNotMatch" in refused.body


def test_what_is_not_signed_is_of_no_region(account: Account) -> None:
    assert fetch(account.engine.endpoint, "/_embedded/health")[0] == 200
    assert refusal({"authorization": "Bearer x"}, "", "us-east-1") is None
