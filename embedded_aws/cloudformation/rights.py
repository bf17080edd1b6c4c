"""The rights a stack's role or caller needs for the types that the emulator provisions without asking IAM.

Types done through their own API calls (`types.py`) need no entry: the API asks. Of a type that has no entry either the
main call of its public schema's handler is asked about, on any resource. No emulator import.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from embedded_aws.cloudformation.resource_schemas import ResourceSchemas
from embedded_aws.cloudformation.types import Properties, tag_map
from embedded_aws.iam.authorization import Check


@dataclass(frozen=True)
class Rights:
    """Actions for creating, updating and deleting a type, and the ARN they are asked on.

    The ARN's fields are {region}, {account}, {name} and properties; `name` is the property that names the resource.
    """

    arn: str
    create: tuple[str, ...]
    update: tuple[str, ...]
    delete: tuple[str, ...]
    name: str = ""


# Of each schema's permissions those that every resource of the type needs.
TABLE: dict[str, Rights] = {
    "AWS::CloudWatch::Alarm": Rights(
        "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
        ("cloudwatch:PutMetricAlarm",),
        ("cloudwatch:PutMetricAlarm",),
        ("cloudwatch:DeleteAlarms",),
        "AlarmName",
    ),
    "AWS::DynamoDB::Table": Rights(
        "arn:aws:dynamodb:{region}:{account}:table/{name}",
        ("dynamodb:CreateTable", "dynamodb:DescribeTable"),
        ("dynamodb:UpdateTable", "dynamodb:DescribeTable"),
        ("dynamodb:DeleteTable", "dynamodb:DescribeTable"),
        "TableName",
    ),
    "AWS::IAM::InstanceProfile": Rights(
        "arn:aws:iam::{account}:instance-profile/{name}",
        ("iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile", "iam:GetInstanceProfile"),
        ("iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:GetInstanceProfile"),
        ("iam:DeleteInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:GetInstanceProfile"),
        "InstanceProfileName",
    ),
    "AWS::IAM::User": Rights(
        "arn:aws:iam::{account}:user/{name}",
        ("iam:CreateUser", "iam:GetUser"),
        ("iam:UpdateUser", "iam:GetUser"),
        ("iam:DeleteUser", "iam:GetUser"),
        "UserName",
    ),
    "AWS::Lambda::EventSourceMapping": Rights(
        "*",
        ("lambda:CreateEventSourceMapping", "lambda:GetEventSourceMapping"),
        ("lambda:UpdateEventSourceMapping", "lambda:GetEventSourceMapping"),
        ("lambda:DeleteEventSourceMapping", "lambda:GetEventSourceMapping"),
    ),
    "AWS::Lambda::Url": Rights(
        "arn:aws:lambda:{region}:{account}:function:{TargetFunctionArn}",
        ("lambda:CreateFunctionUrlConfig",),
        ("lambda:UpdateFunctionUrlConfig",),
        ("lambda:DeleteFunctionUrlConfig",),
    ),
    "AWS::SecretsManager::Secret": Rights(
        "arn:aws:secretsmanager:{region}:{account}:secret:{name}",
        ("secretsmanager:CreateSecret", "secretsmanager:DescribeSecret"),
        ("secretsmanager:UpdateSecret",),
        ("secretsmanager:DeleteSecret", "secretsmanager:DescribeSecret"),
        "Name",
    ),
}
_READS = ("describe", "get", "list")
_CUSTOM = re.compile(r"^(Custom::|AWS::CloudFormation::CustomResource$)")
_NO_RESOURCE = re.compile(r"^AWS::(CloudFormation::(WaitCondition|WaitConditionHandle)|CDK::Metadata)$")


def is_free(kind: str) -> bool:
    """Whether a type needs no rights: nothing of an account's is made for it."""
    return bool(_NO_RESOURCE.match(kind))


def is_custom(kind: str) -> bool:
    """Whether a type is a custom resource, made by somebody's function."""
    return bool(_CUSTOM.match(kind))


def needed(verb: str, kind: str, props: Properties, name: str, place: Mapping[str, str]) -> list[Check]:
    """What IAM is asked before `verb` (create, update, delete) of a type; `place` has region and account.

    `name` is the physical name where it is known, else the beginning of the generated one.
    """
    if is_custom(kind):
        return [_provider(str(props.get("ServiceToken", "*")))]
    if is_free(kind):
        return []
    rights = TABLE.get(kind) or _by_schema(kind, place["region"])
    context = _request_tags(props) if verb != "delete" else {}
    arn = _arn(rights, props, name, place)
    return [Check(action, arn, context) for action in getattr(rights, verb)]


def _provider(token: str) -> Check:
    """The call that reaches a custom resource's provider."""
    return Check("sns:Publish" if token.startswith("arn:aws:sns:") else "lambda:InvokeFunction", token)


def _request_tags(props: Properties) -> dict[str, Any]:
    tags = {key: value for key, value in tag_map(props.get("Tags")).items() if not key.startswith("aws:")}
    keys: dict[str, Any] = {f"aws:requesttag/{key}".lower(): value for key, value in tags.items()}
    return {**keys, "aws:tagkeys": list(tags)} if tags else {}


def of_parameter(name: str, place: Mapping[str, str]) -> Check:
    """What it takes to read an SSM parameter for a template."""
    arn = f"arn:aws:ssm:{place['region']}:{place['account']}:parameter/{name.removeprefix('/')}"
    return Check("ssm:GetParameters", arn)


def of_template(url: str) -> list[Check]:
    """What it takes to read a template from its address (`https://<host>/<bucket>/<key>`)."""
    bucket, _, key = urlsplit(url).path.lstrip("/").partition("/")
    return [Check("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")] if key else []


def _by_schema(kind: str, region: str) -> Rights:
    """A type that has no entry: what its handlers call, on any resource."""
    handlers = ResourceSchemas(region).of(kind).get("handlers", {})
    create, update, delete = (_main_calls(handlers, kind, verb) for verb in ("create", "update", "delete"))
    return Rights("*", create, update, delete)


def _main_calls(handlers: Mapping[str, Any], kind: str, verb: str) -> tuple[str, ...]:
    """The call that has the name of verb and type, else the service's first that changes something.

    By their names where the schema has no such handler.
    """
    _, service, noun = kind.split("::")
    permissions = [str(action) for action in handlers.get(verb, {}).get("permissions", [])]
    if not permissions:
        return (f"{service.lower()}:{verb.capitalize()}{noun}",)
    prefixes = Counter(action.partition(":")[0] for action in permissions)
    changing = [action for action in permissions if not action.partition(":")[2].lower().startswith(_READS)]
    named = [action for action in changing if action.lower().endswith(f":{verb}{noun}".lower())]
    own = [action for action in changing if action.partition(":")[0] == prefixes.most_common(1)[0][0]]
    return tuple(named or (own or changing or permissions)[:1])


def _arn(rights: Rights, props: Properties, name: str, place: Mapping[str, str]) -> str:
    """The ARN: physical names of some types are ARNs already."""
    if name.startswith("arn:"):
        return name
    own = str(props.get(rights.name) or name) if rights.name else name
    fields = {key: _text(value) for key, value in props.items()}
    return rights.arn.format_map({**place, **fields, "name": own})


def _text(value: Any) -> str:  # noqa: ANN401 # any template value
    """A property as an ARN's part: a function's name of its ARN."""
    return str(value).rpartition(":function:")[2]
