"""The rights a stack's role or caller needs for the types that the emulator provisions without asking IAM.

Types done through their own API calls (`types.py`) need no entry: the API asks. No emulator import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from embedded_aws.authorization import Check

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class Rights:
    """Actions for creating, updating and deleting a type, and the ARN they are asked on.

    The ARN's fields are {region}, {account}, {name} and properties; `passes` is the property of a role that
    is handed over, with the service it is for.
    """

    arn: str
    create: tuple[str, ...]
    update: tuple[str, ...]
    delete: tuple[str, ...]
    name: str = ""
    passes: tuple[str, str] | None = None


_TABLE: dict[str, Rights] = {
    "AWS::IAM::Policy": Rights(
        "arn:aws:iam::{account}:role/{Roles}",
        ("iam:PutRolePolicy",),
        ("iam:PutRolePolicy",),
        ("iam:DeleteRolePolicy",),
    ),
    "AWS::IAM::ManagedPolicy": Rights(
        "arn:aws:iam::{account}:policy{Path}{name}",
        ("iam:CreatePolicy",),
        ("iam:CreatePolicyVersion",),
        ("iam:DeletePolicy",),
        "ManagedPolicyName",
    ),
    "AWS::Lambda::Function": Rights(
        "arn:aws:lambda:{region}:{account}:function:{name}",
        ("lambda:CreateFunction",),
        ("lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"),
        ("lambda:DeleteFunction",),
        "FunctionName",
        ("Role", "lambda.amazonaws.com"),
    ),
    "AWS::Lambda::Permission": Rights(
        "arn:aws:lambda:{region}:{account}:function:{FunctionName}",
        ("lambda:AddPermission",),
        ("lambda:AddPermission",),
        ("lambda:RemovePermission",),
    ),
    "AWS::SSM::Parameter": Rights(
        "arn:aws:ssm:{region}:{account}:parameter/{name}",
        ("ssm:PutParameter",),
        ("ssm:PutParameter",),
        ("ssm:DeleteParameter",),
        "Name",
    ),
    "AWS::SQS::Queue": Rights(
        "arn:aws:sqs:{region}:{account}:{name}",
        ("sqs:CreateQueue",),
        ("sqs:SetQueueAttributes",),
        ("sqs:DeleteQueue",),
        "QueueName",
    ),
    "AWS::SQS::QueuePolicy": Rights(
        "arn:aws:sqs:{region}:{account}:{Queues}",
        ("sqs:SetQueueAttributes",),
        ("sqs:SetQueueAttributes",),
        ("sqs:SetQueueAttributes",),
    ),
    "AWS::Logs::LogGroup": Rights(
        "arn:aws:logs:{region}:{account}:log-group:{name}:log-stream:",
        ("logs:CreateLogGroup",),
        ("logs:PutRetentionPolicy",),
        ("logs:DeleteLogGroup",),
        "LogGroupName",
    ),
}
_CUSTOM = re.compile(r"^(Custom::|AWS::CloudFormation::CustomResource$)")
_NO_RESOURCE = re.compile(r"^AWS::(CloudFormation|CDK)::")


def needed(verb: str, kind: str, props: Properties, name: str, place: Mapping[str, str]) -> list[Check]:
    """What IAM is asked before `verb` (create, update, delete) of a type; `place` has region and account.

    `name` is the physical name where it is known, else the beginning of the generated one.
    """
    if _CUSTOM.match(kind):
        return [Check("lambda:InvokeFunction", str(props.get("ServiceToken", "*")))]
    if _NO_RESOURCE.match(kind):
        return []
    rights = _TABLE.get(kind) or _by_name(kind)
    arn = _arn(rights, props, name, place)
    checks = [Check(action, arn) for action in getattr(rights, verb)]
    if rights.passes and verb != "delete" and rights.passes[0] in props:
        member, service = rights.passes
        checks.append(Check("iam:PassRole", str(props[member]), {"iam:passedtoservice": service}))
    code = props.get("Code") if kind == "AWS::Lambda::Function" and verb != "delete" else None
    if code and "S3Bucket" in code:
        checks.append(Check("s3:GetObject", f"arn:aws:s3:::{code['S3Bucket']}/{code['S3Key']}"))
    return checks


def of_parameter(name: str, place: Mapping[str, str]) -> Check:
    """What it takes to read an SSM parameter for a template."""
    arn = f"arn:aws:ssm:{place['region']}:{place['account']}:parameter/{name.removeprefix('/')}"
    return Check("ssm:GetParameters", arn)


def of_template(url: str) -> list[Check]:
    """What it takes to read a template from its address (`https://<host>/<bucket>/<key>`)."""
    bucket, _, key = urlsplit(url).path.lstrip("/").partition("/")
    return [Check("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")] if key else []


def _by_name(kind: str) -> Rights:
    """A type that has no entry: its own verbs on any resource."""
    _, service, noun = kind.split("::")
    create, update, delete = (f"{service.lower()}:{verb}{noun}" for verb in ("Create", "Update", "Delete"))
    return Rights("*", (create,), (update,), (delete,))


def _arn(rights: Rights, props: Properties, name: str, place: Mapping[str, str]) -> str:
    fields = {"Path": "/", **place}
    fields |= {key: _text(value) for key, value in props.items()}
    own = str(props.get(rights.name) or name) if rights.name else name
    return rights.arn.format_map({**fields, "name": own.removeprefix("/")})


def _text(value: Any) -> str:  # noqa: ANN401 # any template value
    """A property as an ARN's part: the first of a list, the last part of an ARN or address."""
    first = value[0] if isinstance(value, list) and value else value
    return str(first).rsplit("/", 1)[-1] if isinstance(first, str) and "://" in first else str(first)
