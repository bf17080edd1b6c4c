"""SageMaker of a running engine, over signed HTTP: boto3, its waiters and paginators, and what is refused."""

from __future__ import annotations

import io
import json
import tarfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from embedded_aws.launcher import Engine
from tests.embedded_aws.account import Account, allow, code_of, fresh, trust

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
IMAGE = f"{REGISTRY}/sagemaker-scikit-learn:1.9-0-cpu-py3"
SLEEP = {"TrainingImage": IMAGE, "TrainingInputMode": "File", "ContainerEntrypoint": ["sleep", "60"]}


@pytest.fixture(scope="module")
def sagemaker(account: Account) -> Any:  # noqa: ANN401 # a boto3 client
    return account.client("sagemaker")


@pytest.fixture(scope="module")
def bucket(account: Account) -> str:
    return account.bucket()


@pytest.fixture(scope="module")
def role(account: Account, bucket: str) -> str:
    everything = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return account.role(allow("s3:*", resource=everything), allow("logs:*"))


def training(name: str, role: str, bucket: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 # parameters of a call
    return {
        "TrainingJobName": name,
        "RoleArn": role,
        "AlgorithmSpecification": SLEEP,
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 90},
        **more,
    }


def refusal(call: Any, **params: Any) -> tuple[str, str]:  # noqa: ANN401 # a boto3 call
    with pytest.raises(ClientError) as caught:
        call(**params)
    return code_of(caught.value), str(caught.value.response["Error"]["Message"])


def wait(client: Any, waiter: str, **params: str) -> None:  # noqa: ANN401 # a boto3 client
    client.get_waiter(waiter).wait(WaiterConfig={"Delay": 1, "MaxAttempts": 90}, **params)


@pytest.fixture
def desk(sagemaker: Any, role: str) -> Iterator[dict[str, str]]:  # noqa: ANN401 # a boto3 client
    """A notebook instance in service; gone afterwards."""
    name = {"NotebookInstanceName": fresh("desk")}
    sagemaker.create_notebook_instance(**name, InstanceType="ml.t3.medium", RoleArn=role)
    wait(sagemaker, "notebook_instance_in_service", **name)
    yield name
    if sagemaker.list_notebook_instances(NameContains=name["NotebookInstanceName"])["NotebookInstances"]:
        if sagemaker.describe_notebook_instance(**name)["NotebookInstanceStatus"] == "InService":
            sagemaker.stop_notebook_instance(**name)
        wait(sagemaker, "notebook_instance_stopped", **name)
        sagemaker.delete_notebook_instance(**name)
        wait(sagemaker, "notebook_instance_deleted", **name)


def test_a_running_notebook_instance_is_not_deleted(sagemaker: Any, desk: dict[str, str]) -> None:  # noqa: ANN401 # a client
    code, message = refusal(sagemaker.delete_notebook_instance, **desk)
    assert code == "ValidationException"
    assert "Status (InService) not in ([Stopped, Failed]). Unable to transition to (Deleting)" in message


def test_a_notebook_instance_stops_starts_and_goes(sagemaker: Any, desk: dict[str, str]) -> None:  # noqa: ANN401 # a client
    sagemaker.stop_notebook_instance(**desk)
    wait(sagemaker, "notebook_instance_stopped", **desk)
    sagemaker.start_notebook_instance(**desk)
    wait(sagemaker, "notebook_instance_in_service", **desk)
    sagemaker.stop_notebook_instance(**desk)
    wait(sagemaker, "notebook_instance_stopped", **desk)
    sagemaker.delete_notebook_instance(**desk)
    wait(sagemaker, "notebook_instance_deleted", **desk)
    assert refusal(sagemaker.describe_notebook_instance, **desk) == ("ValidationException", "RecordNotFound")


def test_a_running_job_is_stopped_and_then_deleted(sagemaker: Any, role: str, bucket: str) -> None:  # noqa: ANN401 # a client
    name = {"TrainingJobName": fresh("job")}
    sagemaker.create_training_job(**training(name["TrainingJobName"], role, bucket))
    assert refusal(sagemaker.delete_training_job, **name)[0] == "ResourceInUse"
    with pytest.raises(sagemaker.exceptions.ResourceInUse, match="a training job with this name already exists"):
        sagemaker.create_training_job(**training(name["TrainingJobName"], role, bucket))
    sagemaker.stop_training_job(**name)
    wait(sagemaker, "training_job_completed_or_stopped", **name)
    assert sagemaker.describe_training_job(**name)["TrainingJobStatus"] == "Stopped"
    assert refusal(sagemaker.stop_training_job, **name)[1].endswith("the training job is in status Stopped.")
    sagemaker.delete_training_job(**name)
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.delete_training_job(**name)


