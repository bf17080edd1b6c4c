"""What is not done here is refused by name: calls, members and values. Nothing is accepted and ignored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.model import ListShape, Shape, StructureShape

from embedded_aws.sagemaker import shapes
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.handlers import HANDLERS
from embedded_aws.sagemaker.refusals import REFUSED
from tests.embedded_aws.sagemaker_stubs import (
    IMAGE,
    Params,
    a_model,
    client,
    hosted,
    notebook,
    processing,
    stand,
    training,
    transform,
    variant,
)

CREATES = {
    "CreateTrainingJob": training(),
    "CreateProcessingJob": processing(),
    "CreateTransformJob": transform(),
    "CreateModel": a_model("other"),
    "CreateEndpointConfig": {"EndpointConfigName": "other", "ProductionVariants": [variant()]},
    "CreateEndpoint": {"EndpointName": "other", "EndpointConfigName": "config"},
    "CreateNotebookInstance": notebook(),
}
CALLS = {
    **CREATES,
    "UpdateNotebookInstance": {"NotebookInstanceName": "desk"},
    "UpdateTrainingJob": {"TrainingJobName": "job"},
}
VPC = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
CACHE = {"ModelCacheSetting": "Disabled"}
SOURCE = {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in"}


def refusal(action: str, params: Params) -> AwsError:
    with pytest.raises(AwsError) as caught:
        hosted(stand())(action, **params)
    return caught.value


def test_a_call_that_is_not_here() -> None:
    error = refusal("CreateDomain", {"DomainName": "d"})
    assert error.code == "UnknownOperationException"
    assert error.message == "CreateDomain is not implemented by the embedded AWS"


def test_a_call_that_aws_does_not_have() -> None:
    assert refusal("CreateCastle", {}).code == "UnknownOperationException"


def test_every_other_call_of_aws_is_refused_by_name() -> None:
    others = shapes.operations() - HANDLERS.keys()
    assert len(others) > 300
    for action in others:
        assert refusal(action, {}).message == f"{action} is not implemented by the embedded AWS"


def channel(**more: Any) -> Params:  # noqa: ANN401 # parameters of any call
    return {"ChannelName": "train", "DataSource": {"S3DataSource": SOURCE}, **more}


def s3_input(**more: Any) -> Params:  # noqa: ANN401 # parameters of any call
    place = {**SOURCE, "LocalPath": "/opt/ml/processing/in", "S3InputMode": "File", **more}
    return {"ProcessingInputs": [{"InputName": "in", "S3Input": place}]}


def metadata(version: str) -> Params:
    """The least version of the metadata service."""
    return {"InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": version}}


@pytest.mark.parametrize(
    ("action", "member", "shown"),
    [
        ("CreateTrainingJob", {"VpcConfig": VPC}, "VpcConfig"),
        ("CreateTrainingJob", {"EnableNetworkIsolation": True}, "EnableNetworkIsolation=True"),
        ("UpdateTrainingJob", {"ProfilerConfig": {"DisableProfiler": True}}, "ProfilerConfig"),
        ("CreateTrainingJob", {"ProfilerConfig": {"S3OutputPath": "s3://b/c"}}, "ProfilerConfig.S3OutputPath"),
        ("CreateTrainingJob", {"ProfilerConfig": {"DisableProfiler": False}}, "ProfilerConfig.DisableProfiler=False"),
        ("CreateTrainingJob", {"ExperimentConfig": {"ExperimentName": "e"}}, "ExperimentConfig"),
        ("CreateProcessingJob", {"ExperimentConfig": {"RunName": "r"}}, "ExperimentConfig"),
        ("CreateTransformJob", {"ExperimentConfig": {"TrialName": "t"}}, "ExperimentConfig"),
        ("CreateTrainingJob", {"InputDataConfig": [channel(InputMode="Pipe")]}, "InputDataConfig.InputMode=Pipe"),
        ("CreateTrainingJob", {"InputDataConfig": [channel(), channel(CompressionType="Gzip")]}, "Type=Gzip"),
        (
            "CreateTrainingJob",
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5}},
            "ResourceConfig.InstanceCount=2",
        ),
        ("CreateProcessingJob", {"NetworkConfig": {"VpcConfig": VPC}}, "NetworkConfig.VpcConfig"),
        ("CreateProcessingJob", s3_input(S3InputMode="Pipe"), "ProcessingInputs.S3Input.S3InputMode=Pipe"),
        ("CreateProcessingJob", s3_input(S3DataType="ManifestFile"), "S3DataType=ManifestFile"),
        ("CreateTransformJob", {"DataProcessing": {"JoinSource": "Input"}}, "DataProcessing.JoinSource=Input"),
        ("CreateTransformJob", {"DataCaptureConfig": {"DestinationS3Uri": "s3://b/c"}}, "DataCaptureConfig"),
        ("CreateModel", {"VpcConfig": VPC}, "VpcConfig"),
        ("CreateModel", {"PrimaryContainer": {"Image": "a:b", "MultiModelConfig": CACHE}}, "MultiModelConfig"),
        (
            "CreateEndpointConfig",
            {"ProductionVariants": [variant(ServerlessConfig={"MemorySizeInMB": 1024, "MaxConcurrency": 1})]},
            "ProductionVariants.ServerlessConfig",
        ),
        (
            "CreateEndpointConfig",
            {"ProductionVariants": [variant(InitialInstanceCount=2)]},
            "ProductionVariants.InitialInstanceCount=2",
        ),
        ("CreateEndpointConfig", {"ShadowProductionVariants": [variant("shadow")]}, "ShadowProductionVariants"),
        (
            "CreateEndpointConfig",
            {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/c"}}},
            "AsyncInferenceConfig",
        ),
        ("CreateNotebookInstance", {"SubnetId": "subnet-1"}, "SubnetId"),
        ("CreateNotebookInstance", {"DirectInternetAccess": "Disabled"}, "DirectInternetAccess=Disabled"),
        ("CreateNotebookInstance", {"PlatformIdentifier": "notebook-al2-v2"}, "PlatformIdentifier=notebook-al2-v2"),
        ("CreateNotebookInstance", {"DefaultCodeRepository": "https://example.com/a"}, "DefaultCodeRepository"),
        ("CreateNotebookInstance", metadata("1"), "MinimumInstanceMetadataServiceVersion=1"),
    ],
)
def test_a_member_that_is_not_done(action: str, member: Params, shown: str) -> None:
    error = refusal(action, {**CALLS[action], **member})
    assert error.code == "UnknownOperationException"
    assert error.message.startswith(f"{action}: ")
    assert f"{shown} is not implemented by the embedded AWS" in error.message


def test_several_containers() -> None:
    one = a_model("other")["PrimaryContainer"]
    params = {**a_model("other"), "Containers": [one, one]}
    del params["PrimaryContainer"]
    assert "several Containers" in refusal("CreateModel", params).message


@pytest.mark.parametrize("action", CREATES)
def test_what_is_right_is_taken(action: str) -> None:
    assert hosted(stand())(action, **CREATES[action])


def test_a_notebook_without_root_and_old_metadata_is_taken() -> None:
    at, asked = stand(), {"RootAccess": "Disabled", **metadata("2")}
    at("CreateNotebookInstance", **notebook(**asked))
    described = at("DescribeNotebookInstance", NotebookInstanceName="desk")
    assert {member: described[member] for member in asked} == asked


DRIVERS = "/opt/ml/input/data/sm_drivers/sm_train.sh"
SDK_REQUESTS = {
    "CreateTrainingJob": training(
        HyperParameters={"depth": "4"},
        AlgorithmSpecification={
            "TrainingInputMode": "File",
            "TrainingImage": IMAGE,
            "ContainerEntrypoint": ["/bin/bash"],
            "ContainerArguments": ["-c", f"chmod +x {DRIVERS} && {DRIVERS}"],
        },
        InputDataConfig=[
            {
                "ChannelName": name,
                "DataSource": {"S3DataSource": {**SOURCE, "S3DataDistributionType": "FullyReplicated"}},
                "InputMode": "File",
            }
            for name in ("train", "code", "sm_drivers")
        ],
        OutputDataConfig={"S3OutputPath": "s3://bucket/out", "CompressionType": "GZIP"},
    ),
    "CreateProcessingJob": processing(
        AppSpecification={
            "ImageUri": IMAGE,
            "ContainerArguments": ["--a", "1"],
            "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/prepare.py"],
        },
        **s3_input(S3DataDistributionType="FullyReplicated", S3CompressionType="None"),
    ),
    "CreateEndpointConfig": {
        "EndpointConfigName": "other",
        "ProductionVariants": [variant(InitialVariantWeight=1)],
        "Tags": [{"Key": "sagemaker.amazonaws.com/model-source", "Value": "s3://bucket/model.tar.gz"}],
    },
}


@pytest.mark.parametrize("action", SDK_REQUESTS)
def test_what_the_python_sdk_sends_is_taken(action: str) -> None:
    """Written down from SageMaker's Python SDK 3.27: ModelTrainer, ScriptProcessor, ModelBuilder.deploy."""
    at = hosted(stand())
    assert at(action, **SDK_REQUESTS[action])
    kind = action.removeprefix("Create")
    shown = at(f"Describe{kind}", **{f"{kind}Name": SDK_REQUESTS[action][f"{kind}Name"]})
    assert SDK_REQUESTS[action].keys() - shown.keys() <= {"Tags"}


