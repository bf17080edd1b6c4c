"""CloudTrail's event history on the engine: calls that services make for somebody, and what a restart finds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.embedded_aws.account import Account, allow, fresh, polls, trust
from tests.embedded_aws.kept import KeptEngine
from tests.embedded_aws.trail_events import event, events

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


def test_what_a_stack_makes_and_reads_is_kept(account: Account) -> None:
    """AWS, "CloudTrail userIdentity element": invokedBy; of a parameter's read the request is not known."""
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
