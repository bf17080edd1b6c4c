"""Cases of the types that keep values and watch them."""

from __future__ import annotations

from typing import Any

from tests.embedded_aws.account import fresh
from tests.embedded_aws.stack_type_cases import RETAGGED, TAGS, Case, Given, Props

_STREAM = {"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}}


def _table(*keys: str, **more: Any) -> Props:  # noqa: ANN401 # template properties
    """A table with these keys, of which all but the first are indexes."""
    return {
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
        "KeySchema": [{"AttributeName": keys[0], "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": [_index(key) for key in keys[1:]]} if keys[1:] else {}),
        **more,
    }


def _index(key: str) -> Props:
    keys = [{"AttributeName": key, "KeyType": "HASH"}]
    return {"IndexName": f"by-{key}", "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}}


def _alarm(**more: Any) -> Props:  # noqa: ANN401 # template properties
    return {
        "Namespace": "class",
        "MetricName": "seats",
        "Statistic": "Sum",
        "Period": "60",
        "EvaluationPeriods": 1,
        "Threshold": "1.5",
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }


def _secret(given: Given, arn: str) -> Any:  # noqa: ANN401 # DescribeSecret's answer
    return given.account.client("secretsmanager").describe_secret(SecretId=arn)


STORES = [
    Case(
        "AWS::DynamoDB::Table",
        lambda _given: _table(
            "k",
            **_STREAM,
            TimeToLiveSpecification={"AttributeName": "end", "Enabled": "true"},
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            Tags=TAGS,
        ),
        (
            "dynamodb:CreateTable",
            "dynamodb:TagResource",
            "dynamodb:UpdateTimeToLive",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:DescribeTable",
        ),
        ("dynamodb:DescribeTable", "dynamodb:DeleteTable"),
        lambda given, own, _props: given.account.client("dynamodb").describe_table(TableName=own),
        changed=lambda _given: _table("k", "other", Tags=[RETAGGED[1]]),
        update=(
            "dynamodb:UpdateTable",
            "dynamodb:UpdateTimeToLive",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:DescribeTable",
            "dynamodb:TagResource",
            "dynamodb:UntagResource",
        ),
        replaced=lambda _given: _table("new"),
        arns=("arn:aws:dynamodb:{place}:table/{stack}-*",),
    ),
    Case(
        "AWS::SecretsManager::Secret",
        lambda _given: {"GenerateSecretString": {"PasswordLength": "20", "ExcludePunctuation": True}, "Tags": TAGS},
        (
            "secretsmanager:GetRandomPassword",
            "secretsmanager:CreateSecret",
            "secretsmanager:TagResource",
            "secretsmanager:DescribeSecret",
        ),
        ("secretsmanager:DescribeSecret", "secretsmanager:DeleteSecret"),
        lambda given, own, _props: _secret(given, own),
        changed=lambda _given: {"SecretString": "two", "Description": "new", "Tags": [RETAGGED[1]]},
        update=("secretsmanager:UpdateSecret", "secretsmanager:TagResource", "secretsmanager:UntagResource"),
        replaced=lambda _given: {"Name": fresh("named")},
        arns=("arn:aws:secretsmanager:{place}:secret:Thing-*",),
        anywhere=("secretsmanager:GetRandomPassword",),
    ),
    Case(
        "AWS::CloudWatch::Alarm",
        lambda _given: _alarm(Tags=TAGS),
        ("cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"),
        ("cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"),
        lambda given, own, _props: given.account.client("cloudwatch").describe_alarms(AlarmNames=[own])["MetricAlarms"],
        changed=lambda _given: _alarm(Threshold=2, Tags=[RETAGGED[1]]),
        update=(
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:DescribeAlarms",
            "cloudwatch:TagResource",
            "cloudwatch:UntagResource",
        ),
        replaced=lambda _given: _alarm(AlarmName=fresh("named")),
        arns=("arn:aws:cloudwatch:{place}:alarm:{stack}-*",),
        anywhere=("cloudwatch:DescribeAlarms",),
    ),
]
