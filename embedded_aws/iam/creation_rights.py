"""What a request that makes something needs beyond its own action: the right to set its tags, and to read its code.

That tags need a right of their own is said by the API references (`tags` of SQS CreateQueue, SNS CreateTopic, KMS
CreateKey, EventBridge PutRule, Logs CreateLogGroup, CloudWatch PutMetricAlarm, Secrets Manager CreateSecret), for the
others by the tagging permissions of their CloudFormation schemas. No emulator import.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from embedded_aws.iam.authorization import Check
from embedded_aws.sagemaker.errors import AwsError

# An action that takes tags, and what setting them takes.
TAGGING: Mapping[str, str] = {
    "budgets:ModifyBudget": "budgets:TagResource",
    "cloudwatch:PutMetricAlarm": "cloudwatch:TagResource",
    "dynamodb:CreateTable": "dynamodb:TagResource",
    "ecr:CreateRepository": "ecr:TagResource",
    "events:PutRule": "events:TagResource",
    "iam:CreateInstanceProfile": "iam:TagInstanceProfile",
    "iam:CreatePolicy": "iam:TagPolicy",
    "iam:CreateRole": "iam:TagRole",
    "iam:CreateUser": "iam:TagUser",
    "kms:CreateKey": "kms:TagResource",
    "lambda:CreateEventSourceMapping": "lambda:TagResource",
    "lambda:CreateFunction": "lambda:TagResource",
    "logs:CreateLogGroup": "logs:TagResource",
    "secretsmanager:CreateSecret": "secretsmanager:TagResource",
    "scheduler:CreateScheduleGroup": "scheduler:TagResource",
    "sns:CreateTopic": "sns:TagResource",
    "sqs:CreateQueue": "sqs:TagQueue",
    "ssm:PutParameter": "ssm:AddTagsToResource",
    "states:CreateStateMachine": "states:TagResource",
}
_NAMESPACES = {"cloudwatch": "monitoring"}
SERVICES = tuple(sorted({_NAMESPACES.get(name, name) for name in (action.split(":")[0] for action in TAGGING)}))
# Services whose members the emulator does not look at, and what they are called there.
TAGS_READ_HERE = ("budgets", "ecr", "logs", "states")
_TAG_MEMBERS = ("tags", "ResourceTags")
_KEY_MEMBERS = ("tagKeys", "ResourceTagKeys")
_LAMBDA_NAMES = {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction"}
_LAMBDA_NAMES |= {"InvokeWithResponseStream": "InvokeFunction", "GetLayerVersionByArn": "GetLayerVersion"}


def tagging(action: str, resource: str, keys: Mapping[str, Any]) -> Check | None:
    """What IAM is asked about the tags of a request, if it has any; `keys` are all its condition keys."""
    needed = TAGGING.get(action)
    tagged = any(key.lower() == "aws:tagkeys" for key in keys)
    return Check(needed, resource, keys) if needed and tagged else None


def request_tags(body: bytes) -> dict[str, Any]:
    """The condition keys of the tags in a JSON request, in lower case; services name them differently."""
    if not any(member.encode() in body for member in (*_TAG_MEMBERS, *_KEY_MEMBERS)):
        return {}
    asked = _members(body)
    tags = _tags(next((asked[member] for member in _TAG_MEMBERS if member in asked), None))
    dropped = next((asked[member] for member in _KEY_MEMBERS if member in asked), None) or []
    keys: dict[str, Any] = {f"aws:requesttag/{key}".lower(): value for key, value in tags.items()}
    return {**keys, "aws:tagkeys": [*tags, *dropped]} if tags or dropped else {}


def _tags(given: Any) -> dict[str, str]:  # noqa: ANN401 # a list or a map of any service
    if isinstance(given, Mapping):
        return {str(key): str(value) for key, value in given.items()}
    listed = [tag for tag in given or [] if isinstance(tag, Mapping)]
    named = [{str(member).lower(): value for member, value in tag.items()} for tag in listed]
    return {str(tag.get("key", "")): str(tag.get("value", "")) for tag in named}


def merged(held: bytes, change: bytes) -> bytes:
    """A JSON object with another one's members put over it."""
    return json.dumps({**_members(held), **_members(change)}).encode()


def _members(body: bytes) -> Mapping[str, Any]:
    """The members of a JSON request; none of another one, which its service will refuse."""
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def function_code(action: str, body: bytes) -> tuple[str, str, str | None] | None:
    """Bucket, key and version of the code that a Lambda request names."""
    if action not in ("lambda:CreateFunction", "lambda:UpdateFunctionCode"):
        return None
    asked = _members(body)
    code = asked.get("Code") or {} if action == "lambda:CreateFunction" else asked
    if "S3Bucket" not in code:
        return None
    return str(code["S3Bucket"]), str(code.get("S3Key", "")), code.get("S3ObjectVersion")


def code_check(bucket: str, key: str, version: str | None) -> Check:
    """What it takes to read a function's code."""
    return Check(f"s3:GetObject{'Version' if version else ''}", f"arn:aws:s3:::{bucket}/{key}")


def code_denied(bucket: str, key: str) -> AwsError:
    """The refusal of whoever may not read the code."""
    text = (
        "Your access has been denied by S3, please make sure your request credentials have permission to GetObject "
        f"for {bucket}/{key}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
    )
    return AwsError("AccessDeniedException", text, 403)


def code_missing() -> AwsError:
    """The refusal where no code lies."""
    text = (
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."
    )
    return AwsError("InvalidParameterValueException", text)


def lambda_action(operation: str) -> str:
    """The IAM action of a Lambda operation: its name, but for a few."""
    return _LAMBDA_NAMES.get(operation, operation)
