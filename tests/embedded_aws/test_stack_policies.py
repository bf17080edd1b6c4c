"""Stacks: the policies of IAM, and of buckets."""

from __future__ import annotations

import json

from tests.embedded_aws.account import Account, Template, allow, fresh, policy
from tests.embedded_aws.stack_templates import get, only, refused, resource, template
from tests.embedded_aws.stack_type_cases import document


def test_managed_policy_keeps_five_versions_and_goes_with_all_of_them(account: Account) -> None:
    """Five versions are the most ("Versioning IAM policies", IAM User Guide); DeletePolicy wants the others gone."""

    def wanted(number: int) -> Template:
        return only(P=resource("IAM::ManagedPolicy", PolicyDocument=document(f"s3:Get{number}*")))

    stack = account.deploy(wanted(0))
    for number in range(1, 7):
        assert account.deploy(wanted(number), StackName=stack.name).status == "UPDATE_COMPLETE"
    iam = account.client("iam")
    versions = iam.list_policy_versions(PolicyArn=stack.outputs["P"])["Versions"]
    assert {version["VersionId"] for version in versions} == {"v3", "v4", "v5", "v6", "v7"}
    assert [version["VersionId"] for version in versions if version["IsDefaultVersion"]] == ["v7"]
    lists = ("iam:ListPolicyVersions", "iam:DeletePolicyVersion", "iam:DeletePolicy")
    for missing in ("iam:ListPolicyVersions", "iam:DeletePolicyVersion", "iam:CreatePolicyVersion", "iam:GetPolicy"):
        held = {*lists, "iam:CreatePolicyVersion", "iam:GetPolicy"} - {missing}
        failed = account.deploy(wanted(7), account.user(allow("cloudformation:*", *sorted(held))), StackName=stack.name)
        assert missing in failed.reasons["P"]
    user = account.user(allow("cloudformation:*", "iam:ListPolicyVersions", "iam:DeletePolicy"))
    assert "iam:DeletePolicyVersion" in account.destroy(stack, user).reasons["P"]
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_managed_policy_that_others_hold_does_not_go(account: Account) -> None:
    """A managed policy is detached from all before it goes (DeletePolicy, IAM API Reference)."""
    wanted = only(P=resource("IAM::ManagedPolicy", PolicyDocument=document("s3:*")))
    wanted["Outputs"]["Id"] = {"Value": get("P", "DefaultVersionId")}
    stack, iam = account.deploy(wanted), account.client("iam")
    assert stack.outputs["Id"] == "v1"
    role = account.role().rsplit("/", 1)[-1]
    iam.attach_role_policy(RoleName=role, PolicyArn=stack.outputs["P"])
    assert "DeleteConflict" in account.destroy(stack).reasons["P"]
    iam.detach_role_policy(RoleName=role, PolicyArn=stack.outputs["P"])
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_embedded_policy_moves_with_its_principals(account: Account) -> None:
    """Every property of AWS::IAM::Policy is updated without interruption (its resource reference)."""
    iam, roles = account.client("iam"), [account.role().rsplit("/", 1)[-1] for _ in range(2)]
    user = fresh("someone")
    iam.create_user(UserName=user)

    def wanted(**who: list[str]) -> Template:
        return only(P=resource("IAM::Policy", PolicyName="own", PolicyDocument=document("s3:*"), **who))

    stack = account.deploy(wanted(Roles=roles))
    moved = account.deploy(wanted(Roles=roles[1:], Users=[user]), StackName=stack.name)
    assert (moved.status, moved.outputs) == ("UPDATE_COMPLETE", stack.outputs), moved.reasons
    assert iam.list_role_policies(RoleName=roles[0])["PolicyNames"] == []
    assert iam.list_role_policies(RoleName=roles[1])["PolicyNames"] == ["own"]
    assert iam.list_user_policies(UserName=user)["PolicyNames"] == ["own"]
    iam.delete_role_policy(RoleName=roles[1], PolicyName="own")
    assert account.destroy(stack).status == "DELETE_COMPLETE"
    assert "cannot be found" in refused(account, wanted(Roles=["nobody"])["Resources"]["P"])


def test_second_policy_of_a_bucket_is_refused(account: Account) -> None:
    """The schema of AWS::S3::BucketPolicy names s3:GetBucketPolicy among the rights for creating."""
    bucket = account.bucket()
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    given = {"Bucket": bucket, "PolicyDocument": json.loads(policy(statement))}
    stack = account.deploy(template(P=resource("S3::BucketPolicy", **given)))
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    assert "bucket policy already exists" in refused(account, resource("S3::BucketPolicy", **given))
    account.destroy(stack)