def test_a_refused_call_leaves_nothing() -> None:
    at = stand()
    with pytest.raises(AwsError):
        at("CreateTrainingJob", **training(VpcConfig=VPC))
    assert list(at.plane.inventory()) == []
    assert at.runtime.calls == []


@pytest.mark.parametrize(("action", "path"), [(action, path) for action, table in REFUSED.items() for path in table])
def test_the_table_names_members_that_aws_has(action: str, path: str) -> None:
    """A misspelt path would refuse nothing; a value that AWS's enum lacks would refuse everything."""
    shape = _at(action, path)
    fine = REFUSED[action][path]
    assert not shape.metadata.get("enum") or set(fine) <= set(shape.metadata["enum"])


def _at(action: str, path: str) -> Shape:
    shape: Shape | None = shapes.input_shape(action)
    for step in path.split("."):
        assert isinstance(shape, StructureShape)
        shape = shape.members[step.removesuffix("[]")]
        assert isinstance(shape, ListShape) or not step.endswith("[]")
        if step.endswith("[]"):
            assert isinstance(shape, ListShape)
            shape = shape.member
    assert shape is not None
    return shape


def test_every_top_level_member_is_refused_or_known() -> None:
    """A new botocore brings new members: each must be decided on, here or in the table."""
    known: Mapping[str, str] = {
        "CreateHyperParameterTuningJob": "HyperParameterTuningJobName HyperParameterTuningJobConfig "
        "TrainingJobDefinition Tags",
        "CreateTrainingJob": "TrainingJobName HyperParameters AlgorithmSpecification RoleArn InputDataConfig "
        "OutputDataConfig ResourceConfig StoppingCondition Tags EnableInterContainerTrafficEncryption "
        "ProfilerConfig Environment RetryStrategy RemoteDebugConfig InfraCheckConfig "
        "SessionChainingConfig EnableManagedSpotTraining CheckpointConfig",
        "UpdateTrainingJob": "TrainingJobName ResourceConfig",
        "CreateProcessingJob": "ProcessingInputs ProcessingOutputConfig ProcessingJobName ProcessingResources "
        "StoppingCondition AppSpecification Environment NetworkConfig RoleArn Tags",
        "CreateTransformJob": "TransformJobName ModelName MaxConcurrentTransforms MaxPayloadInMB "
        "BatchStrategy TransformInput TransformOutput TransformResources DataProcessing Tags",
        "CreateModel": "ModelName PrimaryContainer Containers InferenceExecutionConfig ExecutionRoleArn Tags",
        "CreateEndpointConfig": "EndpointConfigName ProductionVariants Tags",
        "CreateEndpoint": "EndpointName EndpointConfigName Tags",
        "UpdateEndpoint": "EndpointName EndpointConfigName RetainAllVariantProperties ExcludeRetainedVariantProperties",
        "CreateNotebookInstance": "NotebookInstanceName InstanceType RoleArn Tags LifecycleConfigName VolumeSizeInGB "
        "RootAccess InstanceMetadataServiceConfiguration",
        "UpdateNotebookInstance": "NotebookInstanceName InstanceType RoleArn LifecycleConfigName "
        "DisassociateLifecycleConfig VolumeSizeInGB RootAccess InstanceMetadataServiceConfiguration",
    }
    for action, members in known.items():
        shape = shapes.input_shape(action)
        assert shape is not None
        refused = {re.split(r"\[|\.", path)[0] for path in REFUSED.get(action, {})}
        assert set(shape.members) - refused - set(members.split()) == set(), action


def test_boto3_sees_the_refusal() -> None:
    sagemaker = client(stand().plane)
    with pytest.raises(sagemaker.exceptions.ClientError) as caught:
        sagemaker.list_domains()
    error = caught.value.response["Error"]
    assert (error["Code"], "ListDomains" in error["Message"]) == ("UnknownOperationException", True)
