"""Properties of resources: what the public schemas forbid fails the stack, and what they allow never does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.cloudformation.property_checks import PropertyChecks
from embedded_aws.cloudformation.resource_schemas import ResourceSchemas
from embedded_aws.cloudformation.static_values import StaticValues
from embedded_aws.cloudformation.types import ResourceError
from tests.embedded_aws.account import Account, fresh, trust
from tests.embedded_aws.stack_events import events, since_update, validation_problems
from tests.embedded_aws.stack_templates import get, resource, template

CHECKS = PropertyChecks(ResourceSchemas("us-east-1"))
QUEUE = "AWS::SQS::Queue"


@pytest.mark.parametrize(
    ("kind", "props", "told"),
    [
        ("AWS::IAM::Role", {}, "#: required key [AssumeRolePolicyDocument] not found"),
        (QUEUE, {"Colour": "blue"}, "#: extraneous key [Colour] is not permitted"),
        (QUEUE, {"Tags": [{"Key": "a"}]}, "#/Tags/0: required key [Value] not found"),
        (QUEUE, {"QueueName": {"a": 1}}, "#/QueueName: expected type: String, found: JSONObject"),
        (QUEUE, {"Tags": "a"}, "#/Tags: expected type: JSONArray, found: String"),
        (QUEUE, {"DelaySeconds": "soon"}, "#/DelaySeconds: expected type: Integer, found: String"),
        (QUEUE, {"DelaySeconds": 901}, "#/DelaySeconds: failed validation constraint for keyword [maximum]"),
        (QUEUE, {"DelaySeconds": "-1"}, "#/DelaySeconds: failed validation constraint for keyword [minimum]"),
        (QUEUE, {"Tags": [{"Key": "", "Value": ""}]}, "#/Tags/0/Key: expected minLength: 1, actual: 0"),
        (
            "AWS::Logs::LogGroup",
            {"RetentionInDays": 4},
            "#/RetentionInDays: failed validation constraint for keyword [enum]",
        ),
        (
            "AWS::SageMaker::NotebookInstance",
            {"InstanceType": "ml.t3.medium", "RoleArn": f"arn:aws:iam::123456789012:role/{'a' * 2018}"},
            "#/RoleArn: expected maxLength: 2048, actual: 2049",
        ),
        (
            "AWS::Lambda::Function",
            {"Code": {"ZipFile": "x"}, "Role": "me"},
            "#/Role: failed validation constraint for keyword [pattern]",
        ),
    ],
)
def test_failure_is_told_with_its_place(kind: str, props: dict[str, Any], told: str) -> None:
    """What the keywords mean: cloudformation-cli/latest/userguide/resource-type-schema.html.

    The texts are those of AWS's validator (ValidationException of aws-cloudformation/cloudformation-resource-schema),
    which shows no values.
    """
    with pytest.raises(ResourceError) as refused:
        CHECKS.check("Thing", kind, props)
    assert str(refused.value) == f"Properties validation failed for resource Thing with message: [{told}]"


def test_all_failures_are_told_at_once() -> None:
    """cloudformation-cli/latest/userguide/resource-type-schema.html; how AWS joins several is not known."""
    with pytest.raises(ResourceError, match=r"extraneous key \[A\].*extraneous key \[B\].*#/DelaySeconds"):
        CHECKS.check("Thing", QUEUE, {"A": 1, "B": 2, "DelaySeconds": 901})


def test_what_only_aws_sets_is_refused() -> None:
    """cloudformation-cli/latest/userguide/resource-type-schema.html; the text is that of older types."""
    with pytest.raises(ResourceError, match="Encountered unsupported property Arn"):
        CHECKS.check("Thing", QUEUE, {"Arn": "arn:aws:sqs:us-east-1:123456789012:mine"})


@pytest.mark.parametrize(
    ("kind", "props"),
    [
        (QUEUE, {"DelaySeconds": "5", "FifoQueue": "true", "QueueName": 7}),
        ("AWS::Logs::LogGroup", {"RetentionInDays": "7"}),
        ("AWS::IAM::Role", {"AssumeRolePolicyDocument": trust("lambda"), "MaxSessionDuration": "3600"}),
        ("AWS::IAM::Role", {"AssumeRolePolicyDocument": "{}"}),
        ("Custom::Anything", {"ServiceToken": "arn", "What": [{"Ever": 1}]}),
        ("AWS::CloudFormation::CustomResource", {"ServiceToken": "arn", "What": "Ever"}),
    ],
)
def test_what_a_template_may_say_passes(kind: str, props: dict[str, Any]) -> None:
    """Values of parameters are text (AWSCloudFormation/latest/UserGuide/parameters-section-structure.html).

    Custom resources have any properties (template-custom-resources.html).
    """
    CHECKS.check("Thing", kind, props)


def test_tags_of_the_stack_are_no_properties_of_a_resource(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html: a schema's 50 tags are the template's."""
    tags = [{"Key": f"k{number}", "Value": "v"} for number in range(50)]
    stack = account.deploy(template(Images=resource("ECR::Repository", Tags=tags)))
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    account.destroy(stack)


