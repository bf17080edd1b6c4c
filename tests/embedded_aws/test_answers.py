"""AWS's words and members around the emulator's answers; the rest is shown by the expectations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.answers import alarms, machines, stacks, wording
from embedded_aws.sagemaker.errors import AwsError
from tests.embedded_aws.account import Account, allow, code_of, fresh
from tests.embedded_aws.stack_templates import CODE


@pytest.mark.parametrize(
    ("service", "operation", "said", "reworded"),
    [
        ("iam", "GetRole", "Role a not found.", "The role with name a cannot be found."),
        ("iam", "GetPolicy", "Policy not found.", "Policy arn:p was not found."),
        ("iam", "GetUser", "Something else.", "Something else."),
        ("cloudformation", "GetTemplate", "Stack [a] does not exist", "Stack with id a does not exist"),
        ("cloudformation", "DescribeChangeSet", "Stack [a] does not exist", "Stack [a] does not exist"),
        (
            "states",
            "CreateStateMachine",
            "State machine a already exists",
            "State Machine Already Exists: 'arn:aws:states:r:1:stateMachine:a'",
        ),
    ],
)
def test_texts_are_aws_s(service: str, operation: str, said: str, reworded: str) -> None:
    """LocalStack's snapshots named in the expectations have these texts."""
    asked = {"PolicyArn": "arn:p", "place": "r:1"}
    assert wording.reworded(service, operation, said, asked) == reworded
    as_json = wording.reworded_body(service, operation, json.dumps({"message": said}).encode(), asked)
    assert json.loads(as_json) == {"message": reworded}
    as_xml = wording.reworded_body(service, operation, f"<Error><Message>{said}</Message></Error>".encode(), asked)
    assert as_xml.startswith(b"<Error><Message>")
    assert len(as_xml) >= len(reworded)


def test_only_deleted_stacks_lose_their_protection() -> None:
    """LocalStack's cloudformation/api/test_stacks.py::test_name_conflicts: what is deleted cannot be protected."""

    def stack(status: str) -> bytes:
        protection = b"<EnableTerminationProtection>false</EnableTerminationProtection>"
        return b"<StackStatus>" + status.encode() + b"</StackStatus><CreationTime>1</CreationTime>" + protection

    both = stacks.shown("DescribeStacks", {}, stack("DELETE_COMPLETE") + stack("CREATE_COMPLETE"), json.loads)
    assert both.count(b"EnableTerminationProtection>") == 2
    assert both.endswith(b"<EnableTerminationProtection>false</EnableTerminationProtection>")


@pytest.mark.parametrize(
    ("kind", "own", "last", "previous"),
    [
        ("PassStateEntered", 2, 0, 0),
        ("PassStateEntered", 2, 17, 0),
        ("PassStateExited", 3, 2, 2),
        ("PassStateEntered", 9, 4, 4),
        ("ExecutionAborted", 3, 2, 0),
    ],
)
def test_events_follow_the_last_of_their_branch(kind: str, own: int, last: int, previous: int) -> None:
    """LocalStack's stepfunctions/v2/test_sfn_api.py::TestSnfApi::test_start_execution and test_stop_execution.

    What a nested execution's parent did last (17) is not what its own first state follows.
    """
    assert machines.previous_event(kind, own, last) == previous


def test_trust_of_everything_is_no_trust_policy(account: Account) -> None:
    """LocalStack's iam/test_iam_roles.py::TestRoleLifecycle::test_update_assume_role_policy_errors, for CreateRole."""
    principal = {"Service": "ec2.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject"}
    with pytest.raises(ClientError, match="AssumeRole policy may only specify STS AssumeRole actions"):
        account.role(trusts={"Version": "2012-10-17", "Statement": [statement]})


def test_update_of_a_missing_machine_is_refused(account: Account) -> None:
    """AWS, "UpdateStateMachine", Errors: StateMachineDoesNotExist."""
    arn = f"arn:aws:states:us-east-1:{account.engine.account}:stateMachine:missing"
    with pytest.raises(ClientError, match=f"State Machine Does Not Exist: '{arn}'"):
        account.client("stepfunctions").update_state_machine(stateMachineArn=arn, roleArn=account.role())


