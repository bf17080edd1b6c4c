"""Which types of stacks go by API calls, with which rights, and that the others are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from embedded_aws.cloudformation import resource_types, rights
from embedded_aws.iam import creation_rights
from embedded_aws.iam.authorization import Check
from tests.embedded_aws.account import Account, allow, fresh
from tests.embedded_aws.stack_cases_makers import MAKERS
from tests.embedded_aws.stack_cases_others import OTHERS
from tests.embedded_aws.stack_cases_stores import STORES
from tests.embedded_aws.stack_schemas import schema_of
from tests.embedded_aws.stack_templates import CODE, SAGEMAKER_ROLE, resource, template
from tests.embedded_aws.stack_type_cases import TAGS, Case

ROOT = Path(__file__).parent.parent.parent
BOOTSTRAP = ROOT / "node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml"
API = resource_types("us-east-1")
CASES = [*MAKERS, *OTHERS, *STORES]
# Their tests wait for what they make: test_cloudformation.py, test_cloudformation_hosting.py.
ELSEWHERE = {f"AWS::SageMaker::{kind}" for kind in ("Model", "EndpointConfig", "Endpoint", "NotebookInstance")}


class Loader(yaml.SafeLoader):
    """Reads the bootstrap's template, whose short intrinsic functions do not matter here."""


def used_types() -> Iterator[tuple[str, str]]:
    """Every type of ClassLab's templates and of the CDK's bootstrap, with where it is used."""
    Loader.add_multi_constructor("!", lambda _loader, suffix, _node: suffix)
    templates = {path.name: json.loads(path.read_text()) for path in (ROOT / "tests/synth/snapshots").glob("*.json")}
    templates["bootstrap"] = yaml.load(BOOTSTRAP.read_text(), Loader)  # noqa: S506 # a SafeLoader of our own
    for name, content in templates.items():
        yield from {(item["Type"], name) for item in content["Resources"].values()}


@pytest.mark.parametrize(("kind", "where"), sorted(used_types()))
def test_type_goes_by_api_calls_or_is_nobodys_resource(kind: str, where: str) -> None:
    assert kind in API or rights.is_custom(kind) or rights.is_free(kind), where


def test_every_api_type_has_a_case() -> None:
    assert {case.kind for case in CASES} | ELSEWHERE == set(API)


@pytest.mark.parametrize("case", CASES, ids=[case.kind for case in CASES])
@pytest.mark.parametrize("verb", ["create", "update", "delete"])
def test_rights_of_a_case_are_the_public_schemas(case: Case, verb: str) -> None:
    """`handlers.*.permissions` and `tagging.permissions` of the type's schema."""
    schema = schema_of(case.kind)
    documented = {*schema["handlers"].get(verb, {}).get("permissions", []), *_tagging(schema)}
    assert set(getattr(case, verb)) <= documented


def _tagging(schema: dict[str, Any]) -> list[str]:
    found: list[str] = (schema.get("tagging") or {}).get("permissions", [])
    return found


@pytest.mark.parametrize("kind", sorted(API))
def test_tags_of_a_type_are_the_public_schemas(kind: str) -> None:
    """`tagging.taggable`, `tagProperty` and `cloudFormationSystemTags` of the type's schema."""
    documented = schema_of(kind).get("tagging") or {}
    member = documented["tagProperty"].rpartition("/")[2] if documented.get("taggable") else None
    assert API[kind].tags == member
    if member:
        assert API[kind].system_tags == documented["cloudFormationSystemTags"]


@pytest.mark.parametrize("kind", sorted(API))
def test_what_replaces_a_type_is_the_public_schemas(kind: str) -> None:
    """`createOnlyProperties` of the type's schema, and those that make it so under conditions."""
    schema = schema_of(kind)
    paths = [*schema.get("createOnlyProperties", []), *schema.get("conditionalCreateOnlyProperties", [])]
    documented = {path.split("/")[2] for path in paths}
    unchangeable = {*API[kind].replaced_by} - _SAID_ELSEWHERE.get(kind, set())
    assert unchangeable <= documented


