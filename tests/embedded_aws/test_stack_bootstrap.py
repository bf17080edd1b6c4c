"""The CDK's own bootstrap stack, as its package has it: with a key of its own, then without, then gone."""

from __future__ import annotations

import json
from pathlib import Path

from tests.embedded_aws.account import Account, Stack, fresh

TEMPLATE = (
    Path(__file__).parent.parent.parent / "node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml"
).read_text()
QUALIFIER = "typestest"


def act(account: Account, name: str, operation: str, **parameters: str) -> Stack:
    """Create or update the stack."""
    given = {"Qualifier": QUALIFIER, **parameters}
    getattr(account.client("cloudformation"), operation)(
        StackName=name,
        TemplateBody=TEMPLATE,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )
    return account.settled(name)


def test_bootstrap_with_and_without_a_key_of_its_own(account: Account) -> None:
    """The parameters are those of `cdk bootstrap` ("Customize CDK bootstrapping")."""
    name = fresh("bootstrap")
    stack = act(account, name, "create_stack", FileAssetsBucketKmsKeyId="", InputPermissionsBoundary="")
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    key = account.client("kms").describe_key(KeyId=f"alias/cdk-{QUALIFIER}-assets-key")["KeyMetadata"]
    assert key["Arn"] == stack.outputs["FileAssetKeyArn"]
    repository = {"repositoryName": stack.outputs["ImageRepositoryName"]}
    images = account.client("ecr")
    assert (
        images.describe_repositories(repositoryNames=[stack.outputs["ImageRepositoryName"]])["repositories"][0][
            "imageTagMutability"
        ]
        == "IMMUTABLE"
    )
    assert "countNumber" in images.get_lifecycle_policy(**repository)["lifecyclePolicyText"]
    allowed = json.loads(images.get_repository_policy(**repository)["policyText"])["Statement"]
    assert [statement["Sid"] for statement in allowed] == [
        "LambdaECRImageRetrievalPolicy",
        "EmrServerlessImageRetrievalPolicy",
    ]
    updated = act(account, name, "update_stack", FileAssetsBucketKmsKeyId="AWS_MANAGED_KEY")
    assert updated.status == "UPDATE_COMPLETE", updated.reasons
    assert account.client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    version = account.client("ssm").get_parameter(Name=f"/cdk-bootstrap/{QUALIFIER}/version")["Parameter"]["Value"]
    assert version == updated.outputs["BootstrapVersion"]
    assert account.destroy(updated).status == "DELETE_COMPLETE"
    # The bucket of the assets is retained.
    account.client("s3").delete_bucket(Bucket=stack.outputs["BucketName"])
