"""What a job reads and writes, it reads and writes with the rights of its role; AWS's keys of others are refused.

Developer guide, "SageMaker AI Roles": s3:GetObject, s3:PutObject and s3:ListBucket of the execution role; for a
transform job it is the model's role.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, allow, code_of, fresh, polls
from tests.embedded_aws.bench import CLUSTER, LOGS, SCIKIT_LEARN, Bench, Described, archive, bench
from tests.embedded_aws.sagemaker_stubs import training, variant

SERVER = """
    def model_fn(model_dir):
        return 1

    def predict_fn(data, model):
        return data
"""


@pytest.fixture(scope="module")
def desk(account: Account) -> Bench:
    made = bench(account)
    made.put("in/rows.csv", "1,2\n")
    return made


def role(account: Account, desk: Bench, *, read: str = "*", write: str = "*", listing: bool = True) -> str:
    """A role that reads and writes keys of two patterns only."""
    source = f"arn:aws:s3:::{desk.bucket}"
    rights = [
        allow(*LOGS),
        allow("s3:GetObject", resource=f"{source}/{read}"),
        allow("s3:PutObject", resource=f"{source}/{write}"),
    ]
    return account.role(*rights, *([allow("s3:ListBucket", resource=source)] if listing else []))


def channel(desk: Bench) -> list[dict[str, Any]]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{desk.bucket}/in"}
    return [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}]


def test_training_lists_its_inputs_before_it_is_created(account: Account, desk: Bench) -> None:
    image = {"TrainingImage": SCIKIT_LEARN, "TrainingInputMode": "File", "ContainerEntrypoint": ["true"]}
    asked: dict[str, Any] = {"AlgorithmSpecification": image, "InputDataConfig": channel(desk)}
    with pytest.raises(ClientError) as caught:
        desk.train(RoleArn=role(account, desk, listing=False), **asked)
    assert code_of(caught.value) == "ValidationException"
    assert 'has "s3:ListBucket" permissions on bucket' in str(caught.value)
    job = desk.train(RoleArn=role(account, desk, read="other/*"), **asked)
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Data download failed:")


def processed(desk: Bench, role_arn: str) -> Described:
    place = {"S3Uri": f"s3://{desk.bucket}/out/x", "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"}
    source = {"S3Uri": f"s3://{desk.bucket}/in", "LocalPath": "/opt/ml/processing/in", "S3DataType": "S3Prefix"}
    return desk.process(
        "from pathlib import Path; Path('/opt/ml/processing/out/a').write_text('1')",
        RoleArn=role_arn,
        inputs=[{"InputName": "rows", "S3Input": {**source, "S3InputMode": "File"}}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": place}]},
    )


@pytest.mark.parametrize(
    ("rights", "text"),
    [
        ({"read": "process-*"}, "ClientError: Failed to download data."),
        ({"listing": False}, "ClientError: Failed to download data."),
        ({"write": "other/*"}, "ClientError: Failed to upload data."),
    ],
    ids=["read", "list", "write"],
)
def test_processing_fails_with_what_its_role_may_not(
    account: Account, desk: Bench, rights: dict[str, Any], text: str
) -> None:
    job = processed(desk, role(account, desk, **rights))
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(text)
    assert "AccessDenied" in job["FailureReason"]


@pytest.mark.parametrize(
    "rights", [{"read": "models/*"}, {"listing": False}, {"write": "other/*"}], ids=["read", "list", "write"]
)
def test_transform_fails_with_what_its_models_role_may_not(
    account: Account, desk: Bench, rights: dict[str, Any]
) -> None:
    data = desk.put("models/model.tar.gz", archive(code__infer_py=SERVER))
    container = {"Image": SCIKIT_LEARN, "ModelDataUrl": data, "Environment": {"SAGEMAKER_PROGRAM": "infer.py"}}
    name = fresh("model")
    desk.sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=role(account, desk, **rights), PrimaryContainer=container
    )
    job = desk.transform(name, f"s3://{desk.bucket}/in")
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: AccessDenied")


def test_model_data_is_read_when_the_model_is_made_and_when_it_is_deployed(account: Account, desk: Bench) -> None:
    data = desk.put("models/second.tar.gz", archive(code__infer_py=SERVER))
    container = {"Image": SCIKIT_LEARN, "ModelDataUrl": data, "Environment": {"SAGEMAKER_PROGRAM": "infer.py"}}
    poor, name = role(account, desk, read="other/*"), fresh("model")
    with pytest.raises(ClientError, match="Could not access model data") as caught:
        desk.sagemaker.create_model(ModelName=name, ExecutionRoleArn=poor, PrimaryContainer=container)
    assert code_of(caught.value) == "ValidationException"
    rich = role(account, desk)
    desk.sagemaker.create_model(ModelName=name, ExecutionRoleArn=rich, PrimaryContainer=container)
    account.set_rights(rich, allow(*LOGS))
    desk.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant(model=name)])
    desk.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    for _ in polls(60):
        shown = desk.sagemaker.describe_endpoint(EndpointName=name)
        if shown["EndpointStatus"] != "Creating":
            break
    assert shown["EndpointStatus"] == "Failed"


@pytest.mark.parametrize(
    "member",
    [
        {"OutputDataConfig": {"S3OutputPath": "s3://bucket/out", "KmsKeyId": "alias/own"}},
        {"ResourceConfig": {**CLUSTER, "VolumeKmsKeyId": "alias/own"}},
    ],
)
def test_own_keys_are_refused_by_name(desk: Bench, member: dict[str, Any]) -> None:
    """No key of KMS encrypts anything here: who asks for one is told."""
    with pytest.raises(ClientError, match="KmsKeyId=alias/own is not implemented") as caught:
        desk.sagemaker.create_training_job(**{**training(fresh("job"), RoleArn=desk.role), **member})
    assert code_of(caught.value) == "UnknownOperationException"