_NO_DOCUMENT = template(Queue=resource("SQS::Queue"), Policy=resource("S3::BucketPolicy", Bucket="b"))
_MISSING = "required key [PolicyDocument] not found"


def test_missing_property_fails_the_stack_before_anything_is_made(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html: property syntax, on CreateStack."""
    stack = account.deploy(_NO_DOCUMENT)
    assert stack.status == "ROLLBACK_COMPLETE"
    assert stack.reasons[stack.name].startswith("Validation failed with 1 error(s). Call DescribeEvents")
    assert {event.logical_id for event in events(account, stack.name)} == {stack.name}
    assert validation_problems(account, StackName=stack.name) == [("/Resources/Policy/Properties", _MISSING)]


def test_missing_property_fails_its_resource_where_nothing_is_validated_before(account: Account) -> None:
    """AWSCloudFormation/latest/APIReference/API_CreateStack.html: DisableValidation; the schema still holds."""
    stack = account.deploy(_NO_DOCUMENT, DisableValidation=True)
    assert stack.status == "ROLLBACK_COMPLETE"
    assert stack.reasons["Policy"] == f"Properties validation failed for resource Policy with message: [#: {_MISSING}]"
    why = next(event.reason for event in events(account, stack.name) if event.status == "ROLLBACK_IN_PROGRESS")
    assert why == "Validation failed for following resources: [Policy]. Rollback requested by user."


def test_property_that_is_known_late_fails_its_resource(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html: only what is known is validated before."""
    late = resource("SQS::Queue", DelaySeconds=get("Queue", "QueueName"))
    stack = account.deploy(template(Queue=resource("SQS::Queue"), Late=late))
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "#/DelaySeconds: expected type: Integer, found: String" in stack.reasons["Late"]


def test_wrong_property_of_an_update_changes_nothing(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html: on UpdateStack too."""
    stack = account.deploy(template({"Url": {"Ref": "Queue"}}, Queue=resource("SQS::Queue", VisibilityTimeout=60)))
    wrong = template(Queue=resource("SQS::Queue", VisibilityTimeout=43201))
    updated = account.deploy(wrong, StackName=stack.name)
    assert updated.status == "UPDATE_ROLLBACK_COMPLETE"
    assert {event.logical_id for event in since_update(account, stack.name)} == {stack.name}
    told = "failed validation constraint for keyword [maximum]"
    path = "/Resources/Queue/Properties/VisibilityTimeout"
    assert validation_problems(account, StackName=stack.name) == [(path, told)]
    assert account.deploy(wrong, StackName=stack.name, DisableValidation=True).status == "UPDATE_ROLLBACK_COMPLETE"
    asked = {"QueueUrl": stack.outputs["Url"], "AttributeNames": ["VisibilityTimeout"]}
    assert account.client("sqs").get_queue_attributes(**asked)["Attributes"] == {"VisibilityTimeout": "60"}
    assert [told.status for told in since_update(account, stack.name) if told.logical_id == "Queue"] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_FAILED",
        "UPDATE_COMPLETE",
    ]


def test_wrong_property_fails_the_change_set(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html; the CDK reads the reason and the events."""
    stacks, name = account.client("cloudformation"), fresh("stack")
    asked = {"StackName": name, "ChangeSetType": "CREATE", "TemplateBody": json.dumps(_NO_DOCUMENT)}
    stacks.create_change_set(ChangeSetName="wrong", **asked)
    shown = stacks.describe_change_set(StackName=name, ChangeSetName="wrong")
    assert (shown["Status"], shown["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "[AWS::EarlyValidation::PropertyValidation]" in shown["StatusReason"]
    told = validation_problems(account, StackName=name, ChangeSetName="wrong")
    assert told == [("/Resources/Policy/Properties", _MISSING)]
    assert told == validation_problems(account, ChangeSetName=shown["ChangeSetId"])
    with pytest.raises(ClientError, match="InvalidChangeSetStatus"):
        stacks.execute_change_set(StackName=name, ChangeSetName="wrong")
    stacks.create_change_set(ChangeSetName="unseen", DisableValidation=True, **asked)
    assert stacks.describe_change_set(StackName=name, ChangeSetName="unseen")["Status"] == "CREATE_COMPLETE"
    assert validation_problems(account, StackName=name, ChangeSetName="unseen") == []


@pytest.mark.parametrize(
    ("part", "known"),
    [
        ({"a": {"Ref": "P"}, "b": [1, "x"]}, {"a": "p", "b": [1, "x"]}),
        ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
        ({"Fn::If": ["Yes", {"a": 1}, {"b": 2}]}, {"a": 1}),
        ({"Fn::If": ["No", {"a": 1}, {"b": 2}]}, {"b": 2}),
        ({"NotAFunction": {"Fn": 1}}, {"NotAFunction": {"Fn": 1}}),
    ],
)
def test_known_values(part: Any, known: Any) -> None:  # noqa: ANN401 # any part of a template
    """AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html."""
    assert _static(part) == known


@pytest.mark.parametrize(
    "part", [{"Ref": "R"}, {"Fn::GetAtt": ["R", "Arn"]}, "{{resolve:ssm:x}}", {"Ref": "Broken"}, {"Ref": "Dynamic"}]
)
def test_unknown_values_fit_everything(part: Any) -> None:  # noqa: ANN401 # any part of a template
    """AWSCloudFormation/latest/UserGuide/dynamic-references.html: resolved while the stack is deployed."""
    assert CHECKS.failures(QUEUE, _static({"DelaySeconds": part, "Tags": [part, part], "QueueName": part})) == []


def _static(part: Any) -> Any:  # noqa: ANN401 # any part of a template
    absent, parameters = object(), {"P": "p", "Dynamic": "a{{resolve:ssm:x}}"}
    held = {**parameters, "AWS::NoValue": absent}
    values = StaticValues(lambda call: held[call["Ref"]], lambda call: "'R'" in str(call), {"Yes": True}, absent)
    return values.of(part)


@pytest.mark.parametrize("act", ["create_stack", "create_change_set", "validate_template"])
def test_types_are_known_or_refused_by_name(account: Account, act: str) -> None:
    """AWSCloudFormation/latest/UserGuide/troubleshooting.html; a type that only the engine lacks is told apart."""
    stacks = account.client("cloudformation")
    more: dict[str, dict[str, str]] = {
        "create_stack": {"StackName": "kinds"},
        "create_change_set": {"StackName": "kinds", "ChangeSetName": "first", "ChangeSetType": "CREATE"},
        "validate_template": {},
    }
    for kind, told in (
        ("SQS::Quue", r"Template format error: Unrecognized resource types: \[AWS::SQS::Quue\]"),
        ("SageMaker::Domain", r"the embedded AWS does not implement: \[AWS::SageMaker::Domain\]"),
    ):
        with pytest.raises(ClientError, match=told):
            getattr(stacks, act)(TemplateBody=json.dumps(template(Thing=resource(kind))), **more[act])
