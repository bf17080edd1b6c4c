"""Strangers among SageMaker's resources."""

from typing import Literal

from classlab.contract import job_name, notebook_name, tuning_prefix
from classlab.rehearsal.strangers.account import RUN, has_log_group
from classlab.rehearsal.strangers.twin import Tag, Twin

_INSTANCE: Literal["ml.t3.medium"] = "ml.t3.medium"


def plant_job(twin: Twin, role: str) -> None:
    """A processing job named like a seat's, which ends at once."""
    name = job_name(twin.stack, "prepare", RUN)
    sagemaker = twin.aws.sagemaker
    sagemaker.create_processing_job(
        ProcessingJobName=name,
        RoleArn=role,
        AppSpecification={
            "ImageUri": twin.image,
            "ContainerEntrypoint": ["python3", "-c", "print('a stranger works here')"],
        },
        ProcessingResources={
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": _INSTANCE, "VolumeSizeInGB": 1},
        },
    )
    twin.wait(
        f"job {name}",
        lambda: sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"],
        "Completed",
    )


def plant_tuning_job(twin: Twin, role: str, bucket: str) -> None:
    """A tuning job named like a seat's, with the one training job that it makes; both have ended."""
    name, sagemaker = f"{tuning_prefix(twin.classroom, '0' * 8)}-tune", twin.aws.sagemaker
    script = {"sagemaker_program": "train.py", "sagemaker_submit_directory": f"s3://{bucket}/source.tar.gz"}
    sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Grid",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "loss"},
            "ResourceLimits": {"MaxParallelTrainingJobs": 1},
            "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "depth", "Values": ["4"]}]},
        },
        TrainingJobDefinition={
            "RoleArn": role,
            "AlgorithmSpecification": {
                "TrainingImage": twin.image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}],
            },
            "StaticHyperParameters": script,
            "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/tuned"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        },
    )
    twin.wait(
        f"tuning job {name}",
        lambda: sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)[
            "HyperParameterTuningJobStatus"
        ],
        "Completed",
    )


def plant_models(twin: Twin, role: str, foreign_role: str, bucket: str) -> None:
    """Models and endpoint configs: named like ours, tagged by another class, tagged as ours on a foreign role."""
    _model(twin, twin.stack, role, bucket, [])
    _model(twin, f"{twin.stack}-other", role, bucket, twin.tags(twin.other_class))
    _model(twin, f"{twin.stack}-spoof", foreign_role, bucket, twin.tags(twin.classroom))


def _model(twin: Twin, name: str, role: str, bucket: str, tags: list[Tag]) -> None:
    code = {"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    twin.aws.sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=role,
        Tags=tags,
        PrimaryContainer={
            "Image": twin.image,
            "ModelDataUrl": f"s3://{bucket}/model.tar.gz",
            "Environment": code,
        },
    )
    twin.aws.sagemaker.create_endpoint_config(
        EndpointConfigName=name,
        Tags=tags,
        ProductionVariants=[
            {"VariantName": "All", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1},
        ],
    )


def plant_endpoint(twin: Twin) -> None:
    """A running endpoint, ours by nothing but its name; returns when it has written its log."""
    sagemaker, group = twin.aws.sagemaker, f"/aws/sagemaker/Endpoints/{twin.stack}"
    sagemaker.create_endpoint(EndpointName=twin.stack, EndpointConfigName=twin.stack)
    twin.wait(
        f"endpoint {twin.stack}",
        lambda: sagemaker.describe_endpoint(EndpointName=twin.stack)["EndpointStatus"],
        "InService",
    )
    twin.wait(f"log {group}", lambda: "there" if has_log_group(twin, group) else "absent", "there")


def plant_notebook(twin: Twin, role: str) -> None:
    """A notebook instance with its lifecycle configuration, stopped so that its logs rest."""
    name, sagemaker = notebook_name(twin.stack), twin.aws.sagemaker
    sagemaker.create_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName=name)
    sagemaker.create_notebook_instance(
        NotebookInstanceName=name,
        InstanceType=_INSTANCE,
        RoleArn=role,
        LifecycleConfigName=name,
        Tags=twin.tags(twin.other_class),
    )
    _wait_for_notebook(twin, name, "InService")
    sagemaker.stop_notebook_instance(NotebookInstanceName=name)
    _wait_for_notebook(twin, name, "Stopped")


def _wait_for_notebook(twin: Twin, name: str, status: str) -> None:
    def now() -> str:
        return twin.aws.sagemaker.describe_notebook_instance(NotebookInstanceName=name)["NotebookInstanceStatus"]

    twin.wait(f"notebook {name}", now, status)
