"""The resources of a call, as LookupEvents lists and finds them (Resource: type and name)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Resource = tuple[str, str]
"""Type and name."""

# By service: the members of requests and answers that name a resource, and its type.
_MEMBERS: Mapping[str, Mapping[str, str]] = {
    "iam": {
        "userName": "AWS::IAM::User",
        "roleName": "AWS::IAM::Role",
        "groupName": "AWS::IAM::Group",
        "policyArn": "AWS::IAM::Policy",
        "policyName": "AWS::IAM::Policy",
        "instanceProfileName": "AWS::IAM::InstanceProfile",
        "accessKeyId": "AWS::IAM::AccessKey",
    },
    "sts": {
        "roleArn": "AWS::IAM::Role",
        "accessKeyId": "AWS::IAM::AccessKey",
        "assumedRoleId": "AWS::STS::AssumedRole",
    },
    "s3": {"bucketName": "AWS::S3::Bucket"},
    "cloudformation": {
        "stackName": "AWS::CloudFormation::Stack",
        "stackId": "AWS::CloudFormation::Stack",
        "changeSetName": "AWS::CloudFormation::ChangeSet",
    },
    "lambda": {"functionName": "AWS::Lambda::Function", "functionArn": "AWS::Lambda::Function"},
    "states": {
        "stateMachineArn": "AWS::StepFunctions::StateMachine",
        "executionArn": "AWS::StepFunctions::Execution",
    },
    "logs": {"logGroupName": "AWS::Logs::LogGroup", "logStreamName": "AWS::Logs::LogStream"},
    "scheduler": {"name": "AWS::Scheduler::Schedule", "groupName": "AWS::Scheduler::ScheduleGroup"},
    "events": {"name": "AWS::Events::Rule", "rule": "AWS::Events::Rule"},
    "ssm": {"name": "AWS::SSM::Parameter"},
    "sqs": {"queueName": "AWS::SQS::Queue", "queueUrl": "AWS::SQS::Queue"},
    "sns": {"topicArn": "AWS::SNS::Topic", "name": "AWS::SNS::Topic"},
    "dynamodb": {"tableName": "AWS::DynamoDB::Table"},
    "budgets": {"budgetName": "AWS::Budgets::Budget"},
    "kms": {"keyId": "AWS::KMS::Key"},
    "ecr": {"repositoryName": "AWS::ECR::Repository"},
}
_SAGEMAKER = re.compile(r"^(\w+?)(?:Name|Arn)$")
_NO_RESOURCES = frozenset({"role", "executionRole", "resource"})


def of_call(service: str, *shown: Mapping[str, Any] | None) -> list[Resource]:
    """The resources that a call's parameters and answer name, each once."""
    found = dict.fromkeys(resource for fields in shown for resource in _in_fields(service, fields or {}))
    return list(found)


def _in_fields(service: str, fields: Mapping[str, Any]) -> Iterator[Resource]:
    for member, value in fields.items():
        if isinstance(value, Mapping):
            yield from _in_fields(service, value)
        elif isinstance(value, str) and (kind := _type(service, member)):
            yield kind, value


def _type(service: str, member: str) -> str | None:
    if service != "sagemaker":
        return _MEMBERS.get(service, {}).get(member)
    found = _SAGEMAKER.match(member)
    if found is None or found[1] in _NO_RESOURCES:
        return None
    return f"AWS::SageMaker::{found[1][:1].upper()}{found[1][1:]}"
