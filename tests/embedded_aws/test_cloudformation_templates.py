"""Templates and requests that are refused before there is a stack."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.cloudformation.template_checks import parameter_problem, unrecognized
from embedded_aws.cloudformation.template_sections import section_problem
from tests.embedded_aws.account import Account, Template, code_of, fresh, trust
from tests.embedded_aws.stack_templates import SAGEMAKER_ROLE, get, resource, template

_QUEUE = resource("SQS::Queue")


def _with(parameters: dict[str, Any], **resources: Any) -> Template:  # noqa: ANN401 # template parts
    return {**template(**(resources or {"Queue": _QUEUE})), "Parameters": parameters}


def _refused(account: Account, wanted: Template | str, **more: Any) -> ClientError:  # noqa: ANN401 # CreateStack's parameters
    """The error of a creation; there is no stack afterwards."""
    stacks, name = account.client("cloudformation"), fresh("stack")
    body = wanted if isinstance(wanted, str) else json.dumps(wanted)
    given = {"TemplateBody": body} if "TemplateURL" not in more else {}
    with pytest.raises(ClientError) as refused:
        stacks.create_stack(StackName=name, **given, **more)
    with pytest.raises(ClientError, match="does not exist"):
        stacks.describe_stacks(StackName=name)
    return refused.value


def _told(error: ClientError) -> str:
    return str(error.response["Error"]["Message"])


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (
            template(Q=resource("SQS::Queue", QueueName={"Ref": "Nobody"})),
            "Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template",
        ),
        (
            template(Q={**_QUEUE, "DependsOn": "Nobody"}),
            "Template format error: Unresolved resource dependencies [Nobody] in the Resources block of the template",
        ),
        (
            template({"Out": {"Fn::Sub": "${Nobody.Arn}"}}, Q=_QUEUE),
            "Template format error: Unresolved resource dependencies [Nobody] in the Outputs block of the template",
        ),
        (
            template(
                A=resource("SQS::Queue", QueueName=get("B", "QueueName")),
                B=resource("SQS::Queue", QueueName=get("A", "QueueName")),
            ),
            "Circular dependency between resources: [A, B]",
        ),
        (
            template({"Out": get("Q", "QueueArn")}, Q=_QUEUE),
            "Template error: resource Q does not support attribute type QueueArn in Fn::GetAtt",
        ),
        (
            template(Q=_QUEUE, R=resource("SQS::Queue", QueueName={"Fn::Sub": "${Q.Name}"})),
            "Template error: resource Q does not support attribute type Name in Fn::GetAtt",
        ),
        ({"Parameters": {}}, "Template format error: At least one Resources member must be defined."),
        ({**template(Q=_QUEUE), "Rersources": {}}, "Invalid template property or properties [Rersources]"),
        (template(Q={**_QUEUE, "Colour": "blue"}), "Invalid template resource property 'Colour'"),
        (
            template(Q={"Properties": {}}),
            "Template format error: [/Resources/Q] Every Resources object must contain a Type member.",
        ),
        (template(**{"Q-1": _QUEUE}), "Template format error: Resource name Q-1 is non alphanumeric."),
        (
            template(Q=resource("SQS::Queue", QueueName=None)),
            "[/Resources/Q/Type/QueueName] 'null' values are not allowed in templates",
        ),
        (
            template(Q={**_QUEUE, "Condition": "Never"}),
            "Template format error: Unresolved condition dependency Never in the Resources block of the template",
        ),
    ],
)
def test_template_that_cannot_be_deployed(account: Account, wanted: Template, told: str) -> None:
    """AWSCloudFormation/latest/UserGuide/troubleshooting.html; intrinsic-function-reference-ref.html."""
    assert (code_of(error := _refused(account, wanted)), _told(error)) == ("ValidationError", told)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            {"AWSTemplateFormatVersion": "2011"},
            "Template format error: unsupported value for AWSTemplateFormatVersion.",
        ),
        (
            {"Parameters": {"P": {"Default": "x"}}},
            "Template format error: [/Parameters/P] Every Parameters object must contain a Type member.",
        ),
        (
            {"Parameters": {"P": {"Type": "Strin", "Default": ""}}},
            "Template format error: Unrecognized parameter type: Strin",
        ),
        (
            {"Parameters": {"P": {"Type": "String", "Default": "", "Colour": 1}}},
            "Invalid template parameter property 'Colour'",
        ),
        ({"Outputs": {"a_b": {"Value": "1"}}}, "Template format error: Outputs name 'a_b' is non alphanumeric."),
        (
            {"Outputs": {"O": {"Description": "1"}}},
            "Template format error: [/Outputs/O] Every Outputs member must contain a Value object",
        ),
        (
            {"Resources": {"Q": {**_QUEUE, "DeletionPolicy": "retain"}}},
            "Template format error: Unrecognized DeletionPolicy retain for resource Q",
        ),
        (
            {"Resources": {"Q": {**_QUEUE, "DeletionPolicy": "Snapshot"}}},
            "Template error: DeletionPolicy Snapshot is not supported by the type AWS::SQS::Queue of resource Q",
        ),
        (
            {"Resources": {"V": {"Type": "AWS::EC2::Volume", "UpdateReplacePolicy": "Snapshot"}}},
            "UpdateReplacePolicy Snapshot (of V) is not implemented by the embedded AWS",
        ),
        (
            {"Resources": {"Q": {**_QUEUE, "UpdateReplacePolicy": {"Ref": "AWS::Region"}}}},
            "Template format error: Every UpdateReplacePolicy member must be a string.",
        ),
        (
            {"Outputs": {"O": {"Value": {"Fn::Joyn": []}}}},
            "Template error: Fn::Joyn is no function of CloudFormation's",
        ),
        ({"Parameters": ["P"]}, "Template format error: Any Parameters member must be an object."),
        ({"Conditions": ["C"]}, "Template format error: Any Conditions member must be an object."),
        ({"Outputs": ["O"]}, "Template format error: Any Outputs member must be an object."),
        (
            {"Outputs": {"O": {"Value": {"Fn::If": [{"Fn::Equals": ["a", "b"]}, "x", "y"]}}}},
            "Template error: Fn::If takes the name of a condition",
        ),
    ],
)
def test_sections_have_the_form_of_their_pages(account: Account, more: Template, told: str) -> None:
    """AWSCloudFormation/latest/UserGuide/parameters-section-structure.html, outputs-section-structure.html.

    And aws-attribute-deletionpolicy.html, aws-attribute-updatereplacepolicy.html, format-version-structure.html.
    """
    assert _told(_refused(account, {**template(Q=_QUEUE), **more})) == told


@pytest.mark.parametrize(
    "kind",
    [
        "String",
        "Number",
        "List<Number>",
        "CommaDelimitedList",
        "AWS::EC2::VPC::Id",
        "List<AWS::EC2::Subnet::Id>",
        "AWS::SSM::Parameter::Name",
        "AWS::SSM::Parameter::Value<List<String>>",
    ],
)
def test_types_of_parameters(kind: str) -> None:
    """AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html."""
    assert section_problem(_with({"P": {"Type": kind, "NoEcho": True}})) is None


def test_what_refers_to_itself_rightly_passes(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html: pseudo parameters and `${!...}`."""
    text = {"Fn::Sub": ["${AWS::Region}-${!Literal}-${Own}-${Name}", {"Own": "o"}]}
    wanted = {**_with({"Name": {"Type": "String", "Default": "n"}}), "Outputs": {"Text": {"Value": text}}}
    stack = account.deploy(wanted)
    assert stack.outputs == {"Text": "us-east-1-${Literal}-o-n"}
    account.destroy(stack)


