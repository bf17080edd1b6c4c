"""Whose images a job may run: AWS's, and the account's own with the role's rights."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.runtime import images
from tests.embedded_aws.account import Account, allow, code_of, fresh, polls
from tests.embedded_aws.bench import CLUSTER
from tests.embedded_aws.sagemaker_stubs import processing, variant

REGION = "us-east-1"
PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")
Create = Callable[[Account, str, str], None]


def train(account: Account, image: str, role: str) -> None:
    account.client("sagemaker").create_training_job(
        TrainingJobName=fresh("job"),
        RoleArn=role,
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File", "ContainerEntrypoint": ["true"]},
        OutputDataConfig={"S3OutputPath": "s3://bucket/out"},
        ResourceConfig=CLUSTER,
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )


def process(account: Account, image: str, role: str) -> None:
    what = {"ImageUri": image, "ContainerEntrypoint": ["true"]}
    account.client("sagemaker").create_processing_job(**processing(fresh("job"), RoleArn=role, AppSpecification=what))


def host(account: Account, image: str, role: str) -> None:
    account.client("sagemaker").create_model(
        ModelName=fresh("model"), ExecutionRoleArn=role, PrimaryContainer={"Image": image}
    )


every_call = pytest.mark.parametrize("create", [train, process, host])


def refusal(create: Create, account: Account, image: str, role: str) -> str:
    with pytest.raises(ClientError) as caught:
        create(account, image, role)
    assert code_of(caught.value) == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


@pytest.fixture(scope="module")
def own(account: Account) -> str:
    """An image in the account's own registry."""
    ecr, name = account.client("ecr"), fresh("own")
    ecr.create_repository(repositoryName=name)
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
    ecr.put_image(repositoryName=name, imageManifest=json.dumps(manifest), imageTag="1")
    return f"{account.engine.account}.dkr.ecr.{REGION}.amazonaws.com/{name}:1"


@every_call
def test_awss_images_need_no_rights_of_the_role(account: Account, create: Create) -> None:
    """Developer guide, "Docker Registry Paths and Example Code": AWS's images are public to all accounts."""
    create(account, images.SCIKIT_LEARN.uri, account.role())


@every_call
@pytest.mark.parametrize("registry", ["999999999999", "811284229777"])
def test_the_images_of_others_are_denied(account: Account, create: Create, registry: str) -> None:
    """sagemaker-spark-container's issue 158 quotes the text for CreateTrainingJob."""
    image = f"{registry}.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
    wanted = f"Access denied for repository: sagemaker-scikit-learn in registry ID: {registry}."
    assert refusal(create, account, image, account.role(allow("*"))) == wanted


@every_call
def test_an_image_that_is_not_here_is_refused_by_name(account: Account, create: Create) -> None:
    """Whether AWS has it, in whichever account, is not known here."""
    image = f"382416733822.dkr.ecr.{REGION}.amazonaws.com/linear-learner:1"
    assert f"cannot run the image {image}; it has:" in refusal(create, account, image, account.role())


@every_call
def test_another_region_is_refused(account: Account, create: Create) -> None:
    image = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
    assert "must lie in a registry of us-east-1" in refusal(create, account, image, account.role())


@pytest.mark.parametrize(
    ("create", "text"),
    [
        (train, "TrainingImageConfig with TrainingRepositoryAccessMode set to VPC must be provided"),
        (host, 'Using non-ECR image "python:3.12" without Vpc repository access mode is not supported.'),
        (process, "python:3.12 is not in Amazon ECR"),
    ],
)
def test_other_registries_need_a_vpc(account: Account, create: Create, text: str) -> None:
    """boto3's issue 2906 quotes the text for CreateTrainingJob; API_ImageConfig: Vpc for registries in your VPC."""
    assert text in refusal(create, account, "python:3.12", account.role())


@every_call
def test_an_own_image_is_pulled_with_the_roles_rights(account: Account, create: Create, own: str) -> None:
    """Developer guide, "SageMaker AI Roles", execution role permissions: ecr:BatchGetImage and its companions."""
    repository = own.partition("/")[2].partition(":")[0]
    denied = f"Access denied for repository: {repository} in registry ID: {account.engine.account}."
    assert refusal(create, account, own, account.role()) == denied
    arn = f"arn:aws:ecr:{REGION}:{account.engine.account}:repository/{repository}"
    rich = account.role(allow(*PULL, resource=arn))
    assert f"cannot run the image {own}; it has:" in refusal(create, account, own, rich)
    assert "Cannot find the requested image" in refusal(create, account, own.replace(":1", ":2"), rich)
    everywhere = account.role(allow(*PULL))
    assert "Cannot find the requested image" in refusal(create, account, own.replace("own-", "none-"), everywhere)


def test_an_endpoint_on_arm_does_not_come_up(account: Account) -> None:
    """EC2's guide: m6g and c7g are Arm processors; the images here are built for x86, as AWS's `-cpu` images are."""
    sagemaker, name = account.client("sagemaker"), fresh("arm")
    role = account.role(allow("logs:*"))
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": images.SCIKIT_LEARN.uri})
    arm: list[dict[str, Any]] = [variant(model=name, InstanceType="ml.m6g.large")]
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=arm)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    for _ in polls(60):
        shown = sagemaker.describe_endpoint(EndpointName=name)
        if shown["EndpointStatus"] != "Creating":
            break
    assert shown["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in shown["FailureReason"]