def test_an_unknown_image_is_refused_with_the_known(sagemaker: Any, role: str, bucket: str) -> None:  # noqa: ANN401 # a client
    own = {**SLEEP, "TrainingImage": "763104351884.dkr.ecr.us-east-1.amazonaws.com/own:1"}
    params = training(fresh("job"), role, bucket, AlgorithmSpecification=own)
    code, message = refusal(sagemaker.create_training_job, **params)
    assert code == "ValidationException"
    assert "own:1" in message
    assert "sagemaker-xgboost:3.2-0" in message
    assert "sagemaker-scikit-learn:1.9-0-cpu-py3" in message


def test_roles_must_be_there_and_trust_sagemaker(sagemaker: Any, account: Account, bucket: str) -> None:  # noqa: ANN401 # a client
    missing = f"arn:aws:iam::{account.engine.account}:role/none"
    for role in (missing, account.role(trusts=trust("lambda"))):
        code, message = refusal(sagemaker.create_training_job, **training(fresh("job"), role, bucket))
        assert code == "ValidationException"
        assert f"Could not assume role {role}" in message


def test_names_calls_and_members_are_refused(sagemaker: Any, role: str, bucket: str) -> None:  # noqa: ANN401 # a client
    code, message = refusal(sagemaker.create_training_job, **training("x" * 64, role, bucket))
    assert (code, "Member must have length less than or equal to 63" in message) == ("ValidationException", True)
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    params = training(fresh("job"), role, bucket, VpcConfig=vpc)
    assert refusal(sagemaker.create_training_job, **params) == (
        "UnknownOperationException",
        "CreateTrainingJob: VpcConfig is not implemented by the embedded AWS",
    )
    assert refusal(sagemaker.list_domains) == (
        "UnknownOperationException",
        "ListDomains is not implemented by the embedded AWS",
    )


SLOW = """
import time

def model_fn(model_dir):
    time.sleep(3)
    raise RuntimeError("no model here")
"""
SERVER = """
def model_fn(model_dir):
    return 7

def predict_fn(data, model):
    return [model] * len(data)
"""


def archive(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as made:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            made.addfile(entry, io.BytesIO(text.encode()))
    return content.getvalue()


@dataclass(frozen=True)
class Hosting:
    """Where models are hosted, and as what."""

    account: Account
    role: str
    bucket: str

    def create(self, script: str, variants: str) -> str:
        """An endpoint in Creating, of a model with this script, with variants of these names; all named alike."""
        name, sagemaker = fresh("endpoint"), self.account.client("sagemaker")
        content = archive({"code/inference.py": script})
        self.account.client("s3").put_object(Bucket=self.bucket, Key=f"{name}.tar.gz", Body=content)
        container = {
            "Image": IMAGE,
            "ModelDataUrl": f"s3://{self.bucket}/{name}.tar.gz",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
        }
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=self.role, PrimaryContainer=container)
        one = {"ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        all_variants = [{"VariantName": letter, **one} for letter in variants]
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=all_variants)
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        return name

    def delete(self, name: str) -> None:
        """Everything that `create` made."""
        sagemaker = self.account.client("sagemaker")
        sagemaker.delete_endpoint(EndpointName=name)
        wait(sagemaker, "endpoint_deleted", EndpointName=name)
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
        sagemaker.delete_model(ModelName=name)


@pytest.fixture(scope="module")
def hosting(account: Account, role: str, bucket: str) -> Hosting:
    return Hosting(account, role, bucket)


def test_an_endpoint_in_creating_is_not_deleted(sagemaker: Any, hosting: Hosting) -> None:  # noqa: ANN401 # a client
    name = hosting.create(SLOW, "a")
    code, message = refusal(sagemaker.delete_endpoint, EndpointName=name)
    assert (code, message.startswith("Cannot update in-progress endpoint")) == ("ValidationException", True)
    runtime = hosting.account.client("sagemaker-runtime")
    code, message = refusal(runtime.invoke_endpoint, EndpointName=name, Body=b"")
    assert code == "ValidationError"
    assert message == f"Endpoint {name} of account {hosting.account.engine.account} not found."
    with pytest.raises(WaiterError, match="terminal failure state"):
        wait(sagemaker, "endpoint_in_service", EndpointName=name)
    assert sagemaker.describe_endpoint(EndpointName=name)["FailureReason"]
    hosting.delete(name)


