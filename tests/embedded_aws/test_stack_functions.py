"""Stacks: functions, and who may let others call them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, allow, code_of, fresh, zipped
from tests.embedded_aws.stack_templates import CODE, function, only, resource, template


def test_functions_inline_source_runs_and_defaults_come_back(account: Account) -> None:
    """`ZipFile` is the source of a file `index` (Code property of AWS::Lambda::Function)."""
    role = account.role(allow("logs:*"))
    source = "import os\ndef handler(event, context):\n    return os.environ.get('WORD', '-')\n"
    words = {"Environment": {"Variables": {"WORD": 5}}, "Timeout": "9", "MemorySize": "256"}
    stack = account.deploy(only(F=function(role, Code={"ZipFile": source}, **words)))
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    functions, name = account.client("lambda"), stack.outputs["F"]

    def said() -> Any:  # noqa: ANN401 # a function's answer
        return json.loads(functions.invoke(FunctionName=name)["Payload"].read())

    assert said() == "5"
    account.deploy(only(F=function(role, Code={"ZipFile": source})), StackName=stack.name)
    held = functions.get_function_configuration(FunctionName=name)
    assert (held["Timeout"], held["MemorySize"], held["State"]) == (3, 128, "Active")
    assert said() == "-"
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_functions_code_is_read_with_the_makers_rights(account: Account) -> None:
    """s3:GetObject is in the schema of AWS::Lambda::Function; the text in awslabs/dynamodb-continuous-backup#7.

    The text for a missing object is not AWS's to the letter.
    """
    bucket, role = account.bucket(), account.role(allow("logs:*"))
    account.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=zipped(CODE))
    wanted = template(F=function(role, Code={"S3Bucket": bucket, "S3Key": "code.zip"}))
    rights = [allow("cloudformation:*", "lambda:*", "iam:PassRole")]
    poor = account.deploy(wanted, account.user(*rights))
    assert f"permission to GetObject for {bucket}/code.zip" in poor.reasons["F"]
    other = f"arn:aws:s3:::{bucket}/other.zip"
    assert "access has been denied" in account.deploy(
        wanted, account.user(*rights, allow("s3:GetObject", resource=other))
    ).reasons.get("F", "")
    may = account.user(*rights, allow("s3:GetObject", resource=f"arn:aws:s3:::{bucket}/*"))
    made = account.deploy(wanted, may)
    assert made.status == "CREATE_COMPLETE", made.reasons
    missing = template(F=function(role, Code={"S3Bucket": bucket, "S3Key": "none.zip"}))
    assert "NoSuchKey" in account.deploy(missing, may).reasons["F"]
    functions = account.client("lambda")
    with pytest.raises(ClientError, match="NoSuchKey") as raised:
        functions.create_function(
            FunctionName=fresh("f"),
            Role=role,
            Runtime="python3.12",
            Handler="i.h",
            Code={"S3Bucket": bucket, "S3Key": "n"},
        )
    assert code_of(raised.value) == "InvalidParameterValueException"


def test_lambda_actions_are_asked_about_by_their_own_names(account: Account) -> None:
    """Actions of AWS Lambda in the Service Authorization Reference."""
    arn = account.function(CODE, account.role(allow("logs:*")))
    functions = account.client("lambda", account.user(allow("lambda:GetFunction*")))
    calls: dict[str, Any] = {
        "lambda:GetAlias": lambda: functions.get_alias(FunctionName=arn, Name="a"),
        "lambda:UpdateAlias": lambda: functions.update_alias(FunctionName=arn, Name="a", FunctionVersion="1"),
        "lambda:DeleteAlias": lambda: functions.delete_alias(FunctionName=arn, Name="a"),
        "lambda:DeleteFunctionConcurrency": lambda: functions.delete_function_concurrency(FunctionName=arn),
        "lambda:ListLayerVersions": lambda: functions.list_layer_versions(LayerName="layer"),
        "lambda:InvokeFunction": lambda: functions.invoke(FunctionName=arn),
    }
    for action, call in calls.items():
        with pytest.raises(ClientError, match=action):
            call()


def test_permission_lets_a_service_in_and_names_its_statement(account: Account) -> None:
    """`Ref` is what AWS generated as the statement's id (AWS::Lambda::Permission)."""
    arn, source = account.function(CODE, account.role()), "arn:aws:events:us-east-1:123456789012:rule/r"
    given = {"FunctionName": arn, "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    stack = account.deploy(only(P=resource("Lambda::Permission", SourceArn=source, **given)))
    held = json.loads(account.client("lambda").get_policy(FunctionName=arn)["Policy"])["Statement"][0]
    assert held["Sid"] == stack.outputs["P"]
    assert held["Condition"] == {"ArnLike": {"AWS:SourceArn": source}}
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_settings_of_asynchronous_calls(account: Account) -> None:
    """UpdateFunctionEventInvokeConfig changes what it names (Lambda API); a dropped property is the default again."""
    arn, functions = account.function(CODE, account.role()), account.client("lambda")
    asked = {"FunctionName": arn, "Qualifier": "$LATEST"}

    def held() -> tuple[int, int]:
        found = functions.get_function_event_invoke_config(**asked)
        return found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]

    with pytest.raises(ClientError, match="EventInvokeConfig"):
        functions.update_function_event_invoke_config(**asked, MaximumRetryAttempts=0)
    stack = account.deploy(template(C=resource("Lambda::EventInvokeConfig", MaximumRetryAttempts="1", **asked)))
    assert (stack.status, held()) == ("CREATE_COMPLETE", (1, 21600)), stack.reasons
    functions.update_function_event_invoke_config(**asked, MaximumEventAgeInSeconds=60)
    assert held() == (1, 60)
    changed = template(C=resource("Lambda::EventInvokeConfig", MaximumEventAgeInSeconds=90, **asked))
    assert account.deploy(changed, StackName=stack.name).status == "UPDATE_COMPLETE"
    assert held() == (2, 90)
    assert account.destroy(stack).status == "DELETE_COMPLETE"
