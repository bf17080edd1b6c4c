"""CloudTrail's event history on the engine: what is kept, of whom, and how it is looked up."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.control import Control
from tests.embedded_aws.account import Account, Key, allow, code_of, fresh, polls, trust
from tests.embedded_aws.kept import KeptEngine

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def events(account: Account, key: str, value: str) -> list[dict[str, Any]]:
    """What is found by one attribute, newest first; `event` is the record."""
    trail, found = account.client("cloudtrail"), []
    attribute = {"AttributeKey": key, "AttributeValue": value}
    for page in trail.get_paginator("lookup_events").paginate(LookupAttributes=[attribute]):
        found += [{**event, "event": json.loads(event["CloudTrailEvent"])} for event in page["Events"]]
    return found


def event(account: Account, name: str, resource: str) -> dict[str, Any]:
    """The record of the newest event of that name about a resource."""
    found = [found["event"] for found in events(account, "ResourceName", resource) if found["EventName"] == name]
    assert found, f"no {name} of {resource}"
    newest: dict[str, Any] = found[0]
    return newest


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


# --- services ---------------------------------------------------------------------------------------------


def test_stacks_calls_are_made_by_its_role_through_cloudformation(account: Account) -> None:
    """AWS, "CloudTrail userIdentity element": invokedBy names the service that made the request."""
    role = account.role(allow("sagemaker:*"))
    config = fresh("Config")
    kind = "AWS::SageMaker::NotebookInstanceLifecycleConfig"
    made = {"Type": kind, "Properties": {"NotebookInstanceLifecycleConfigName": config}}
    stack = account.deploy({"Resources": {"Config": made}}, RoleARN=role)
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    found = event(account, "CreateNotebookInstanceLifecycleConfig", config)
    identity = found["userIdentity"]
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == role
    service = "cloudformation.amazonaws.com"
    assert (identity["invokedBy"], found["sourceIPAddress"], found["userAgent"]) == (service, service, service)
    asked = event(account, "CreateStack", stack.name)["requestParameters"]
    assert asked["roleARN"] == role
    assert "templateBody" not in asked


def test_stack_without_a_role_calls_as_its_caller_through_cloudformation(account: Account) -> None:
    """AWS, "CloudFormation service role": without one a session of the caller is used."""
    key, config = account.user(allow("cloudformation:*", "sagemaker:*")), fresh("Config")
    kind = "AWS::SageMaker::NotebookInstanceLifecycleConfig"
    made = {"Type": kind, "Properties": {"NotebookInstanceLifecycleConfigName": config}}
    account.deploy({"Resources": {"Config": made}}, key)
    found = event(account, "CreateNotebookInstanceLifecycleConfig", config)["userIdentity"]
    assert (found["accessKeyId"], found["invokedBy"]) == (key.access_key_id, "cloudformation.amazonaws.com")


def test_parameters_values_stay_out_of_stacks_events(account: Account) -> None:
    """AWS, "Logging AWS CloudFormation API calls with AWS CloudTrail": its example shows parameters' keys only."""
    template = {
        "Parameters": {"Secret": {"Type": "String", "NoEcho": True}},
        "Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
    }
    given = [{"ParameterKey": "Secret", "ParameterValue": "s3cret"}]
    stack = account.deploy(template, Parameters=given)
    assert event(account, "CreateStack", stack.name)["requestParameters"]["parameters"] == [{"parameterKey": "Secret"}]


def test_tasks_calls_are_made_by_step_functions_with_the_machines_role(account: Account) -> None:
    """AWS, "CloudTrail userIdentity element": invokedBy; the service's taking of the role is an event too."""
    role, config = account.role(allow("sagemaker:*")), fresh("config")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:createNotebookInstanceLifecycleConfig",
        "Parameters": {"NotebookInstanceLifecycleConfigName": config},
        "End": True,
    }
    assert account.execute(account.machine({"Make": task}, role))["status"] == "SUCCEEDED"
    found = event(account, "CreateNotebookInstanceLifecycleConfig", config)["userIdentity"]
    assert found["sessionContext"]["sessionIssuer"]["arn"] == role
    assert found["invokedBy"] == "states.amazonaws.com"
    taken = event(account, "AssumeRole", found["accessKeyId"])
    assert taken["userIdentity"] == {"type": "AWSService", "invokedBy": "states.amazonaws.com"}
    assert taken["requestParameters"]["roleArn"] == role
    assert "Username" not in events(account, "ResourceName", found["accessKeyId"])[0]


