"""Stacks: what refuses to go with its stack, until its owner has made room."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, allow, fresh, policy
from tests.embedded_aws.stack_templates import BUCKET, SAGEMAKER_ROLE, resource, template


def test_bucket_with_objects_refuses_until_it_is_empty(account: Account) -> None:
    stack, objects = account.deploy(BUCKET), account.client("s3")
    objects.put_object(Bucket=stack.outputs["Name"], Key="k", Body=b"1")
    refused = account.destroy(stack)
    assert refused.status == "DELETE_FAILED"
    assert "BucketNotEmpty" in refused.reasons["Bucket"]
    objects.delete_object(Bucket=stack.outputs["Name"], Key="k")
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_bucket_with_versions_only_refuses(account: Account) -> None:
    versioned = resource("S3::Bucket", VersioningConfiguration={"Status": "Enabled"})
    stack = account.deploy(template({"Name": {"Ref": "Bucket"}}, Bucket=versioned))
    objects, bucket = account.client("s3"), stack.outputs["Name"]
    objects.put_object(Bucket=bucket, Key="k", Body=b"1")
    objects.delete_object(Bucket=bucket, Key="k")
    assert "BucketNotEmpty" in account.destroy(stack).reasons["Bucket"]
    listed = objects.list_object_versions(Bucket=bucket)
    for version in listed["Versions"] + listed["DeleteMarkers"]:
        objects.delete_object(Bucket=bucket, Key="k", VersionId=version["VersionId"])
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_role_with_a_foreign_policy_refuses(account: Account) -> None:
    stack = account.deploy(template({"Name": {"Ref": "Role"}}, Role=SAGEMAKER_ROLE))
    iam, name = account.client("iam"), stack.outputs["Name"]
    iam.put_role_policy(RoleName=name, PolicyName="freeze", PolicyDocument=policy(allow("s3:*")))
    assert "must delete" in account.destroy(stack).reasons["Role"]
    iam.delete_role_policy(RoleName=name, PolicyName="freeze")
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def test_export_in_use_refuses(account: Account) -> None:
    export = fresh("export")
    exporting = template({"Name": "value"}, Queue=resource("SQS::Queue"))
    exporting["Outputs"]["Name"]["Export"] = {"Name": export}
    owner = account.deploy(exporting)
    user = account.deploy(template(P=resource("SSM::Parameter", Type="String", Value={"Fn::ImportValue": export})))
    with pytest.raises(ClientError, match=f"Export {export} cannot be deleted as it is in use by {user.name}"):
        account.client("cloudformation").delete_stack(StackName=owner.name)
    account.destroy(user)
    assert account.destroy(owner).status == "DELETE_COMPLETE"