@pytest.mark.parametrize(
    ("parameters", "given", "told"),
    [
        ({"A": {"Type": "String"}}, {}, "Parameters: [A] must have values"),
        ({}, {"B": "1"}, "Parameters: [B] do not exist in the template"),
        ({"A": {"Type": "String", "AllowedValues": ["x"]}}, {"A": "y"}, "Parameter 'A' must be one of AllowedValues"),
        ({"A": {"Type": "String", "AllowedPattern": "[a-z]+"}}, {"A": "1"}, "Parameter 'A' must match pattern [a-z]+"),
        ({"A": {"Type": "Number"}}, {"A": "x"}, "Parameter 'A' must be a number"),
        ({"A": {"Type": "Number", "MaxValue": 5}}, {"A": "6"}, "Parameter 'A' must be a number not greater than 5"),
        ({"A": {"Type": "String", "MinLength": 2}}, {"A": "x"}, "Parameter 'A' must contain at least 2 characters"),
        (
            {"A": {"Type": "String", "AllowedPattern": "[a-z]+", "ConstraintDescription": "must be small letters"}},
            {"A": "1"},
            "Parameter 'A' must be small letters",
        ),
    ],
)
def test_parameters_must_be_given_and_fit(
    account: Account, parameters: dict[str, Any], given: dict[str, str], told: str
) -> None:
    """AWSCloudFormation/latest/UserGuide/parameters-section-structure.html."""
    values = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    error = _refused(account, _with(parameters), Parameters=values)
    assert (code_of(error), _told(error)) == ("ValidationError", told)


