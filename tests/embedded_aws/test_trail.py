"""CloudTrail's event history on the engine: what is kept of a call, and of whom."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from embedded_aws import launcher
from embedded_aws.control import Control
from tests.embedded_aws.account import Account, Key, allow, code_of, fresh
from tests.embedded_aws.trail_events import event, events

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


# --- who --------------------------------------------------------------------------------------------------


def test_roots_call_is_kept_with_all_that_it_was(account: Account) -> None:
    """AWS, "CloudTrail record contents" and "CloudTrail userIdentity element", CloudTrail's user guide."""
    name = fresh("user")
    before = datetime.now(UTC) - timedelta(seconds=2)
    made = account.client("iam").create_user(UserName=name, Path="/class/")
    found = event(account, "CreateUser", name)
    assert found["userIdentity"] == {
        "type": "Root",
        "principalId": account.engine.account,
        "arn": f"arn:aws:iam::{account.engine.account}:root",
        "accountId": account.engine.account,
        "accessKeyId": account.root.access_key_id,
    }
    assert (found["eventSource"], found["awsRegion"]) == ("iam.amazonaws.com", "us-east-1")
    assert found["requestParameters"] == {"userName": name, "path": "/class/"}
    assert found["responseElements"]["user"]["userId"] == made["User"]["UserId"]
    assert found["requestID"] == made["ResponseMetadata"]["RequestId"]
    assert before <= datetime.fromisoformat(found["eventTime"]) <= datetime.now(UTC)
    assert (found["eventType"], found["managementEvent"], found["readOnly"]) == ("AwsApiCall", True, False)
    assert (found["recipientAccountId"], found["eventCategory"]) == (account.engine.account, "Management")
    assert "Boto3" in found["userAgent"]
    assert "errorCode" not in found


def test_users_call_names_the_user(account: Account) -> None:
    """AWS, "CloudTrail userIdentity element": an IAMUser has a userName; LookupEvents finds it as Username."""
    key = account.user(allow("sqs:CreateQueue"))
    queue = fresh("queue")
    account.client("sqs", key).create_queue(QueueName=queue)
    found = event(account, "CreateQueue", queue)["userIdentity"]
    assert (found["type"], found["accessKeyId"]) == ("IAMUser", key.access_key_id)
    assert found["arn"].endswith(f":user/{found['userName']}")
    assert found["principalId"].startswith("AIDA")
    assert {event["EventName"] for event in events(account, "Username", found["userName"])} == {"CreateQueue"}


def test_sessions_call_names_role_and_session(account: Account) -> None:
    """AWS, "CloudTrail userIdentity element": an AssumedRole has its role as sessionIssuer."""
    key = account.session(allow("sqs:CreateQueue"))
    queue = fresh("queue")
    account.client("sqs", key).create_queue(QueueName=queue)
    found = event(account, "CreateQueue", queue)["userIdentity"]
    issuer = found["sessionContext"]["sessionIssuer"]
    assert (found["type"], issuer["type"]) == ("AssumedRole", "Role")
    assert found["arn"].endswith(f":assumed-role/{issuer['userName']}/test")
    assert found["principalId"] == f"{issuer['principalId']}:test"
    assert issuer["arn"].endswith(f":role/{issuer['userName']}")
    assert found["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"
    assert "invokedBy" not in found
    assert events(account, "AccessKeyId", key.access_key_id)[0]["Username"] == "test"


def test_taking_a_role_is_kept_without_its_secrets(account: Account) -> None:
    """AWS, "CloudTrail logging for IAM and STS", IAM's user guide: AssumeRole is read-only and names the new key."""
    key = account.session(allow("sqs:ListQueues"))
    found = event(account, "AssumeRole", key.access_key_id)
    assert found["readOnly"] is True
    given = found["responseElements"]["credentials"]
    assert given["accessKeyId"] == key.access_key_id
    assert (given["secretAccessKey"], given["sessionToken"]) == (HIDDEN, HIDDEN)
    assert key.secret_access_key not in json.dumps(found)


def test_new_keys_secret_is_hidden(account: Account) -> None:
    """Botocore's model calls accessKeySecretType sensitive; secrets stand in no event."""
    key = account.user()
    found = event(account, "CreateAccessKey", key.access_key_id)
    assert found["responseElements"]["accessKey"]["secretAccessKey"] == HIDDEN
    assert key.secret_access_key not in json.dumps(found)


def test_refused_call_is_kept_with_its_error(account: Account) -> None:
    """AWS, "CloudTrail record contents": errorCode; of a denial AccessDenied in every service."""
    plane, config = account.client("sagemaker", account.user()), fresh("config")
    with pytest.raises(ClientError) as refused:
        plane.create_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName=config)
    assert code_of(refused.value) == "AccessDeniedException"
    found = event(account, "CreateNotebookInstanceLifecycleConfig", config)
    assert found["errorCode"] == "AccessDenied"
    assert found["errorMessage"] == refused.value.response["Error"]["Message"]
    assert found["responseElements"] is None


