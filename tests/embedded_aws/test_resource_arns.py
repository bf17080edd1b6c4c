"""IAM: which resource the calls of tables, alarms, secrets, groups and instance profiles are about."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, allow, code_of, fresh, policy, trust

_TABLE: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
_ALARM: dict[str, Any] = {
    "Namespace": "class",
    "MetricName": "seats",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}
_TAGS = [{"Key": "class", "Value": "one"}]


def _place(account: Account) -> str:
    return f"{account.engine.region}:{account.engine.account}"


def _all_denied(calls: list[Callable[[], Any]]) -> None:
    for call in calls:
        with pytest.raises(ClientError) as error:
            call()
        assert code_of(error.value) in ("AccessDenied", "AccessDeniedException")


def test_table_of_ones_own(account: Account) -> None:
    """Service Authorization Reference, "Amazon DynamoDB": table*, for tags too."""
    own, other = fresh("table"), fresh("table")
    arns = {name: f"arn:aws:dynamodb:{_place(account)}:table/{name}" for name in (own, other)}
    user = account.client("dynamodb", account.user(allow("dynamodb:*", resource=arns[own])))
    account.client("dynamodb").create_table(TableName=other, **_TABLE)
    user.create_table(TableName=own, Tags=_TAGS, **_TABLE)
    user.untag_resource(ResourceArn=arns[own], TagKeys=["class"])
    calls: list[Callable[[], Any]] = [
        lambda: user.create_table(TableName=fresh("table"), **_TABLE),
        lambda: user.tag_resource(ResourceArn=arns[other], Tags=_TAGS),
        lambda: user.delete_table(TableName=other),
    ]
    _all_denied(calls)


def test_alarms_of_ones_own(account: Account) -> None:
    """Service Authorization Reference, "Amazon CloudWatch": alarm*; every alarm of a request is asked about."""
    arn = f"arn:aws:cloudwatch:{_place(account)}:alarm"
    user = account.client("cloudwatch", account.user(allow("cloudwatch:*", resource=f"{arn}:own-*")))
    account.client("cloudwatch").put_metric_alarm(AlarmName="other", **_ALARM)
    user.put_metric_alarm(AlarmName="own-1", Tags=_TAGS, **_ALARM)
    user.untag_resource(ResourceARN=f"{arn}:own-1", TagKeys=["class"])
    calls: list[Callable[[], Any]] = [
        lambda: user.put_metric_alarm(AlarmName="other", **_ALARM),
        lambda: user.tag_resource(ResourceARN=f"{arn}:other", Tags=_TAGS),
        lambda: user.delete_alarms(AlarmNames=["own-1", "other"]),
        lambda: user.describe_alarms(AlarmNames=["own-1"]),
    ]
    _all_denied(calls)
    user.delete_alarms(AlarmNames=["own-1"])
    account.client("cloudwatch").delete_alarms(AlarmNames=["other"])


def test_secret_of_ones_own(account: Account) -> None:
    """Service Authorization Reference, "AWS Secrets Manager": Secret*; tags need secretsmanager:TagResource."""
    arn = f"arn:aws:secretsmanager:{_place(account)}:secret:own-*"
    user = account.client("secretsmanager", account.user(allow("secretsmanager:CreateSecret", resource=arn)))
    user.create_secret(Name=fresh("own-secret"), SecretString="s")
    for name, tags in ((fresh("other"), []), (fresh("own-secret"), _TAGS)):
        with pytest.raises(ClientError, match="is not authorized to perform: secretsmanager"):
            user.create_secret(Name=name, SecretString="s", Tags=tags)


def test_users_groups_and_profiles_have_their_paths(account: Account) -> None:
    """Service Authorization Reference, "AWS Identity and Access Management (IAM)": AddUserToGroup is about group*."""
    root, start = account.client("iam"), f"arn:aws:iam::{account.engine.account}"
    arns = [f"{start}:{kind}/own/*" for kind in ("user", "group", "instance-profile")]
    iam = account.client("iam", account.user(allow("iam:*", resource=arns)))
    user, group, profile, stranger = fresh("member"), fresh("group"), fresh("profile"), fresh("group")
    iam.create_user(UserName=user, Path="/own/")
    iam.create_group(GroupName=group, Path="/own/")
    iam.create_instance_profile(InstanceProfileName=profile, Path="/own/")
    iam.add_user_to_group(UserName=user, GroupName=group)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy(allow("s3:*")))
    root.create_group(GroupName=stranger)
    calls: list[Callable[[], Any]] = [
        lambda: iam.create_user(UserName=fresh("member")),
        lambda: iam.create_instance_profile(InstanceProfileName=fresh("profile"), Path="/other/"),
        lambda: iam.add_user_to_group(UserName=user, GroupName=stranger),
    ]
    _all_denied(calls)
    iam.delete_user_policy(UserName=user, PolicyName="p")
    with pytest.raises(ClientError, match="must remove user from groups first"):
        iam.delete_user(UserName=user)
    iam.remove_user_from_group(UserName=user, GroupName=group)
    iam.delete_user(UserName=user)
    iam.delete_instance_profile(InstanceProfileName=profile)


def test_boundary_of_a_role_is_no_tag(account: Account) -> None:
    """`iam:TagRole` is needed for tags alone (CreateRole, IAM's API reference)."""
    document = policy(allow("s3:*"))
    boundary = account.client("iam").create_policy(PolicyName=fresh("bound"), PolicyDocument=document)["Policy"]["Arn"]
    iam = account.client("iam", account.user(allow("iam:CreateRole")))
    trusted = json.dumps(trust("ec2"))
    iam.create_role(RoleName=fresh("bound"), AssumeRolePolicyDocument=trusted, PermissionsBoundary=boundary)
    with pytest.raises(ClientError, match="iam:TagRole"):
        iam.create_role(RoleName=fresh("bound"), AssumeRolePolicyDocument=trusted, Tags=_TAGS)