def test_schedules_calls_are_made_by_the_scheduler(account: Account) -> None:
    """AWS, "CloudTrail userIdentity element": invokedBy."""
    role, config = account.role(allow("sagemaker:*")), fresh("config")
    at = (datetime.now(UTC) + timedelta(seconds=2)).strftime("at(%Y-%m-%dT%H:%M:%S)")
    account.client("scheduler").create_schedule(
        Name=fresh("schedule"),
        ScheduleExpression=at,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:createNotebookInstanceLifecycleConfig",
            "RoleArn": role,
            "Input": json.dumps({"NotebookInstanceLifecycleConfigName": config}),
        },
    )
    for _ in polls(30):
        if found := events(account, "ResourceName", config):
            break
    identity = found[0]["event"]["userIdentity"]
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == role
    assert identity["invokedBy"] == "scheduler.amazonaws.com"


def test_nobody_outside_passes_for_a_service(account: Account) -> None:
    """The mark of the engine's own calls is known to its process alone."""
    client, config = account.client("sagemaker", account.user(allow("sagemaker:*"))), fresh("config")

    def forge(request: Any, **_: Any) -> None:  # noqa: ANN401 # botocore's events are untyped
        request.headers["x-embedded-aws-service"] = "cloudformation.amazonaws.com"

    client.meta.events.register("before-sign", forge)
    client.create_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName=config)
    assert "invokedBy" not in event(account, "CreateNotebookInstanceLifecycleConfig", config)["userIdentity"]


# --- looking up -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def busy(account: Account) -> Key:
    """A user who has listed queues seven times, and topics once."""
    key = account.user(allow("sqs:ListQueues", "sns:ListTopics"))
    for _ in range(7):
        account.client("sqs", key).list_queues()
    account.client("sns", key).list_topics()
    return key


def test_pages_are_newest_first_and_lose_nothing(account: Account, busy: Key) -> None:
    """AWS, "LookupEvents": MaxResults 1 to 50, NextToken for the next page."""
    trail = account.client("cloudtrail")
    given = {"LookupAttributes": [{"AttributeKey": "AccessKeyId", "AttributeValue": busy.access_key_id}]}
    pages: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        page = trail.lookup_events(MaxResults=3, **given, **token)
        pages.append([event["EventId"] for event in page["Events"]])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert [len(page) for page in pages] == [3, 3, 2]
    assert len({event for page in pages for event in page}) == 8
    assert trail.lookup_events(MaxResults=1, **given)["Events"][0]["EventName"] == "ListTopics"


def test_event_is_found_by_its_id(account: Account, busy: Key) -> None:
    """AWS, "LookupAttribute": EventId."""
    wanted = events(account, "AccessKeyId", busy.access_key_id)[3]["EventId"]
    assert [event["EventId"] for event in events(account, "EventId", wanted)] == [wanted]


@pytest.mark.parametrize(
    ("key", "value", "name"),
    [("EventSource", "sns.amazonaws.com", "ListTopics"), ("EventName", "ListTopics", "ListTopics")],
)
def test_events_are_found_by_source_and_name(account: Account, busy: Key, key: str, value: str, name: str) -> None:
    """AWS, "LookupAttribute": EventSource, EventName."""
    found = [event for event in events(account, key, value) if event.get("AccessKeyId") == busy.access_key_id]
    assert [event["EventName"] for event in found] == [name]


def test_changes_alone_are_found(account: Account, busy: Key) -> None:
    """AWS, "LookupAttribute": ReadOnly true or false."""
    assert {event["ReadOnly"] for event in events(account, "ReadOnly", "false")} == {"false"}
    assert not [event for event in events(account, "ReadOnly", "false") if event["EventName"] == "ListTopics"]


def test_types_are_found(account: Account) -> None:
    """AWS, "LookupAttribute": ResourceType."""
    name = account.bucket()
    found = events(account, "ResourceType", "AWS::S3::Bucket")
    assert found[0]["Resources"] == [{"ResourceType": "AWS::S3::Bucket", "ResourceName": name}]


def test_times_bound_the_lookup(account: Account) -> None:
    """AWS, "LookupEvents": events at or after StartTime, and at or before EndTime."""
    key = account.user(allow("sqs:ListQueues"))
    account.client("sqs", key).list_queues()
    time.sleep(1.1)
    between = datetime.now(UTC)
    time.sleep(1.1)
    account.client("sqs", key).list_queues()
    trail = account.client("cloudtrail")
    given = {"LookupAttributes": [{"AttributeKey": "AccessKeyId", "AttributeValue": key.access_key_id}]}
    earlier = trail.lookup_events(EndTime=between, **given)["Events"]
    later = trail.lookup_events(StartTime=between, **given)["Events"]
    assert (len(earlier), len(later)) == (1, 1)
    assert earlier[0]["EventTime"] < between < later[0]["EventTime"] + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"MaxResults": 51}, "InvalidMaxResultsException"),
        ({"NextToken": "bm90IG91cnM="}, "InvalidNextTokenException"),
        (
            {"StartTime": datetime(2026, 2, 2, tzinfo=UTC), "EndTime": datetime(2026, 2, 1, tzinfo=UTC)},
            "InvalidTimeRangeException",
        ),
        (
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "a"}] * 2},
            "InvalidLookupAttributesException",
        ),
        (
            {"LookupAttributes": [{"AttributeKey": "Colour", "AttributeValue": "a"}]},
            "InvalidLookupAttributesException",
        ),
    ],
)
def test_bad_lookups_are_refused(account: Account, params: dict[str, Any], code: str) -> None:
    """AWS, "LookupEvents", Errors."""
    with pytest.raises(ClientError) as refused:
        account.client("cloudtrail").lookup_events(**params)
    assert code_of(refused.value) == code


