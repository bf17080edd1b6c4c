"""Policies that IAM refuses: what no policy of a role, user or group may say, and how long they may be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.iam import policy_documents
from embedded_aws.sagemaker.errors import AwsError
from tests.embedded_aws.account import Account, allow, code_of, fresh, policy

SYNTAX = "Syntax errors in policy."
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."


def _with(**more: Any) -> str:  # noqa: ANN401 # a statement's members
    return policy({**allow("s3:GetObject", resource="arn:aws:s3:::b/*"), **more})


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("{", SYNTAX),
        (json.dumps({"Version": "2012-10-17"}), SYNTAX),
        (json.dumps({"Version": "2013-10-17", "Statement": [allow("s3:*")]}), SYNTAX),
        (json.dumps({"Statement": [allow("s3:*")]}), "Policy document must be version 2012-10-17 or greater."),
        (json.dumps({"Version": "2012-10-17", "Statement": ["x"]}), SYNTAX),
        (_with(Effect="allow"), SYNTAX),
        (_with(Colour="red"), SYNTAX),
        (_with(Principal="*"), "Policy document should not specify a principal."),
        (_with(Action="s3"), VENDOR),
        (_with(Action=["s3:*", "s3:Get-Object"]), VENDOR),
        (_with(NotAction="s3:*"), "Policy statement must contain actions."),
        (_with(Resource="b/*"), 'Resource b/* must be in ARN format or "*".'),
        (_with(Condition={"StringEqualz": {"aws:PrincipalTag/a": "b"}}), SYNTAX),
    ],
)
def test_what_no_policy_of_an_identity_may_be(document: str, told: str) -> None:
    """IAM User Guide, "Grammar of the IAM JSON policy language"; texts as in moto's test_iam_policies.py."""
    with pytest.raises(AwsError) as refused:
        policy_documents.check_identity(document)
    assert (refused.value.code, refused.value.message) == ("MalformedPolicyDocument", told)


@pytest.mark.parametrize(
    "document",
    [
        policy(allow("*")),
        policy(
            allow("s3:Get*", "sts:AssumeRole", resource=["*", "arn:aws:s3:::b", "arn:aws:iam::123456789012:role/r"])
        ),
        _with(Sid="a", Condition={"ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a"]}, "Null": {"a:b": "true"}}),
        policy({"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:aws:logs:*:*:*"}),
    ],
)
def test_what_a_policy_may_be(document: str) -> None:
    """IAM User Guide, "Grammar of the IAM JSON policy language"."""
    policy_documents.check_identity(document)


def _long(characters: int) -> str:
    return policy(allow("s3:GetObject", resource="arn:aws:s3:::b/" + "x" * characters))


def test_running_engine_refuses_them_wherever_they_are_given(account: Account) -> None:
    """IAM API Reference, PutRolePolicy, PutUserPolicy, PutGroupPolicy, CreatePolicy, CreatePolicyVersion."""
    iam, role = account.client("iam"), account.role().rsplit("/", 1)[-1]
    arn = iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    group = iam.create_group(GroupName=fresh("group"))["Group"]["GroupName"]
    user = iam.create_user(UserName=fresh("user"))["User"]["UserName"]
    calls: list[Callable[[str], Any]] = [
        lambda bad: iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=bad),
        lambda bad: iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=bad),
        lambda bad: iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=bad),
        lambda bad: iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=bad),
        lambda bad: iam.create_policy_version(PolicyArn=arn, PolicyDocument=bad),
    ]
    for call in calls:
        with pytest.raises(ClientError, match="should not specify a principal") as refused:
            call(_with(Principal="*"))
        assert code_of(refused.value) == "MalformedPolicyDocument"
        with pytest.raises(ClientError) as refused:
            call(_long(10_240))
        assert code_of(refused.value) == "LimitExceeded"


def test_inline_policies_are_counted_together_without_white_space(account: Account) -> None:
    """IAM User Guide, "IAM and AWS STS quotas": 10,240 characters for all inline policies of a role."""
    iam, role = account.client("iam"), account.role().rsplit("/", 1)[-1]
    for name in ("a", "b", "b"):
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=" " * 9000 + _long(4900))
    with pytest.raises(ClientError, match=f"Maximum policy size of 10240 bytes exceeded for role {role}"):
        iam.put_role_policy(RoleName=role, PolicyName="c", PolicyDocument=_long(400))


def test_policy_of_nobody_is_told_first(account: Account) -> None:
    """The role is looked for before its policy is read, as moto's and the emulator's tests have it."""
    with pytest.raises(ClientError) as refused:
        account.client("iam").put_role_policy(RoleName="nobody", PolicyName="p", PolicyDocument="{")
    assert code_of(refused.value) == "NoSuchEntity"
