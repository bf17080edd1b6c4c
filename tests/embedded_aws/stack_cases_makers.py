"""Cases of the types of IAM, KMS and Lambda."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from tests.embedded_aws.account import fresh, trust
from tests.embedded_aws.stack_templates import CODE
from tests.embedded_aws.stack_type_cases import RETAGGED, TAGS, Case, Given, Props, document, held, queue_arn


def _function(given: Given, **more: Any) -> Props:  # noqa: ANN401 # template properties
    code = {"ZipFile": CODE}
    common = {"Role": given.role, "Runtime": "python3.12", "Handler": "index.handler", "Code": code, "Tags": TAGS}
    return {**common, **more}


def _permission(given: Given, _own: str, _props: Props) -> Any:  # noqa: ANN401 # GetPolicy's answer
    return given.account.client("lambda").get_policy(FunctionName=given.function)


def _key(given: Given, **more: Any) -> Props:  # noqa: ANN401 # template properties
    principal = {"AWS": f"arn:aws:iam::{given.account.engine.account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    return {"KeyPolicy": {"Version": "2012-10-17", "Statement": [statement]}, "Tags": TAGS, **more}


def _role(**more: Any) -> Props:  # noqa: ANN401 # template properties
    return {"AssumeRolePolicyDocument": trust("lambda"), **more}


def _inline(*actions: str) -> list[Props]:
    return [{"PolicyName": "own", "PolicyDocument": document(*actions)}]


def _policy(given: Given) -> str:
    """A managed policy of the account's."""
    iam, name = given.account.client("iam"), "of-cases"
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document("s3:*")))
    return f"arn:aws:iam::{given.account.engine.account}:policy/{name}"


def _group(given: Given) -> str:
    """A group of the account's."""
    iam, name = given.account.client("iam"), "of-cases"
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_group(GroupName=name)
    return name


def _other_queue(given: Given) -> str:
    return str(given.account.client("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"])


def _event_source(given: Given, **more: Any) -> Props:  # noqa: ANN401 # template properties
    return {"FunctionName": given.function, "EventSourceArn": queue_arn(given, given.queue), **more}


def _first_event_source(given: Given) -> Props:
    """A function has a queue once: what a stack without the right to delete has left goes first."""
    functions = given.account.client("lambda")
    for left in functions.list_event_source_mappings(FunctionName=given.function)["EventSourceMappings"]:
        functions.delete_event_source_mapping(UUID=left["UUID"])
    return _event_source(given, BatchSize="5", Tags=TAGS)