def test_token_of_another_lookup_is_refused(account: Account, busy: Key) -> None:
    """AWS, "LookupEvents": a token must be passed in with the same parameters as in the original call."""
    trail = account.client("cloudtrail")
    by_key = [{"AttributeKey": "AccessKeyId", "AttributeValue": busy.access_key_id}]
    token = trail.lookup_events(MaxResults=1, LookupAttributes=by_key)["NextToken"]
    with pytest.raises(ClientError) as refused:
        trail.lookup_events(MaxResults=1, NextToken=token)
    assert code_of(refused.value) == "InvalidNextTokenException"


def test_looking_up_needs_its_right(account: Account) -> None:
    """AWS, "Actions defined by AWS CloudTrail": cloudtrail:LookupEvents."""
    with pytest.raises(ClientError) as refused:
        account.client("cloudtrail", account.user()).lookup_events()
    assert code_of(refused.value) == "AccessDeniedException"
    allowed = account.user(allow("cloudtrail:LookupEvents"))
    assert account.client("cloudtrail", allowed).lookup_events(MaxResults=1)["Events"]


def test_trails_are_refused_by_name(account: Account) -> None:
    with pytest.raises(ClientError, match="CloudTrail CreateTrail is not implemented by the embedded AWS"):
        account.client("cloudtrail").create_trail(Name="trail", S3BucketName=account.bucket())


def test_service_taking_a_role_is_kept_once(account: Account) -> None:
    """A service's session of a role is kept while it lives: one AssumeRole, whatever is done with it."""
    role = account.role(trusts=trust("lambda"))
    arn = account.function("def handler(event, context): pass", role)
    for _ in range(2):
        account.client("lambda").invoke(FunctionName=arn)
    taken = [found for found in events(account, "ResourceName", role) if found["EventName"] == "AssumeRole"]
    assert [found["event"]["userIdentity"]["invokedBy"] for found in taken] == ["lambda.amazonaws.com"]


def _of_role(account: Account, name: str, role: str) -> list[dict[str, Any]]:
    """The records of that name by sessions of a role."""
    found = [found["event"] for found in events(account, "EventName", name)]
    issuers = [event["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {}).get("arn") for event in found]
    return [event for event, issuer in zip(found, issuers, strict=True) if issuer == role]


def test_what_a_stack_does_without_a_request_is_kept(account: Account) -> None:
    """AWS, "CloudTrail userIdentity element": invokedBy; parameters of what the emulator does itself are not known."""
    role, name = account.role(allow("dynamodb:*", "ssm:*")), fresh("/size")
    account.client("ssm").put_parameter(Name=name, Value="a", Type="String")
    keys = {
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    }
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST", **keys}}
    parameter = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name}
    stack = account.deploy({"Parameters": {"Size": parameter}, "Resources": {"Table": table}}, RoleARN=role)
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    for made in ("CreateTable", "GetParameters"):
        found = _of_role(account, made, role)
        assert found, made
        assert {event["userIdentity"]["invokedBy"] for event in found} == {"cloudformation.amazonaws.com"}
    assert events(account, "ResourceName", name)[0]["EventName"] == "GetParameters"


def test_what_a_stack_may_not_do_inside_is_kept_with_its_error(account: Account) -> None:
    """AWS, "CloudTrail record contents": errorCode."""
    role = account.role(allow("sqs:*"))
    keys = {
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    }
    table = {"Type": "AWS::DynamoDB::Table", "Properties": {"BillingMode": "PAY_PER_REQUEST", **keys}}
    assert account.deploy({"Resources": {"Table": table}}, RoleARN=role).status == "ROLLBACK_COMPLETE"
    assert {event["errorCode"] for event in _of_role(account, "CreateTable", role)} == {"AccessDenied"}


def test_history_outlives_a_killed_engine(tmp_path: Path, environments: Path) -> None:
    """AWS, "Working with CloudTrail event history": 90 days; what was answered before a kill -9 is in it after."""
    kept = KeptEngine(tmp_path / "state", environments)
    try:
        names = [fresh("queue") for _ in range(20)]
        for name in names:
            kept.account.client("sqs").create_queue(QueueName=name)
        account = kept.again()
        account.client("sqs").create_queue(QueueName="later")
        found = [
            found["event"]["requestParameters"]["queueName"] for found in events(account, "EventName", "CreateQueue")
        ]
        assert found == ["later", *names[::-1]]
    finally:
        kept.end()
