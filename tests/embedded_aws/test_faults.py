"""Faults that somebody asked for: how every protocol's clients see them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from embedded_aws.control import Control, ControlError
from embedded_aws.faults.rules import Fault
from tests.embedded_aws.account import Account, allow, code_of, fetch, fresh, trust

# A call of one service for each protocol, and its codes when it is throttled, fails and is refused.
# docs.aws.amazon.com: SageMaker, CloudFormation, IAM, STS "Common Errors"; AmazonS3/latest/API/ErrorResponses.html;
# AWSEC2/latest/APIReference/errors-overview.html; lambda/latest/api/API_ListFunctions.html (Errors);
# scheduler/latest/APIReference/API_ListSchedules.html (Errors); sqs, sns, monitoring: API references, Errors.
CODES = {
    "sagemaker:ListEndpoints": ("ThrottlingException", 400, "InternalFailure", "AccessDeniedException"),
    "ssm:DescribeParameters": ("ThrottlingException", 400, "InternalServerError", "AccessDeniedException"),
    "sqs:ListQueues": ("RequestThrottled", 403, "InternalFailure", "AccessDeniedException"),
    "cloudformation:ListStacks": ("Throttling", 400, "InternalFailure", "AccessDenied"),
    "iam:ListRoles": ("Throttling", 400, "ServiceFailure", "AccessDenied"),
    "sns:ListTopics": ("Throttled", 429, "InternalError", "AccessDenied"),
    "ec2:DescribeVpcs": ("RequestLimitExceeded", 503, "InternalError", "UnauthorizedOperation"),
    "lambda:ListFunctions": ("TooManyRequestsException", 429, "ServiceException", "AccessDeniedException"),
    "scheduler:ListSchedules": ("ThrottlingException", 429, "InternalServerException", "AccessDeniedException"),
    "s3:ListBuckets": ("SlowDown", 503, "InternalError", "AccessDenied"),
    "cloudwatch:ListMetrics": ("ThrottlingException", 400, "InternalServiceError", "AccessDeniedException"),
    "resourcegroupstaggingapi:GetResources": (
        "ThrottledException",
        400,
        "InternalServiceException",
        "AccessDeniedException",
    ),
}

NAMED_BY_IAM = {"resourcegroupstaggingapi:GetResources": "tag:GetResources", "s3:ListBuckets": "s3:ListAllMyBuckets"}


def ask(account: Account, operation: str) -> Any:  # noqa: ANN401 # an answer of any call
    """Call an operation that needs no parameters."""
    service, _, name = operation.partition(":")
    client = account.client(service)
    return client._make_api_call(name, {})


def refused(account: Account, operation: str) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        ask(account, operation)
    return code_of(caught.value), caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("operation", CODES)
def test_every_protocols_clients_understand_the_errors(account: Account, control: Control, operation: str) -> None:
    throttled, status, failed, denied = CODES[operation]
    meant = NAMED_BY_IAM.get(operation, operation)
    with control.fault("throttle", operation=meant) as fault:
        assert refused(account, operation) == (throttled, status)
        assert fault.strikes == 1
    with control.fault("error", operation=meant):
        assert refused(account, operation) == (failed, 500)
    with control.fault("denied", operation=meant):
        assert refused(account, operation)[0] == denied
    assert ask(account, operation)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_denial_is_in_awss_words(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html."""
    key = account.user(allow("sagemaker:*"))
    name = fresh("desk")
    arn = f"arn:aws:sagemaker:us-east-1:{account.engine.account}:notebook-instance/{name}"
    with (
        control.fault("denied", operation="sagemaker:DescribeNotebookInstance", resource=name),
        pytest.raises(ClientError) as caught,
    ):
        account.client("sagemaker", key).describe_notebook_instance(NotebookInstanceName=name)
    text = caught.value.response["Error"]["Message"]
    assert text.startswith(f"User: arn:aws:iam::{account.engine.account}:user/")
    action = "sagemaker:DescribeNotebookInstance"
    assert f"is not authorized to perform: {action} on resource: {arn} because no identity-based policy" in text