def test_what_is_not_made_under_a_condition_cannot_be_referred_to(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html: where Fn::If takes it, it is."""
    wanted = template({"Out": {"Ref": "Other"}}, Queue=_QUEUE, Other={**_QUEUE, "Condition": "No"})
    wanted["Conditions"] = {"No": {"Fn::Equals": ["a", "b"]}}
    told = "Template format error: Unresolved resource dependencies [Other] in the Outputs block of the template"
    assert _told(_refused(account, wanted)) == told
    wanted["Outputs"]["Out"]["Value"] = {"Fn::If": ["No", {"Ref": "Other"}, "none"]}
    stack = account.deploy(wanted)
    assert stack.outputs == {"Out": "none"}
    account.destroy(stack)


def test_template_comes_from_one_place(account: Account) -> None:
    """AWSCloudFormation/latest/APIReference/API_CreateStack.html: TemplateBody or TemplateURL, not both."""
    both = {"TemplateBody": json.dumps(template(Q=_QUEUE)), "TemplateURL": "https://s3.us-east-1.amazonaws.com/b/k"}
    with pytest.raises(ClientError, match="not both"):
        account.client("cloudformation").create_stack(StackName=fresh("stack"), **both)


@pytest.mark.parametrize("act", ["update_stack", "create_change_set"])
def test_type_of_a_resource_stays(account: Account, act: str) -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html."""
    stack = account.deploy(template(Thing=_QUEUE))
    more = {"ChangeSetName": "other"} if act == "create_change_set" else {}
    change = getattr(account.client("cloudformation"), act)
    with pytest.raises(ClientError, match=r"Update of resource type is not permitted.*: \[Thing\]"):
        change(StackName=stack.name, TemplateBody=json.dumps(template(Thing=resource("Logs::LogGroup"))), **more)
    with pytest.raises(ClientError, match="Template format error"):
        change(StackName=stack.name, TemplateBody="a: [", **more)
    account.destroy(stack)


def test_previous_values_count_as_given(account: Account) -> None:
    """AWSCloudFormation/latest/APIReference/API_Parameter.html: UsePreviousValue."""
    wanted = _with({"A": {"Type": "Number"}}, Queue=resource("SQS::Queue", DelaySeconds={"Ref": "A"}))
    stack = account.deploy(wanted, Parameters=[{"ParameterKey": "A", "ParameterValue": "5"}])
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    wanted["Resources"]["More"] = _QUEUE
    previous = [{"ParameterKey": "A", "UsePreviousValue": True}]
    assert account.deploy(wanted, StackName=stack.name, Parameters=previous).status == "UPDATE_COMPLETE"
    with pytest.raises(ClientError, match=r"Parameters: \[A\] must have values"):
        account.deploy(wanted, StackName=stack.name)
    account.destroy(stack)


_NAMED_ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {"RoleName": "named", "AssumeRolePolicyDocument": trust("lambda")},
}


