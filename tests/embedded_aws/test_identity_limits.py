"""IAM and STS refuse what their models do not allow, what is more than a quota, and what still has something."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, Key, allow, code_of, fresh, policy, trust

TRUST = json.dumps(trust("lambda"))
TOO_LONG = "failed to satisfy constraint: Member must have length less than or equal to {}"
CHARACTERS = "is invalid. It must contain only alphanumeric characters and/or the following: "
SLASHES = "The specified value for path is invalid. It must begin and end with / and contain only"


def refusal(call: Callable[..., Any], **params: Any) -> str:  # noqa: ANN401 # any call
    """Code and text of a call that is refused."""
    with pytest.raises(ClientError) as refused:
        call(**params)
    return f"{code_of(refused.value)}: {refused.value.response['Error']['Message']}"


@pytest.mark.parametrize(
    ("call", "params", "told"),
    [
        ("create_role", {"RoleName": "r" * 65, "AssumeRolePolicyDocument": TRUST}, TOO_LONG.format(64)),
        ("create_user", {"UserName": "u" * 65}, TOO_LONG.format(64)),
        ("create_group", {"GroupName": "g" * 129}, TOO_LONG.format(128)),
        ("create_policy", {"PolicyName": "p" * 129, "PolicyDocument": policy(allow("s3:*"))}, TOO_LONG.format(128)),
        ("create_user", {"UserName": "tagged", "Tags": [{"Key": "k" * 129, "Value": ""}]}, "at 'tags.1.member.key'"),
        ("create_role", {"RoleName": "a b", "AssumeRolePolicyDocument": TRUST}, f"roleName {CHARACTERS}"),
        ("create_user", {"UserName": "Zo\u00eb"}, f"userName {CHARACTERS}"),
        ("create_user", {"UserName": "inside", "Path": "/class"}, SLASHES),
    ],
)
def test_names_are_as_the_model_has_them(account: Account, call: str, params: dict[str, Any], told: str) -> None:
    """Botocore's model of IAM; users' reports quote the texts."""
    said = refusal(getattr(account.client("iam"), call), **params)
    assert said.startswith("ValidationError: ")
    assert told in said


def test_names_may_be_as_long_as_that(account: Account) -> None:
    iam = account.client("iam")
    iam.create_role(RoleName="r" * 64, AssumeRolePolicyDocument=TRUST, Path="/a/b/", Tags=[])
    iam.create_policy(PolicyName="p" * 128, PolicyDocument=policy(allow("s3:*")), Description="")
    iam.create_user(UserName="a+b=c,d.e@f-g_h", Tags=[{"Key": "Zo\u00eb", "Value": "1/2"}])


@pytest.mark.parametrize("kind", ["Role", "User", "Group"])
def test_ten_managed_policies_are_attached(account: Account, kind: str) -> None:
    """IAM User Guide, "IAM and AWS STS quotas"."""
    iam, name = account.client("iam"), fresh(kind.lower())
    trusts = {"AssumeRolePolicyDocument": TRUST} if kind == "Role" else {}
    getattr(iam, f"create_{kind.lower()}")(**{f"{kind}Name": name}, **trusts)
    attach = getattr(iam, f"attach_{kind.lower()}_policy")
    for _ in range(10):
        made = iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=policy(allow("s3:*")))["Policy"]
        attach(**{f"{kind}Name": name}, PolicyArn=made["Arn"])
    attach(**{f"{kind}Name": name}, PolicyArn=made["Arn"])
    another = iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=policy(allow("s3:*")))["Policy"]
    told = refusal(attach, **{f"{kind}Name": name}, PolicyArn=another["Arn"])
    assert told == f"LimitExceeded: Cannot exceed quota for PoliciesPer{kind}: 10"


def test_users_have_two_keys(account: Account) -> None:
    """IAM User Guide, "IAM and AWS STS quotas"."""
    iam, name = account.client("iam"), fresh("user")
    iam.create_user(UserName=name)
    for _ in range(2):
        key = iam.create_access_key(UserName=name)["AccessKey"]
    assert refusal(iam.create_access_key, UserName=name) == (
        "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2"
    )
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.create_access_key(UserName=name)


def test_calls_that_name_no_user_are_about_the_caller(account: Account) -> None:
    """API_CreateAccessKey, API_GetUser, UserName: "IAM determines the user name implicitly"."""
    key = account.user(allow("iam:*"))
    iam = account.client("iam", key)
    name = iam.get_user()["User"]["UserName"]
    second = iam.create_access_key()["AccessKey"]
    assert second["UserName"] == name
    assert "AccessKeysPerUser" in refusal(iam.create_access_key)
    held = {one["AccessKeyId"] for one in iam.list_access_keys()["AccessKeyMetadata"]}
    assert held == {key.access_key_id, second["AccessKeyId"]}
    iam.delete_access_key(AccessKeyId=second["AccessKeyId"])
    told = refusal(account.client("iam", account.session(allow("iam:*"))).get_user)
    assert told == "ValidationError: Must specify userName when calling with non-User credentials"
    assert "makes no second key of root" in refusal(account.client("iam").create_access_key)


@pytest.mark.parametrize("kind", ["Role", "User", "Group"])
def test_names_do_not_differ_by_case_alone(account: Account, kind: str) -> None:
    """IAM User Guide, "IAM and AWS STS quotas": names "are not distinguished by case"."""
    create, name = getattr(account.client("iam"), f"create_{kind.lower()}"), fresh(f"{kind.lower()}-Case")
    trusts = {"AssumeRolePolicyDocument": TRUST} if kind == "Role" else {}
    create(**{f"{kind}Name": name}, **trusts)
    told = refusal(create, **{f"{kind}Name": name.upper()}, **trusts)
    assert told == f"EntityAlreadyExists: {kind} with name {name.upper()} already exists."


def test_lists_come_in_pages(account: Account) -> None:
    """API_ListUsers, MaxItems: 100 at first, and as many as are asked for."""
    iam, path = account.client("iam"), f"/{fresh('pages')}/"
    names = [fresh("paged") for _ in range(101)]
    for name in names:
        iam.create_user(UserName=name, Path=path)
    first = iam.list_users(PathPrefix=path)
    assert (len(first["Users"]), first["IsTruncated"]) == (100, True)
    second = iam.list_users(PathPrefix=path, Marker=first["Marker"])
    assert (len(second["Users"]), second["IsTruncated"], second.get("Marker")) == (1, False, None)
    pages = iam.get_paginator("list_users").paginate(PathPrefix=path, PaginationConfig={"PageSize": 40})
    found = [[user["UserName"] for user in page["Users"]] for page in pages]
    assert [len(page) for page in found] == [40, 40, 21]
    assert sorted(name for page in found for name in page) == sorted(names)
    assert refusal(iam.list_users, Marker="next").startswith("ValidationError")


def test_groups_are_deleted_when_they_are_empty(account: Account) -> None:
    """API_DeleteGroup: "The group must not contain any users or have any attached policies."."""
    iam, group, user = account.client("iam"), fresh("group"), fresh("user")
    iam.create_group(GroupName=group)
    iam.create_user(UserName=user)
    arn = iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.attach_group_policy(GroupName=group, PolicyArn=arn)
    iam.put_group_policy(GroupName=group, PolicyName="own", PolicyDocument=policy(allow("s3:*")))
    undo: dict[str, Callable[[], Any]] = {
        "remove users from group": lambda: iam.remove_user_from_group(GroupName=group, UserName=user),
        "detach all policies": lambda: iam.detach_group_policy(GroupName=group, PolicyArn=arn),
        "delete policies": lambda: iam.delete_group_policy(GroupName=group, PolicyName="own"),
    }
    for what, undone in undo.items():
        told = refusal(iam.delete_group, GroupName=group)
        assert told == f"DeleteConflict: Cannot delete entity, must {what} first."
        undone()
    iam.delete_group(GroupName=group)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ('{"Version": "2012-10-17"}', "Missing required field Statement"),
        ('{"Version": "2012-10-17", "Statement": ["all"]}', "This policy contains invalid Json"),
        ("[]", "This policy contains invalid Json"),
        (policy({"Effect": "Allow", "Action": "sts:AssumeRole"}), "Missing required field Principal"),
        (policy({"Effect": "Allow", "Principal": "*"}), "Missing required field Action"),
        (policy({"Principal": "*", "Action": "sts:AssumeRole"}), "Missing required field Effect"),
        (policy({"Effect": "allow", "Principal": "*", "Action": "sts:AssumeRole"}), "Invalid effect: allow"),
    ],
)
def test_trust_policies_say_who_may_do_what(account: Account, document: str, told: str) -> None:
    """IAM User Guide, "Grammar of the IAM JSON policy language"; users' reports quote the missing fields."""
    said = refusal(account.client("iam").create_role, RoleName=fresh("role"), AssumeRolePolicyDocument=document)
    assert said == f"MalformedPolicyDocument: {told}"