@pytest.mark.parametrize("wrong", ["Arn", "RoleArn"])
def test_target_and_role_that_are_no_arns_are_refused(account: Account, wrong: str) -> None:
    """AWS, "Target", EventBridge Scheduler's API reference: Arn is the ARN of a target, RoleArn that of a role."""
    function = f"arn:aws:lambda:us-east-1:{account.engine.account}:function:any"
    target = {"Arn": function, "RoleArn": account.role(), wrong: "name"}
    window = {"Mode": "OFF"}
    with pytest.raises(ClientError) as refused:
        account.client("scheduler").create_schedule(
            Name=fresh("schedule"), ScheduleExpression="rate(1 hour)", FlexibleTimeWindow=window, Target=target
        )
    assert code_of(refused.value) == "ValidationException"


def test_empty_default_that_was_given_is_told() -> None:
    """LocalStack's cloudformation/api/test_templates.py::test_validate_template: without a default none is told."""

    def told(**parameter: str) -> bytes:
        body = b"<ParameterKey>Size</ParameterKey><DefaultValue></DefaultValue>"
        template = json.dumps({"Parameters": {"Size": {"Type": "String", **parameter}}})
        return stacks.shown("ValidateTemplate", {"TemplateBody": template}, body, json.loads)

    assert b"DefaultValue" not in told()
    assert b"<DefaultValue></DefaultValue>" in told(Default="")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"Metrics": [{"Id": "a", "Expression": "1"}]}, "Metrics of an alarm is not implemented"),
        (
            {"EvaluateLowSampleCountPercentile": "ignore"},
            "EvaluateLowSampleCountPercentile of an alarm is not implemented",
        ),
        ({"Statistic": "Median"}, "at 'statistic' failed to satisfy constraint"),
    ],
)
def test_alarm_that_would_be_kept_in_part_is_refused(account: Account, more: dict[str, Any], told: str) -> None:
    """CloudWatch API reference, PutMetricAlarm."""
    asked = {"AlarmName": fresh("alarm"), "EvaluationPeriods": 1, "ComparisonOperator": "LessThanThreshold", **more}
    with pytest.raises(ClientError, match=told) as refused:
        account.client("cloudwatch").put_metric_alarm(**asked)
    assert code_of(refused.value) == "ValidationError"


def test_alarm_in_the_query_protocol_is_refused_by_the_same_names() -> None:
    with pytest.raises(AwsError, match="Metrics of an alarm"):
        alarms.refuse_form({"Action": ["PutMetricAlarm"], "Metrics.member.1.Id": ["a"]})
    alarms.refuse_form({"Action": ["PutMetricAlarm"], "MetricName": ["a"], "Dimensions.member.1.Name": ["b"]})


def test_event_source_mapping_that_lambda_refuses(account: Account) -> None:
    """Texts as users report them (hashicorp/terraform-provider-aws issue 15539) and LocalStack has them of AWS."""
    function, queue = account.function(CODE, account.role(allow("sqs:*"))), fresh("queue")
    url = account.client("sqs").create_queue(QueueName=queue)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{account.engine.account}:{queue}"
    lambdas = account.client("lambda")

    def refused(**asked: Any) -> str:  # noqa: ANN401 # CreateEventSourceMapping's parameters
        with pytest.raises(ClientError) as caught:
            lambdas.create_event_source_mapping(**{"FunctionName": function, "EventSourceArn": arn, **asked})
        return f"{code_of(caught.value)}: {caught.value}"

    assert "InvalidParameterValueException: " in refused(EventSourceArn=f"{arn}-not")
    assert "batch window in seconds must be greater than 0" in refused(BatchSize=11)
    assert "KMSKeyArn of an event source mapping is not implemented" in refused(
        KMSKeyArn="arn:aws:kms:us-east-1:1:key/k"
    )
    made = lambdas.create_event_source_mapping(FunctionName=function, EventSourceArn=arn)["UUID"]
    again = refused()
    assert again.startswith("ResourceConflictException: ")
    assert f"existing mapping with UUID {made}" in again
    with pytest.raises(ClientError, match="batch window in seconds must be greater than 0"):
        lambdas.update_event_source_mapping(UUID=made, BatchSize=11)
    lambdas.update_event_source_mapping(UUID=made, BatchSize=11, MaximumBatchingWindowInSeconds=1)
    lambdas.delete_event_source_mapping(UUID=made)
    account.client("sqs").delete_queue(QueueUrl=url)