@pytest.mark.parametrize(
    ("role", "given", "wanted"),
    [
        (SAGEMAKER_ROLE, [], "CAPABILITY_IAM"),
        (_NAMED_ROLE, [], "CAPABILITY_NAMED_IAM"),
        (_NAMED_ROLE, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
    ],
)
def test_rights_that_a_template_makes_are_acknowledged(
    account: Account, role: dict[str, Any], given: list[str], wanted: str
) -> None:
    """AWSCloudFormation/latest/APIReference/API_CreateStack.html: Capabilities."""
    error = _refused(account, template(Role=role), Capabilities=given)
    assert code_of(error) == "InsufficientCapabilitiesException"
    assert _told(error) == f"Requires capabilities : [{wanted}]"


def test_quotas_of_templates(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/cloudformation-limits.html: 51,200 bytes, 1 MB, 500 resources."""
    objects, bucket = account.client("s3"), account.bucket()

    def stored(body: str) -> str:
        objects.put_object(Bucket=bucket, Key="t.json", Body=body)
        return f"https://s3.us-east-1.amazonaws.com/{bucket}/t.json"

    assert "less than or equal to 51200" in _told(_refused(account, json.dumps(template(Q=_QUEUE)) + " " * 51_200))
    large = json.dumps({**template(Q=_QUEUE), "Metadata": {"x": "x" * 1_000_000}})
    assert "may not exceed 1000000 bytes" in _told(_refused(account, "", TemplateURL=stored(large)))
    many = json.dumps(template(**{f"Q{number}": _QUEUE for number in range(501)}))
    told = "Template format error: Number of resources, 501, is greater than maximum allowed, 500"
    assert _told(_refused(account, "", TemplateURL=stored(many))) == told


def test_change_set_for_a_new_stack_leaves_nothing_when_it_is_refused(account: Account) -> None:
    """AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html; no stack in review is left behind."""
    stacks, name = account.client("cloudformation"), fresh("stack")
    body = json.dumps(template(Q=resource("SQS::Queue", QueueName={"Ref": "Nobody"})))
    with pytest.raises(ClientError, match="Unresolved resource dependencies"):
        stacks.create_change_set(StackName=name, ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=body)
    with pytest.raises(ClientError, match="does not exist"):
        stacks.describe_stacks(StackName=name)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"TimeoutInMinutes": 5}, "TimeoutInMinutes is not implemented"),
        ({"NotificationARNs": ["arn:aws:sns:us-east-1:123456789012:t"]}, "NotificationARNs is not implemented"),
        ({"ResourceTypes": ["AWS::SQS::*"]}, "ResourceTypes is not implemented"),
        ({"RollbackConfiguration": {"MonitoringTimeInMinutes": 1}}, "RollbackConfiguration is not implemented"),
        ({"StackPolicyBody": "{}"}, "StackPolicyBody is not implemented"),
        ({"DeploymentConfig": {"Mode": "EXPRESS"}}, "DeploymentConfig.Mode=EXPRESS is not implemented"),
        ({"DeploymentConfig": {"DisableRollback": True}}, "DeploymentConfig.DisableRollback=true is not implemented"),
    ],
)
def test_parameters_that_are_not_done_are_refused_by_name(account: Account, given: dict[str, Any], told: str) -> None:
    """AWSCloudFormation/latest/APIReference/API_CreateStack.html has them; here nothing is accepted and ignored."""
    assert told in _told(_refused(account, template(Q=_QUEUE), **given))


def test_parameters_that_ask_for_nothing_are_taken(account: Account) -> None:
    """AWSCloudFormation/latest/APIReference/API_CreateStack.html; the CDK sends them with every deployment."""
    empty: dict[str, Any] = {"NotificationARNs": [], "DeploymentConfig": {"Mode": "STANDARD", "DisableRollback": False}}
    stack = account.deploy(template(Q=_QUEUE), **empty)
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    with pytest.raises(ClientError, match="StackPolicyBody is not implemented"):
        account.client("cloudformation").set_stack_policy(StackName=stack.name, StackPolicyBody="{}")
    account.destroy(stack)


def test_nested_stacks_are_refused_by_name(account: Account) -> None:
    """AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html has them; the engine has not."""
    nested = resource("CloudFormation::Stack", TemplateURL="https://s3.us-east-1.amazonaws.com/b/k")
    told = "Resource types that the embedded AWS does not implement: [AWS::CloudFormation::Stack]"
    assert _told(_refused(account, template(Nested=nested))) == told


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ({**template(Q=_QUEUE), "Hooks": {"H": {}}}, "Hooks section is not implemented"),
        (template(Q={**_QUEUE, "UpdatePolicy": {}}), "UpdatePolicy (of Q) is not implemented"),
        (template(Q={**_QUEUE, "CreationPolicy": {}}), "CreationPolicy (of Q) is implemented by the embedded AWS for"),
    ],
)
def test_attributes_that_are_not_done_are_refused_by_name(account: Account, wanted: Template, told: str) -> None:
    """AWSCloudFormation/latest/UserGuide/aws-product-attribute-reference.html has them."""
    assert told in _told(_refused(account, wanted))


def test_words_about_types_and_parameters() -> None:
    """AWSCloudFormation/latest/UserGuide/troubleshooting.html."""
    told = "Template format error: Unrecognized resource types: [AWS::A::B, AWS::C::D]"
    assert unrecognized(told, lambda kind: kind == "AWS::A::B") == told.replace("AWS::A::B, ", "")
    assert unrecognized("something else", lambda _: True) == "something else"
    defined = {"A": {"Type": "String"}, "B": {"Type": "String", "Default": ""}, "C": {"Type": "String"}}
    assert parameter_problem(defined, []) == "Parameters: [A, C] must have values"
    assert parameter_problem(defined, [{"Key": "A"}, {"Key": "C"}]) is None


@pytest.mark.parametrize(
    "wanted",
    [
        {**template(Queue=_QUEUE), "Transform": "My::Macro"},
        {**template(Queue=_QUEUE), "Transform": ["AWS::LanguageExtensions", {"Name": "My::Macro"}]},
        template(Queue={**_QUEUE, "Metadata": {"Fn::Transform": {"Name": "My::Macro"}}}),
    ],
)
def test_macro_that_nobody_applies_is_refused_by_name(account: Account, wanted: Template) -> None:
    """AWS refuses macros that are not there ("Use template macros"); here none is but two of AWS's."""
    refused = _refused(account, wanted, Capabilities=["CAPABILITY_AUTO_EXPAND"])
    assert _told(refused) == "The transform My::Macro is not implemented by the embedded AWS"
    stacks, change = account.client("cloudformation"), {"StackName": fresh("macro"), "ChangeSetName": "c"}
    with pytest.raises(ClientError, match="The transform My::Macro is not implemented"):
        stacks.create_change_set(
            **change,
            ChangeSetType="CREATE",
            TemplateBody=json.dumps(wanted),
            Capabilities=["CAPABILITY_AUTO_EXPAND"],
        )