def test_what_reaches_the_provider_of_a_custom_resource() -> None:
    """ServiceToken is a topic's or a function's ARN ("Custom resources", CloudFormation User Guide)."""
    topic = "arn:aws:sns:us-east-1:123456789012:provider"
    assert rights.of_provider({"ServiceToken": topic}) == Check("sns:Publish", topic)
    function = "arn:aws:lambda:us-east-1:123456789012:function:f"
    assert rights.of_provider({"ServiceToken": function}) == Check("lambda:InvokeFunction", function)


@pytest.mark.parametrize("kind", ["AWS::EFS::FileSystem", "AWS::EC2::VPC", "AWS::CloudFormation::Stack"])
@pytest.mark.parametrize("transform", [{}, {"Transform": "AWS::LanguageExtensions"}])
def test_type_that_would_be_made_past_iam_is_refused_by_name(
    account: Account, kind: str, transform: dict[str, str]
) -> None:
    """AWS acts with the stack's rights alone ("AWS CloudFormation service role")."""
    body = json.dumps({**template(Thing={"Type": kind, "Properties": {}}), **transform})
    told = re.escape(f"Resource types that the embedded AWS does not implement: [{kind}]")
    with pytest.raises(ClientError, match=told):
        account.client("cloudformation").create_stack(
            StackName=fresh("refused"), TemplateBody=body, Capabilities=["CAPABILITY_AUTO_EXPAND"]
        )


# What the schema does not name, and no call can change: a newer property, and the group that is a part of the ARN.
_SAID_ELSEWHERE = {
    "AWS::SageMaker::EndpointConfig": {"CrossRegionTrafficConfig"},
    "AWS::Scheduler::Schedule": {"GroupName"},
    "AWS::DynamoDB::Table": {"LocalSecondaryIndexes"},
}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"tags": [{"key": "Class", "value": "one"}]}, {"aws:requesttag/class": "one", "aws:tagkeys": ["Class"]}),
        ({"tags": {"class": "one"}}, {"aws:requesttag/class": "one", "aws:tagkeys": ["class"]}),
        ({"ResourceTags": TAGS}, {"aws:requesttag/class": "one", "aws:tagkeys": ["class"]}),
        ({"tagKeys": ["a"]}, {"aws:tagkeys": ["a"]}),
        ({"ResourceTagKeys": ["b"]}, {"aws:tagkeys": ["b"]}),
        ({"tags": []}, {}),
        ({"tags": ["not a tag"]}, {}),
        (["tags"], {}),
    ],
)
def test_tags_of_a_request_as_condition_keys(asked: object, expected: dict[str, Any]) -> None:
    """`aws:RequestTag/key` and `aws:TagKeys` ("AWS global condition context keys", IAM User Guide)."""
    assert creation_rights.request_tags(json.dumps(asked).encode()) == expected


# --- conditions --------------------------------------------------------------------------------------------


def test_tags_can_be_demanded_of_what_a_stack_makes(account: Account) -> None:
    """`aws:RequestTag`: "Controlling access to AWS resources using tags" (IAM User Guide)."""
    role = account.role(allow("logs:*"))
    kinds: dict[str, dict[str, Any]] = {
        "lambda": resource(
            "Lambda::Function", Role=role, Runtime="python3.12", Handler="index.handler", Code={"ZipFile": CODE}
        ),
        "sqs": resource("SQS::Queue"),
        "logs": resource("Logs::LogGroup"),
        "ecr": resource("ECR::Repository"),
        "sns": resource("SNS::Topic"),
        "ssm": resource("SSM::Parameter", Type="String", Value="1"),
        "events": resource("Events::Rule", ScheduleExpression="rate(1 day)"),
        "kms": resource("KMS::Key"),
        "scheduler": resource("Scheduler::ScheduleGroup"),
        "states": resource(
            "StepFunctions::StateMachine",
            RoleArn=role,
            DefinitionString=json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}),
        ),
        "dynamodb": resource(
            "DynamoDB::Table",
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        ),
    }
    demand = {"StringEquals": {"aws:RequestTag/class": "one"}}
    for service, thing in kinds.items():
        demanded = allow(f"{service}:Create*", f"{service}:Put*", f"{service}:*Tag*", when=demand)
        others = allow(f"{service}:Get*", f"{service}:Describe*", f"{service}:Delete*", "iam:PassRole")
        user = account.user(allow("cloudformation:*"), demanded, others)
        refused = account.deploy(template(Thing=thing), user)
        assert "is not authorized to perform" in refused.reasons["Thing"], service
        made = account.deploy(template(Thing=thing), user, Tags=TAGS)
        assert made.status == "CREATE_COMPLETE", made.reasons
        assert account.destroy(made).status == "DELETE_COMPLETE"


