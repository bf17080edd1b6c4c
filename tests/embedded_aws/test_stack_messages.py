"""Stacks: parameters, queues, keys, topics, rules and repositories."""

from __future__ import annotations

import json
from typing import Any

import pytest

from embedded_aws.cloudformation.parameter_type import PARAMETER_TYPE
from embedded_aws.cloudformation.types import ResourceError
from tests.embedded_aws.account import Account, Template, allow, fresh, policy
from tests.embedded_aws.stack_templates import get, only, refused, resource, template
from tests.embedded_aws.stack_type_cases import TAGS


def test_parameter_has_its_documented_attributes_and_no_secrets(account: Account) -> None:
    """Fn::GetAtt gives Type and Value (AWS::SSM::Parameter); SecureString is not a value of Type."""
    parameter = resource("SSM::Parameter", Name=fresh("/p"), Type="StringList", Value="a,b")
    outputs = {"Type": get("P", "Type"), "Value": get("P", "Value")}
    stack = account.deploy(template(outputs, P=parameter))
    assert stack.outputs == {"Type": "StringList", "Value": "a,b"}
    call: Any = _never
    with pytest.raises(ResourceError, match="SecureString"):
        PARAMETER_TYPE.create(call, str, {"Type": "SecureString", "Value": "x"})
    assert "ParameterAlreadyExists" in refused(account, parameter)
    account.destroy(stack)


def _never(service: str, operation: str, /, **_params: Any) -> dict[str, Any]:  # noqa: ANN401 # API parameters
    raise AssertionError(f"{service} {operation} was called")


def test_queue_is_what_its_template_says(account: Account) -> None:
    """Fn::GetAtt gives Arn, QueueName and QueueUrl (AWS::SQS::Queue); a dropped property is SQS's default again."""
    outputs = {"Ref": {"Ref": "Q"}, "Url": get("Q", "QueueUrl"), "Name": get("Q", "QueueName"), "Arn": get("Q")}
    dead = {"deadLetterTargetArn": get("Dead"), "maxReceiveCount": 3}

    def wanted(**more: Any) -> Template:  # noqa: ANN401 # template properties
        return template(outputs, Dead=resource("SQS::Queue"), Q=resource("SQS::Queue", **more))

    stack = account.deploy(wanted(RedrivePolicy=dead, SqsManagedSseEnabled=True, VisibilityTimeout="40"))
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    assert stack.outputs["Ref"] == stack.outputs["Url"]
    assert stack.outputs["Arn"].endswith(f":{stack.outputs['Name']}")
    queues = account.client("sqs")

    def held() -> dict[str, str]:
        found: dict[str, str] = queues.get_queue_attributes(QueueUrl=stack.outputs["Url"], AttributeNames=["All"])[
            "Attributes"
        ]
        return found

    assert json.loads(held()["RedrivePolicy"])["maxReceiveCount"] in (3, "3")
    assert held()["VisibilityTimeout"] == "40"
    updated = account.deploy(wanted(SqsManagedSseEnabled=True), StackName=stack.name)
    assert updated.status == "UPDATE_COMPLETE", updated.reasons
    assert (held()["VisibilityTimeout"], held().get("RedrivePolicy", "")) == ("30", "")
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_key_waits_for_its_end_and_is_never_another_kind(account: Account) -> None:
    """A change of KeySpec, KeyUsage, Origin or MultiRegion fails the update, deleting schedules (AWS::KMS::Key)."""
    stack = account.deploy(only(K=resource("KMS::Key", PendingWindowInDays="9", EnableKeyRotation=True, Tags=TAGS)))
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    keys, own = account.client("kms"), stack.outputs["K"]
    assert keys.get_key_rotation_status(KeyId=own)["KeyRotationEnabled"]
    other = account.deploy(
        only(K=resource("KMS::Key", KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")), StackName=stack.name
    )
    assert other.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "not supported" in other.reasons["K"]
    assert account.destroy(stack).status == "DELETE_COMPLETE"
    assert keys.describe_key(KeyId=own)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_topic_and_its_listeners(account: Account) -> None:
    """Fn::GetAtt gives TopicArn and TopicName (AWS::SNS::Topic); listeners inside it come and go with the template."""
    queue = account.client("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"].rpartition("/")[2]
    arn = f"arn:aws:sqs:us-east-1:{account.engine.account}:{queue}"

    def wanted(*listeners: dict[str, str]) -> Template:
        outputs = {"Ref": {"Ref": "T"}, "Name": get("T", "TopicName"), "Arn": get("T", "TopicArn")}
        return template(outputs, T=resource("SNS::Topic", Subscription=list(listeners)))

    stack = account.deploy(wanted({"Protocol": "sqs", "Endpoint": arn}))
    assert stack.outputs["Ref"] == stack.outputs["Arn"]
    topics = account.client("sns")

    def heard() -> list[str]:
        found = topics.list_subscriptions_by_topic(TopicArn=stack.outputs["Arn"])["Subscriptions"]
        return [listener["Endpoint"] for listener in found]

    assert heard() == [arn]
    assert account.deploy(wanted(), StackName=stack.name).status == "UPDATE_COMPLETE"
    assert heard() == []
    account.destroy(stack)


def test_rule_hands_over_its_targets_roles(account: Account) -> None:
    """PutTargets needs iam:PassRole for a target's role (EventBridge User Guide, "Using identity-based policies")."""
    role = account.role(trusts={**json.loads(policy()), "Statement": [_events_trust()]})
    machine = account.machine({"P": {"Type": "Pass", "End": True}}, account.role())
    target = {"Id": "m", "Arn": machine, "RoleArn": role, "RetryPolicy": {"MaximumRetryAttempts": "2"}}
    wanted = only(R=resource("Events::Rule", ScheduleExpression="rate(1 day)", Targets=[target]))
    poor = account.user(allow("cloudformation:*", "events:*"))
    assert "iam:PassRole" in account.deploy(wanted, poor).reasons["R"]
    stack = account.deploy(
        wanted, account.user(allow("cloudformation:*", "events:*"), allow("iam:PassRole", resource=role))
    )
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    held = account.client("events").list_targets_by_rule(Rule=stack.outputs["R"])["Targets"][0]
    assert held["RetryPolicy"]["MaximumRetryAttempts"] == 2
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def _events_trust() -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}


def test_repository_with_images_goes_only_if_the_template_says_so(account: Account) -> None:
    """EmptyOnDelete (AWS::ECR::Repository): otherwise a repository must be empty to be deleted."""
    images = account.client("ecr")

    def made(**more: Any) -> Any:  # noqa: ANN401 # a Stack
        stack = account.deploy(only(R=resource("ECR::Repository", **more)))
        manifest = json.dumps({"schemaVersion": 2, "layers": []})
        images.put_image(repositoryName=stack.outputs["R"], imageManifest=manifest, imageTag="one")
        return stack

    kept = account.destroy(made())
    assert "RepositoryNotEmptyException" in kept.reasons["R"]
    assert account.destroy(made(EmptyOnDelete="true")).status == "DELETE_COMPLETE"