def test_an_sdk_tries_again_when_it_is_throttled(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html: throttling is retried."""
    engine = account.engine
    client = boto3.client(
        "cloudformation",
        endpoint_url=engine.endpoint,
        region_name=engine.region,
        aws_access_key_id=engine.access_key_id,
        aws_secret_access_key=engine.secret_access_key,
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
    )
    with control.fault("throttle", operation="cloudformation:ListStacks", count=2) as fault:
        assert client.list_stacks()["ResponseMetadata"]["RetryAttempts"] == 2
        assert fault.strikes == 2


def test_an_object_of_a_bucket_is_struck_and_the_others_are_not(account: Account, control: Control) -> None:
    bucket, s3 = account.bucket(), account.client("s3")
    with control.fault("throttle", operation="s3:PutObject", resource=f"{bucket}/hot/*"):
        with pytest.raises(ClientError, match="SlowDown"):
            s3.put_object(Bucket=bucket, Key="hot/one", Body=b"x" * 100_000)
        s3.put_object(Bucket=bucket, Key="cold/one", Body=b"x")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["cold/one"]


Parameters = Callable[[str, Account], dict[str, Any]]

# Calls that name a resource: boto3's service, and the parameters with which the resource has a name.
NAMING: dict[str, tuple[str, Parameters]] = {
    "cloudformation:DescribeStackEvents": ("cloudformation", lambda name, _: {"StackName": name}),
    "iam:CreateRole": (
        "iam",
        lambda name, _: {"RoleName": name, "AssumeRolePolicyDocument": json.dumps(trust("lambda"))},
    ),
    "lambda:InvokeFunction": ("lambda", lambda name, _: {"FunctionName": name}),
    "ssm:GetParameter": ("ssm", lambda name, _: {"Name": f"/class/{name}"}),
    "logs:CreateLogGroup": ("logs", lambda name, _: {"logGroupName": f"/aws/{name}"}),
    "scheduler:GetSchedule": ("scheduler", lambda name, _: {"Name": name}),
    "states:DescribeStateMachine": (
        "stepfunctions",
        lambda name, at: {"stateMachineArn": f"arn:aws:states:us-east-1:{at.engine.account}:stateMachine:{name}"},
    ),
    "sqs:SendMessage": (
        "sqs",
        lambda name, at: {"QueueUrl": f"{at.engine.endpoint}/{at.engine.account}/{name}", "MessageBody": "x"},
    ),
    "budgets:DescribeBudget": ("budgets", lambda name, at: {"AccountId": at.engine.account, "BudgetName": name}),
    "sagemaker:CreateModel": ("sagemaker", lambda name, at: {"ModelName": name, "ExecutionRoleArn": at.role()}),
    "sagemaker:InvokeEndpoint": ("sagemaker-runtime", lambda name, _: {"EndpointName": name, "Body": b"1"}),
}


@pytest.mark.parametrize("operation", NAMING)
def test_a_resource_is_known_by_its_name_in_every_service(account: Account, control: Control, operation: str) -> None:
    name, (service, parameters) = fresh("thing"), NAMING[operation]
    method = xform_name(operation.partition(":")[2].replace("InvokeFunction", "Invoke"))
    with (
        control.fault("throttle", operation=operation, resource="another") as other,
        control.fault("throttle", operation=operation, resource=f"*{name}") as meant,
    ):
        with pytest.raises(ClientError) as caught:
            getattr(account.client(service), method)(**parameters(name, account))
        assert (other.strikes, meant.strikes) == (0, 1)
    assert "rate" in str(caught.value).lower()


def test_a_large_body_is_read_by_whoever_answers(account: Account, control: Control) -> None:
    bucket, s3, body = account.bucket(), account.client("s3"), bytes(9 << 20)
    with control.fault("throttle", operation="s3:PutObject", resource=f"{bucket}/hot"):
        with pytest.raises(ClientError, match="SlowDown"):
            s3.put_object(Bucket=bucket, Key="hot", Body=body)
        s3.put_object(Bucket=bucket, Key="cold", Body=body)
    assert s3.get_object(Bucket=bucket, Key="cold")["ContentLength"] == len(body)


def test_a_head_request_has_its_status_alone(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html: an error of HEAD has no body."""
    bucket, s3 = account.bucket(), account.client("s3")
    with (
        control.fault("denied", operation="s3:GetObject", resource=f"{bucket}/one"),
        pytest.raises(ClientError) as caught,
    ):
        s3.head_object(Bucket=bucket, Key="one")
    assert code_of(caught.value) == "403"


def test_a_lost_answer_leaves_what_was_done(account: Account, control: Control) -> None:
    bucket, s3, iam, name = account.bucket(), account.client("s3"), account.client("iam"), fresh("user")
    with control.fault("lost", operation="s3:PutObject", count=1), pytest.raises(ConnectionClosedError):
        s3.put_object(Bucket=bucket, Key="one", Body=b"content")
    assert s3.get_object(Bucket=bucket, Key="one")["Body"].read() == b"content"
    with control.fault("lost", operation="iam:CreateUser", count=1):
        with pytest.raises(ConnectionClosedError):
            iam.create_user(UserName=name)
        with pytest.raises(ClientError, match="EntityAlreadyExists"):
            iam.create_user(UserName=name)


def test_a_slow_answer_comes_late(account: Account, control: Control) -> None:
    sqs = account.client("sqs")
    with control.fault("slow", operation="sqs:ListQueues", seconds=0.7):
        began = time.monotonic()
        assert sqs.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert time.monotonic() - began >= 0.7


def test_a_cleared_fault_is_gone(control: Control) -> None:
    fault = control.fault("throttle", operation="sqs:*", count=3)
    assert control.faults() == {fault.id: Fault(kind="throttle", operation="sqs:*", count=3)}
    fault.clear()
    assert control.faults() == {}
    with pytest.raises(ControlError, match="there is no"):
        assert fault.strikes


def test_only_roots_secret_plants_faults(account: Account) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        status, body = fetch(account.engine.endpoint, "/_embedded/faults", method="DELETE", headers=headers)
        assert (status, "for the account's root" in json.loads(body)["message"]) == (403, True)