def test_failed_call_is_kept_with_its_error(account: Account) -> None:
    """AWS, "CloudTrail record contents": errorCode; IAM's events give names of exceptions."""
    name = fresh("nobody")
    with pytest.raises(ClientError):
        account.client("iam").get_user(UserName=name)
    assert event(account, "GetUser", name)["errorCode"] == "NoSuchEntityException"


def test_throttled_call_is_kept_with_its_error(account: Account) -> None:
    """AWS, "CloudTrail record contents": errorCode, for requests that are throttled too."""
    queue = fresh("queue")
    fault = Control(account.engine).fault("throttle", operation="sqs:CreateQueue", resource=f"*{queue}")
    with fault, pytest.raises(ClientError) as refused:
        account.client("sqs").create_queue(QueueName=queue)
    found = event(account, "CreateQueue", queue)
    assert found["errorCode"] == code_of(refused.value)
    assert found["userIdentity"]["type"] == "Root"


def test_forged_signature_is_nobodys_event(account: Account) -> None:
    """A request that fails authentication has no principal (whether AWS keeps any of these is not known)."""
    forged, queue = Key(account.root.access_key_id, "wrong"), fresh("queue")
    with pytest.raises(ClientError):
        account.client("sqs", forged).create_queue(QueueName=queue)
    assert not events(account, "ResourceName", queue)


# --- what -------------------------------------------------------------------------------------------------


def test_data_events_are_not_in_the_history(account: Account) -> None:
    """AWS, "Logging data events": objects, messages and invocations are no management events."""
    bucket, function = account.bucket(), account.function("def handler(event, context): pass", account.role())
    key = account.user(allow("s3:*", "sqs:*", "lambda:*"))
    storage, queues = account.client("s3", key), account.client("sqs", key)
    queue = queues.create_queue(QueueName=fresh("queue"))["QueueUrl"]
    storage.put_object(Bucket=bucket, Key="a/b", Body=b"1")
    storage.get_object(Bucket=bucket, Key="a/b")
    storage.list_objects_v2(Bucket=bucket)
    storage.get_bucket_versioning(Bucket=bucket)
    queues.send_message(QueueUrl=queue, MessageBody="1")
    queues.receive_message(QueueUrl=queue)
    account.client("lambda", key).invoke(FunctionName=function)
    account.client("lambda", key).get_function(FunctionName=function)
    found = [event["EventName"] for event in events(account, "AccessKeyId", key.access_key_id)]
    assert found == ["GetFunction20150331v2", "GetBucketVersioning", "CreateQueue"]


def test_function_is_kept_without_code_and_variables(account: Account) -> None:
    """AWS, "Logging AWS Lambda API calls using AWS CloudTrail": ZipFile and environment are not logged."""
    arn = account.function("SECRET = 1", account.role(), Environment={"Variables": {"TOKEN": "s3cret"}})
    asked = event(account, "CreateFunction20150331", arn.rsplit(":", 1)[-1])["requestParameters"]
    assert asked["code"] == {}
    assert (asked["handler"], asked["runtime"]) == ("index.handler", "python3.12")
    assert "s3cret" not in json.dumps(asked)
    assert asked["environment"] == {"variables": HIDDEN}


def test_reads_have_no_response(account: Account) -> None:
    """AWS, "CloudTrail record contents": responseElements of an action that changes nothing is null."""
    account.client("sagemaker").list_models(MaxResults=7)
    found = events(account, "EventName", "ListModels")[0]
    assert (found["ReadOnly"], found["event"]["readOnly"]) == ("true", True)
    assert found["event"]["requestParameters"] == {"maxResults": 7}
    assert found["event"]["responseElements"] is None


def test_sagemakers_resources_are_found_by_name_and_type(account: Account) -> None:
    """AWS, "LookupEvents", CloudTrail's API reference: ResourceName and ResourceType."""
    config = fresh("config")
    plane = account.client("sagemaker")
    plane.create_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName=config)
    plane.delete_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName=config)
    found = events(account, "ResourceName", config)
    assert [event["EventName"].removesuffix("NotebookInstanceLifecycleConfig") for event in found] == [
        "Delete",
        "Create",
    ]
    kinds = {resource["ResourceType"] for event in found for resource in event["Resources"]}
    assert "AWS::SageMaker::NotebookInstanceLifecycleConfig" in kinds


def test_bucket_and_its_policy_are_kept_by_their_events_names(account: Account) -> None:
    """AWS, "Amazon S3 CloudTrail events": bucketName, and names such as PutBucketPublicAccessBlock."""
    bucket = account.bucket()
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True}
    account.client("s3").put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={**block, "RestrictPublicBuckets": True}
    )
    assert event(account, "PutBucketPublicAccessBlock", bucket)["requestParameters"]["bucketName"] == bucket
    assert event(account, "CreateBucket", bucket)["readOnly"] is False


def test_bucket_of_a_stack_is_kept_too_whoever_comes_first(tmp_path: Path, environments: Path) -> None:
    """The engine's own clients change their models of S3: what is looked up for the trail must not change with them."""
    engine = launcher.start(state=tmp_path / "state", environments=environments)
    try:
        account = Account(engine)
        account.deploy({"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}})
        bucket = account.bucket()
        assert event(account, "CreateBucket", bucket)["readOnly"] is False
    finally:
        launcher.stop(engine)