def test_sessions_last_as_long_as_the_role_allows(account: Account) -> None:
    """API_AssumeRole, DurationSeconds: the role's maximum, and one hour where a role assumes another one."""
    principal = {"AWS": f"arn:aws:iam::{account.engine.account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trusts = {"Version": "2012-10-17", "Statement": [statement]}
    short = account.role(trusts=trusts)
    long = account.role(allow("sts:*"), trusts=trusts, MaxSessionDuration=7200)
    sts = account.client("sts", account.user(allow("sts:AssumeRole")))
    told = refusal(sts.assume_role, RoleArn=short, RoleSessionName="test", DurationSeconds=3601)
    assert told == "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    held = sts.assume_role(RoleArn=long, RoleSessionName="test", DurationSeconds=7200)["Credentials"]
    chained = account.client("sts", Key(held["AccessKeyId"], held["SecretAccessKey"], held["SessionToken"]))
    assert "role chaining" in refusal(chained.assume_role, RoleArn=long, RoleSessionName="test", DurationSeconds=7200)
    chained.assume_role(RoleArn=long, RoleSessionName="test")


@pytest.mark.parametrize("name", ["a b", "a" * 65])
def test_sessions_have_names(account: Account, name: str) -> None:
    """API_AssumeRole, RoleSessionName."""
    said = refusal(account.client("sts").assume_role, RoleArn="arn:aws:iam::1:role/any", RoleSessionName=name)
    assert said.startswith(f"ValidationError: 1 validation error detected: Value '{name}' at 'roleSessionName' failed")


def test_there_is_no_mfa_device_and_no_source_identity(account: Account) -> None:
    """API_AssumeRole: both are taken for granted by nobody, as a condition of a policy may ask for them."""
    principal = {"AWS": f"arn:aws:iam::{account.engine.account}:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    role = account.role(trusts={"Version": "2012-10-17", "Statement": [statement]})
    sts = account.client("sts", account.user(allow("sts:*")))
    device = {"SerialNumber": "arn:aws:iam::123456789012:mfa/phone", "TokenCode": "123456"}
    asked = {"RoleArn": role, "RoleSessionName": "test"}
    assert refusal(sts.assume_role, **asked, **device).startswith("AccessDenied: MultiFactorAuthentication failed")
    assert refusal(sts.get_session_token, **device).startswith("AccessDenied: MultiFactorAuthentication failed")
    assert "SourceIdentity is not implemented" in refusal(sts.assume_role, **asked, SourceIdentity="me")