MAKERS = [
    Case(
        "AWS::IAM::Role",
        lambda _given: _role(Policies=_inline("s3:*"), Tags=TAGS),
        ("iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy"),
        ("iam:DeleteRolePolicy", "iam:DeleteRole"),
        lambda given, own, _props: given.account.client("iam").get_role(RoleName=own),
        changed=lambda _given: _role(Policies=_inline("sqs:*"), Description="new", Tags=[RETAGGED[1]]),
        update=("iam:UpdateRole", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole"),
        replaced=lambda _given: _role(Path="/two/"),
        arns=("arn:aws:iam::{account}:role/{stack}-*",),
    ),
    Case(
        "AWS::IAM::Policy",
        lambda given: {"PolicyName": "own", "PolicyDocument": document("s3:*"), "Roles": [given.role_name]},
        ("iam:PutRolePolicy", "iam:GetRolePolicy"),
        ("iam:DeleteRolePolicy",),
        lambda given, _own, props: given.account.client("iam").get_role_policy(
            RoleName=given.role_name, PolicyName=props["PolicyName"]
        ),
        changed=lambda given: {"PolicyName": "new", "PolicyDocument": document("sqs:*"), "Roles": [given.role_name]},
        update=("iam:PutRolePolicy", "iam:DeleteRolePolicy"),
        arns=("{role}",),
    ),
    Case(
        "AWS::IAM::ManagedPolicy",
        lambda given: {"PolicyDocument": document("s3:*"), "Path": "/one/", "Roles": [given.role_name]},
        ("iam:CreatePolicy", "iam:AttachRolePolicy"),
        ("iam:DetachRolePolicy", "iam:ListPolicyVersions", "iam:DeletePolicy"),
        lambda given, own, _props: given.account.client("iam").get_policy(PolicyArn=own),
        changed=lambda _given: {"PolicyDocument": document("s3:*"), "Path": "/one/"},
        update=("iam:DetachRolePolicy", "iam:GetPolicy"),
        replaced=lambda _given: {"PolicyDocument": document("sqs:*"), "Path": "/two/"},
        arns=("{role}", "arn:aws:iam::{account}:policy/one/{stack}-*"),
    ),
    Case(
        "AWS::Lambda::Function",
        lambda given: _function(given),
        ("lambda:CreateFunction", "lambda:TagResource", "lambda:GetFunction", "iam:PassRole"),
        ("lambda:GetFunction", "lambda:DeleteFunction"),
        lambda given, own, _props: given.account.client("lambda").get_function(FunctionName=own),
        changed=lambda given: _function(given, Code={"ZipFile": CODE + "#\n"}, Timeout="9", Tags=[]),
        update=(
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:GetFunction",
            "lambda:UntagResource",
        ),
        replaced=lambda given: _function(given, FunctionName=fresh("named")),
        arns=("{role}", "arn:aws:lambda:{place}:function:{stack}-*"),
    ),
    Case(
        "AWS::Lambda::Permission",
        lambda given: {
            "FunctionName": given.function,
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
        },
        ("lambda:AddPermission",),
        ("lambda:RemovePermission",),
        lambda given, own, props: held(_permission(given, own, props), own),
        replaced=lambda given: {
            "FunctionName": given.function,
            "Action": "lambda:InvokeFunction",
            "Principal": "s3.amazonaws.com",
        },
        arns=("{function}",),
    ),
    Case(
        "AWS::Lambda::Version",
        lambda given: {"FunctionName": given.function, "Description": "one"},
        ("lambda:PublishVersion", "lambda:GetFunctionConfiguration"),
        ("lambda:GetFunctionConfiguration", "lambda:DeleteFunction"),
        lambda given, own, _props: given.account.client("lambda").get_function(FunctionName=own),
        arns=("{function}", "{function}:*"),
    ),
    Case(
        "AWS::Lambda::Alias",
        lambda given: {"FunctionName": given.function, "FunctionVersion": "$LATEST", "Name": "live"},
        ("lambda:CreateAlias",),
        ("lambda:GetAlias", "lambda:DeleteAlias"),
        lambda given, _own, props: given.account.client("lambda").get_alias(
            FunctionName=given.function, Name=props["Name"]
        ),
        changed=lambda given: {
            "FunctionName": given.function,
            "FunctionVersion": "$LATEST",
            "Name": "live",
            "Description": "new",
        },
        update=("lambda:UpdateAlias",),
        replaced=lambda given: {"FunctionName": given.function, "FunctionVersion": "$LATEST", "Name": "next"},
        arns=("{function}", "{function}:*"),
    ),
    Case(
        "AWS::KMS::Key",
        lambda given: _key(given, EnableKeyRotation="true", Enabled=True),
        ("kms:CreateKey", "kms:TagResource", "kms:EnableKeyRotation"),
        ("kms:DescribeKey", "kms:ScheduleKeyDeletion"),
        lambda given, own, _props: (
            given.account.client("kms").describe_key(KeyId=own)["KeyMetadata"]["KeyState"] != "PendingDeletion"
        ),
        changed=lambda given: _key(given, Description="new", Enabled="false", Tags=[RETAGGED[1]]),
        update=(
            "kms:DescribeKey",
            "kms:UpdateKeyDescription",
            "kms:DisableKeyRotation",
            "kms:DisableKey",
            "kms:TagResource",
            "kms:UntagResource",
        ),
        arns=("arn:aws:kms:{place}:key/*",),
        anywhere=("kms:CreateKey", "kms:TagResource"),
    ),
    Case(
        "AWS::KMS::Alias",
        lambda given: {"AliasName": "alias/of-a-stack", "TargetKeyId": given.key},
        ("kms:CreateAlias",),
        ("kms:DeleteAlias",),
        lambda given, own, _props: given.account.client("kms").describe_key(KeyId=own),
        replaced=lambda given: {"AliasName": "alias/of-a-stack-too", "TargetKeyId": given.key},
        arns=("arn:aws:kms:{place}:alias/of-a-stack", "arn:aws:kms:{place}:key/{key}"),
    ),
    Case(
        "AWS::Lambda::EventInvokeConfig",
        lambda given: {"FunctionName": given.function, "Qualifier": "$LATEST", "MaximumRetryAttempts": "1"},
        ("lambda:PutFunctionEventInvokeConfig",),
        ("lambda:DeleteFunctionEventInvokeConfig",),
        lambda given, _own, _props: given.account.client("lambda").get_function_event_invoke_config(
            FunctionName=given.function, Qualifier="$LATEST"
        ),
        changed=lambda given: {
            "FunctionName": given.function,
            "Qualifier": "$LATEST",
            "MaximumEventAgeInSeconds": 60,
        },
        update=("lambda:UpdateFunctionEventInvokeConfig",),
        arns=("{function}", "{function}:*"),
    ),
    Case(
        "AWS::IAM::User",
        lambda given: {
            "Policies": _inline("s3:*"),
            "ManagedPolicyArns": [_policy(given)],
            "Groups": [_group(given)],
            "Tags": TAGS,
        },
        (
            "iam:CreateUser",
            "iam:TagUser",
            "iam:PutUserPolicy",
            "iam:AttachUserPolicy",
            "iam:AddUserToGroup",
            "iam:GetUser",
        ),
        ("iam:GetUser", "iam:DeleteUserPolicy", "iam:DetachUserPolicy", "iam:RemoveUserFromGroup", "iam:DeleteUser"),
        lambda given, own, _props: given.account.client("iam").get_user(UserName=own),
        changed=lambda given: {
            "Policies": _inline("sqs:*"),
            "PermissionsBoundary": _policy(given),
            "Tags": [RETAGGED[1]],
        },
        update=(
            "iam:PutUserPolicy",
            "iam:DetachUserPolicy",
            "iam:PutUserPermissionsBoundary",
            "iam:RemoveUserFromGroup",
            "iam:TagUser",
            "iam:UntagUser",
            "iam:GetUser",
        ),
        replaced=lambda _given: {"UserName": fresh("named")},
        arns=("arn:aws:iam::{account}:user/{stack}-*", "arn:aws:iam::{account}:group/of-cases"),
    ),
    Case(
        "AWS::IAM::InstanceProfile",
        lambda given: {"Roles": [given.role_name], "Path": "/one/"},
        ("iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile", "iam:PassRole", "iam:GetInstanceProfile"),
        ("iam:GetInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"),
        lambda given, own, _props: given.account.client("iam").get_instance_profile(InstanceProfileName=own),
        changed=lambda _given: {"Roles": [], "Path": "/one/"},
        update=("iam:RemoveRoleFromInstanceProfile", "iam:GetInstanceProfile"),
        replaced=lambda given: {"Roles": [given.role_name], "Path": "/two/"},
        arns=("{role}", "arn:aws:iam::{account}:instance-profile/one/{stack}-*"),
    ),
    Case(
        "AWS::Lambda::Url",
        lambda given: {"TargetFunctionArn": given.function, "AuthType": "AWS_IAM", "Cors": {"MaxAge": "60"}},
        ("lambda:CreateFunctionUrlConfig",),
        ("lambda:DeleteFunctionUrlConfig",),
        lambda given, _own, _props: given.account.client("lambda").get_function_url_config(FunctionName=given.function),
        changed=lambda given: {"TargetFunctionArn": given.function, "AuthType": "NONE"},
        update=("lambda:UpdateFunctionUrlConfig",),
        arns=("{function}",),
    ),
    Case(
        "AWS::Lambda::EventSourceMapping",
        _first_event_source,
        ("lambda:CreateEventSourceMapping", "lambda:TagResource", "lambda:GetEventSourceMapping"),
        ("lambda:GetEventSourceMapping", "lambda:DeleteEventSourceMapping"),
        lambda given, own, _props: given.account.client("lambda").get_event_source_mapping(UUID=own),
        changed=lambda given: _event_source(given, Enabled="false", Tags=[RETAGGED[1]]),
        update=(
            "lambda:UpdateEventSourceMapping",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:GetEventSourceMapping",
        ),
        replaced=lambda given: _event_source(given, EventSourceArn=queue_arn(given, _other_queue(given))),
        arns=("arn:aws:lambda:{place}:event-source-mapping:*",),
        anywhere=("lambda:CreateEventSourceMapping", "lambda:TagResource"),
    ),
]