def test_setting_tags_is_a_right_of_its_own(account: Account) -> None:
    """CreateQueue (SQS API Reference), `tags`: both sqs:CreateQueue and sqs:TagQueue are needed to tag on creation."""
    user = account.user(allow("cloudformation:*", "sqs:CreateQueue", "sqs:GetQueueAttributes", "sqs:DeleteQueue"))
    plain = account.deploy(template(Thing=resource("SQS::Queue")), user)
    assert plain.status == "CREATE_COMPLETE", plain.reasons
    tagged = account.deploy(template(Thing=resource("SQS::Queue", Tags=TAGS)), user)
    assert "sqs:TagQueue" in tagged.reasons["Thing"]
    assert account.destroy(plain, user).status == "DELETE_COMPLETE"


def test_roles_tags_are_a_right_of_their_own(account: Account) -> None:
    """The schema of AWS::IAM::Role names iam:TagRole among the rights for creating."""
    given: dict[str, Any] = {**SAGEMAKER_ROLE, "Properties": {**SAGEMAKER_ROLE["Properties"], "Tags": TAGS}}  # type: ignore[dict-item] # a template part
    user = account.user(allow("cloudformation:*", "iam:CreateRole", "iam:DeleteRole"))
    assert "iam:TagRole" in account.deploy(template(Role=given), user).reasons["Role"]
    assert account.deploy(template(Role=SAGEMAKER_ROLE), user).status == "CREATE_COMPLETE"


def test_tags_of_a_resource_decide_about_its_update_and_delete(account: Account) -> None:
    """`aws:ResourceTag` holds for functions ("Using attribute-based access control in Lambda")."""
    role = account.role(allow("logs:*"))

    def function(name: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 # template properties
        given = {"Role": role, "Runtime": "python3.12", "Handler": "index.handler", "Code": {"ZipFile": CODE}}
        return template(F=resource("Lambda::Function", Tags=[{"Key": "class", "Value": name}], **given, **more))

    own = {"StringEquals": {"aws:ResourceTag/class": "one"}}
    user = account.user(allow("cloudformation:*"), allow("lambda:*", "iam:PassRole", when=own), allow("iam:PassRole"))
    mine, other = account.deploy(function("one")), account.deploy(function("two"))
    updated = account.deploy(function("one", Timeout=9), user, StackName=mine.name)
    assert updated.status == "UPDATE_COMPLETE", updated.reasons
    refused = account.deploy(function("two", Timeout=9), user, StackName=other.name)
    assert "is not authorized to perform" in refused.reasons["F"]
    assert account.destroy(other, user).status == "DELETE_FAILED"
    assert account.destroy(mine, user).status == "DELETE_COMPLETE"
    account.destroy(other)


def test_boundary_can_be_demanded_where_policies_are_embedded(account: Account) -> None:
    """`iam:PermissionsBoundary` holds for PutRolePolicy ("Permissions boundaries for IAM entities")."""
    iam = account.client("iam")
    boundary = iam.create_policy(
        PolicyName=fresh("boundary"), PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:*")]})
    )["Policy"]["Arn"]
    free, bound = account.role(), account.role(PermissionsBoundary=boundary)
    demand = allow("iam:PutRolePolicy", when={"StringEquals": {"iam:PermissionsBoundary": boundary}})
    user = account.user(allow("cloudformation:*", "iam:GetRolePolicy", "iam:DeleteRolePolicy"), demand)

    def embedded(role: str) -> dict[str, Any]:
        document = {"Version": "2012-10-17", "Statement": [allow("s3:*")]}
        return resource("IAM::Policy", PolicyName="p", PolicyDocument=document, Roles=[role.rsplit("/", 1)[-1]])

    assert "iam:PutRolePolicy" in account.deploy(template(P=embedded(free)), user).reasons["P"]
    assert account.deploy(template(P=embedded(bound)), user).status == "CREATE_COMPLETE"