@pytest.fixture
def served(sagemaker: Any, hosting: Hosting) -> Iterator[str]:  # noqa: ANN401 # a boto3 client
    """An endpoint of two variants in service; gone afterwards."""
    name = hosting.create(SERVER, "ab")
    wait(sagemaker, "endpoint_in_service", EndpointName=name)
    yield name
    hosting.delete(name)


def test_an_endpoint_answers(account: Account, served: str) -> None:
    runtime = account.client("sagemaker-runtime")
    for variant in ("a", "b"):
        answer = runtime.invoke_endpoint(
            EndpointName=served,
            Body=b"1,2\n3,4\n",
            ContentType="text/csv",
            Accept="application/json",
            TargetVariant=variant,
        )
        assert json.loads(answer["Body"].read()) == [7, 7]
        assert (answer["ContentType"], answer["InvokedProductionVariant"]) == ("application/json", variant)


def test_a_container_that_refuses_is_a_model_error(account: Account, served: str) -> None:
    runtime = account.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        runtime.invoke_endpoint(EndpointName=served, Body=b"<a/>", ContentType="application/xml")
    assert 400 <= caught.value.response["OriginalStatusCode"] < 500
    assert "Received client error" in caught.value.response["Error"]["Message"]


def test_dangling_references_and_missing_data(sagemaker: Any, role: str, bucket: str) -> None:  # noqa: ANN401 # a client
    none = fresh("none")
    assert refusal(sagemaker.create_endpoint, EndpointName=none, EndpointConfigName=none)[1].startswith(
        "Could not find endpoint configuration"
    )
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/none.tar.gz"}
    params = {"ModelName": none, "ExecutionRoleArn": role, "PrimaryContainer": container}
    assert refusal(sagemaker.create_model, **params)[1].startswith("Could not find model data at s3://")


@pytest.fixture
def many(sagemaker: Any, role: str) -> Iterator[str]:  # noqa: ANN401 # a boto3 client
    """The beginning of the names of twelve models, each tagged with its number."""
    prefix = fresh("many")
    names = [f"{prefix}-x{number}" for number in range(12)]
    for number, name in enumerate(names):
        tags = [{"Key": "number", "Value": str(number)}]
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer={"Image": IMAGE}, Tags=tags)
    yield prefix
    for name in names:
        sagemaker.delete_model(ModelName=name)


def test_pages_filters_and_order(sagemaker: Any, many: str) -> None:  # noqa: ANN401 # a boto3 client
    asked = {"NameContains": f"{many}-x", "SortBy": "CreationTime", "SortOrder": "Ascending"}
    pages = list(sagemaker.get_paginator("list_models").paginate(**asked, PaginationConfig={"PageSize": 5}))
    assert [len(page["Models"]) for page in pages] == [5, 5, 2]
    names = [model["ModelName"] for page in pages for model in page["Models"]]
    assert names == [f"{many}-x{number}" for number in range(12)]


def test_tags(sagemaker: Any, many: str) -> None:  # noqa: ANN401 # a boto3 client
    arn = sagemaker.describe_model(ModelName=f"{many}-x3")["ModelArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "lab", "Value": "churn"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "lab", "Value": "churn"},
        {"Key": "number", "Value": "3"},
    ]
    more = [{"Key": f"k{number}", "Value": ""} for number in range(49)]
    assert "at most 50 tags" in refusal(sagemaker.add_tags, ResourceArn=arn, Tags=more)[1]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["lab"])
    assert len(sagemaker.list_tags(ResourceArn=arn)["Tags"]) == 1


def test_the_inventory_knows_what_sagemaker_holds(engine: Engine, many: str) -> None:
    headers = {"Authorization": f"Bearer {engine.secret_access_key}"}
    request = urllib.request.Request(f"{engine.endpoint}/_embedded/inventory", headers=headers)  # noqa: S310 # loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 # loopback
        items = json.load(answer)["items"]
    held = [item["id"] for item in items if item["service"] == "sagemaker" and many in item["id"]]
    assert len(held) == 12
