"""The SageMaker requests of a lab's pipeline: what every job reads, runs and writes.

Paths inside a job: code in /opt/ml/processing/input/code, an input in /opt/ml/processing/input/<name>, an output in
/opt/ml/processing/output/<name>. Script-mode requests are those the SageMaker SDK sends.
"""

import json
from dataclasses import dataclass
from typing import Any

from classlab.contract import JobVariable, job_name, run_prefix
from classlab.labs import STEP_SCRIPTS, JobStep, Lab
from infra.asl.language import expression
from infra.seat import Seat

Request = dict[str, Any]  # nested members of a SageMaker request
RUN = "' & $run & '"  # leaves and re-enters a quoted JSONata text around the run's id
_PROCESSING = "/opt/ml/processing"
_VOLUME_GB = 10
_CSV = "text/csv"


@dataclass(frozen=True, kw_only=True)
class Run:
    """The expressions that name what one run of a lab in one seat makes."""

    seat: Seat
    lab: Lab

    def job(self, step: str) -> str:
        """Name of a step's job or model."""
        return expression(f"'{job_name(self.seat.stack, step, RUN)}'")

    def key(self, path: str) -> str:
        """Key of something the run writes."""
        return expression(f"'{run_prefix(self.lab.name, RUN)}{path}'")

    def uri(self, path: str) -> str:
        """S3 URI of something the run writes."""
        return expression(f"'s3://{self.seat.bucket}/{run_prefix(self.lab.name, RUN)}{path}'")

    def training_output_key(self) -> str:
        """Key of the archive SageMaker makes of the training job's output folder."""
        return self.key(f"train/{job_name(self.seat.stack, 'train', RUN)}/output/output.tar.gz")

    def asset(self, name: str) -> str:
        """S3 URI of one of the lab's files in the class bucket; no expression."""
        return f"s3://{self.seat.class_bucket}/{self.seat.asset_prefix}labs/{self.lab.name}/{name}"


def prepare_job(run: Run, image: str) -> Request:
    """CreateProcessingJob: check and split the raw data."""
    inputs = {"code": run.asset(STEP_SCRIPTS["prepare"]), "data": expression("$data.source")}
    outputs = {name: run.uri(f"prepare/{name}") for name in run.lab.pipeline.prepare.outputs}
    return {
        **_processing(run, "prepare", run.lab.pipeline.prepare, image, inputs, outputs),
        "Environment": {
            JobVariable.DATA_URI: expression("$data.source"),
            JobVariable.DATA_SHA256: expression("$data.sha256"),
        },
    }


def score_job(run: Run, image: str) -> Request:
    """CreateProcessingJob: compare the transform's output with the labels."""
    inputs = {
        "code": run.asset(STEP_SCRIPTS["score"]),
        "infer": run.uri("infer/"),
        "labels": run.uri("prepare/labels/"),
    }
    return _processing(run, "score", run.lab.pipeline.score, image, inputs, {"score": run.uri("score")})


def train_job(run: Run, image: str) -> Request:
    """CreateTrainingJob: script mode, model.tar.gz and output.tar.gz below ``train/``."""
    step = run.lab.pipeline.train
    return {
        "TrainingJobName": run.job("train"),
        "RoleArn": run.seat.role_arn,
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "HyperParameters": _hyperparameters(run),
        "InputDataConfig": [
            {"ChannelName": name, "ContentType": _CSV, "DataSource": _prefix(run.uri(f"prepare/{name}/"))}
            for name in step.channels
        ],
        "OutputDataConfig": {"S3OutputPath": run.uri("train")},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": step.instance_type, "VolumeSizeInGB": _VOLUME_GB},
        "StoppingCondition": {"MaxRuntimeInSeconds": step.minutes * 60},
        "Tags": run.seat.tags,
    }


def model(run: Run, image: str) -> Request:
    """CreateModel: the trained artifact, served by infer.py."""
    return {
        "ModelName": run.job("model"),
        "ExecutionRoleArn": run.seat.role_arn,
        "PrimaryContainer": {
            "Image": image,
            "ModelDataUrl": expression("$artifact"),
            "Environment": {
                "SAGEMAKER_PROGRAM": STEP_SCRIPTS["infer"],
                "SAGEMAKER_SUBMIT_DIRECTORY": run.asset("source.tar.gz"),
                "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
                "SAGEMAKER_REGION": run.seat.region,
            },
        },
        "Tags": run.seat.tags,
    }


def infer_job(run: Run) -> Request:
    """CreateTransformJob: one prediction a line for the test rows."""
    step = run.lab.pipeline.infer
    return {
        "TransformJobName": run.job("infer"),
        "ModelName": run.job("model"),
        "TransformInput": {
            "ContentType": _CSV,
            "SplitType": "Line",
            "DataSource": _prefix(run.uri(f"prepare/{step.input}/"), typed=False),
        },
        "TransformOutput": {"S3OutputPath": run.uri("infer"), "Accept": _CSV, "AssembleWith": "Line"},
        "TransformResources": {"InstanceCount": 1, "InstanceType": step.instance_type},
        "Tags": run.seat.tags,
    }


def _processing(
    run: Run, name: str, step: JobStep, image: str, inputs: dict[str, str], outputs: dict[str, str]
) -> Request:
    script = f"{_PROCESSING}/input/code/{STEP_SCRIPTS[name]}"
    cluster = {"InstanceCount": 1, "InstanceType": step.instance_type, "VolumeSizeInGB": _VOLUME_GB}
    return {
        "ProcessingJobName": run.job(name),
        "RoleArn": run.seat.role_arn,
        "AppSpecification": {"ImageUri": image, "ContainerEntrypoint": ["python3", script]},
        "ProcessingInputs": [_input(key, uri) for key, uri in inputs.items()],
        "ProcessingOutputConfig": {"Outputs": [_output(key, uri) for key, uri in outputs.items()]},
        "ProcessingResources": {"ClusterConfig": cluster},
        "StoppingCondition": {"MaxRuntimeInSeconds": step.minutes * 60},
        "Tags": run.seat.tags,
    }


def _input(name: str, uri: str) -> Request:
    where = {"S3Uri": uri, "LocalPath": f"{_PROCESSING}/input/{name}"}
    return {"InputName": name, "S3Input": {**where, "S3DataType": "S3Prefix", "S3InputMode": "File"}}


def _output(name: str, uri: str) -> Request:
    where = {"S3Uri": uri, "LocalPath": f"{_PROCESSING}/output/{name}"}
    return {"OutputName": name, "S3Output": {**where, "S3UploadMode": "EndOfJob"}}


def _prefix(uri: str, *, typed: bool = True) -> Request:
    """A data source; a training channel also states how its objects spread over instances, a transform may not."""
    spread = {"S3DataDistributionType": "FullyReplicated"} if typed else {}
    return {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri, **spread}}


def _hyperparameters(run: Run) -> dict[str, str]:
    """JSON-encoded, as the SDK sends them to script-mode images."""
    values = {
        **run.lab.pipeline.train.hyperparameters,
        "sagemaker_program": STEP_SCRIPTS["train"],
        "sagemaker_submit_directory": run.asset("source.tar.gz"),
        "sagemaker_container_log_level": 20,
        "sagemaker_region": run.seat.region,
    }
    return {key: json.dumps(value) for key, value in values.items()}
