"""The SageMaker requests of a lab's pipeline: what every job reads, runs and writes.

Paths inside a job: code in /opt/ml/processing/input/code, an input in /opt/ml/processing/input/<name>, an output in
/opt/ml/processing/output/<name>. Script-mode requests are those the SageMaker SDK sends.
"""

import json
from dataclasses import dataclass
from typing import Any

from classlab.contract import TAG_ATTENDEE, TAG_CLASSROOM, JobVariable, job_name, run_prefix
from classlab.labs import STEP_SCRIPTS, JobStep, Lab
from infra.asl.language import expression

Request = dict[str, Any]  # nested members of a SageMaker request
RUN = "' & $run & '"  # leaves and re-enters a quoted JSONata text around the run's id
_PROCESSING = "/opt/ml/processing"
_VOLUME_GB = 10
_CSV = "text/csv"


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Where an attendee's jobs run; every member may be a CDK token."""

    stack: str
    classroom: str
    attendee: str
    region: str
    bucket: str
    role_arn: str
    class_bucket: str
    asset_prefix: str

    @property
    def tags(self) -> list[dict[str, str]]:
        """What every job and model carries; the roles allow no creation without."""
        return [{"Key": TAG_CLASSROOM, "Value": self.classroom}, {"Key": TAG_ATTENDEE, "Value": self.attendee}]

    def job(self, step: str) -> str:
        """Expression: the name of a step's job or model in this run."""
        return expression(f"'{job_name(self.stack, step, RUN)}'")

    def key(self, lab: str, path: str) -> str:
        """Expression: key of something a run writes."""
        return expression(f"'{run_prefix(lab, RUN)}{path}'")

    def uri(self, lab: str, path: str) -> str:
        """Expression: S3 URI of something a run writes."""
        return expression(f"'s3://{self.bucket}/{run_prefix(lab, RUN)}{path}'")

    def training_output_key(self, lab: str) -> str:
        """Expression: key of the archive SageMaker makes of a training job's output folder."""
        return self.key(lab, f"train/{job_name(self.stack, 'train', RUN)}/output/output.tar.gz")

    def asset(self, lab: str, name: str) -> str:
        """S3 URI of one of a lab's files in the class bucket."""
        return f"s3://{self.class_bucket}/{self.asset_prefix}labs/{lab}/{name}"


def prepare_job(seat: Seat, lab: Lab, image: str) -> Request:
    """CreateProcessingJob: check and split the raw data."""
    inputs = {"code": seat.asset(lab.name, STEP_SCRIPTS["prepare"]), "data": expression("$data.source")}
    outputs = {name: seat.uri(lab.name, f"prepare/{name}") for name in lab.pipeline.prepare.outputs}
    return {
        **_processing(seat, "prepare", lab.pipeline.prepare, image, inputs, outputs),
        "Environment": {
            JobVariable.DATA_URI: expression("$data.source"),
            JobVariable.DATA_SHA256: expression("$data.sha256"),
        },
    }


def score_job(seat: Seat, lab: Lab, image: str) -> Request:
    """CreateProcessingJob: compare the transform's output with the labels."""
    inputs = {
        "code": seat.asset(lab.name, STEP_SCRIPTS["score"]),
        "infer": seat.uri(lab.name, "infer/"),
        "labels": seat.uri(lab.name, "prepare/labels/"),
    }
    return _processing(seat, "score", lab.pipeline.score, image, inputs, {"score": seat.uri(lab.name, "score")})


def train_job(seat: Seat, lab: Lab, image: str) -> Request:
    """CreateTrainingJob: script mode, model.tar.gz and output.tar.gz below ``train/``."""
    step = lab.pipeline.train
    return {
        "TrainingJobName": seat.job("train"),
        "RoleArn": seat.role_arn,
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "HyperParameters": _hyperparameters(seat, lab),
        "InputDataConfig": [
            {"ChannelName": name, "ContentType": _CSV, "DataSource": _prefix(seat.uri(lab.name, f"prepare/{name}/"))}
            for name in step.channels
        ],
        "OutputDataConfig": {"S3OutputPath": seat.uri(lab.name, "train")},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": step.instance_type, "VolumeSizeInGB": _VOLUME_GB},
        "StoppingCondition": {"MaxRuntimeInSeconds": step.minutes * 60},
        "Tags": seat.tags,
    }


def model(seat: Seat, lab: Lab, image: str) -> Request:
    """CreateModel: the trained artifact, served by infer.py."""
    return {
        "ModelName": seat.job("model"),
        "ExecutionRoleArn": seat.role_arn,
        "PrimaryContainer": {
            "Image": image,
            "ModelDataUrl": expression("$artifact"),
            "Environment": {
                "SAGEMAKER_PROGRAM": STEP_SCRIPTS["infer"],
                "SAGEMAKER_SUBMIT_DIRECTORY": seat.asset(lab.name, "source.tar.gz"),
                "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
                "SAGEMAKER_REGION": seat.region,
            },
        },
        "Tags": seat.tags,
    }


def infer_job(seat: Seat, lab: Lab) -> Request:
    """CreateTransformJob: one prediction a line for the test rows."""
    step = lab.pipeline.infer
    return {
        "TransformJobName": seat.job("infer"),
        "ModelName": seat.job("model"),
        "TransformInput": {
            "ContentType": _CSV,
            "SplitType": "Line",
            "DataSource": _prefix(seat.uri(lab.name, f"prepare/{step.input}/"), typed=False),
        },
        "TransformOutput": {"S3OutputPath": seat.uri(lab.name, "infer"), "Accept": _CSV, "AssembleWith": "Line"},
        "TransformResources": {"InstanceCount": 1, "InstanceType": step.instance_type},
        "Tags": seat.tags,
    }


def _processing(
    seat: Seat, name: str, step: JobStep, image: str, inputs: dict[str, str], outputs: dict[str, str]
) -> Request:
    script = f"{_PROCESSING}/input/code/{STEP_SCRIPTS[name]}"
    cluster = {"InstanceCount": 1, "InstanceType": step.instance_type, "VolumeSizeInGB": _VOLUME_GB}
    return {
        "ProcessingJobName": seat.job(name),
        "RoleArn": seat.role_arn,
        "AppSpecification": {"ImageUri": image, "ContainerEntrypoint": ["python3", script]},
        "ProcessingInputs": [_input(key, uri) for key, uri in inputs.items()],
        "ProcessingOutputConfig": {"Outputs": [_output(key, uri) for key, uri in outputs.items()]},
        "ProcessingResources": {"ClusterConfig": cluster},
        "StoppingCondition": {"MaxRuntimeInSeconds": step.minutes * 60},
        "Tags": seat.tags,
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


def _hyperparameters(seat: Seat, lab: Lab) -> dict[str, str]:
    """JSON-encoded, as the SDK sends them to script-mode images."""
    values = {
        **lab.pipeline.train.hyperparameters,
        "sagemaker_program": STEP_SCRIPTS["train"],
        "sagemaker_submit_directory": seat.asset(lab.name, "source.tar.gz"),
        "sagemaker_container_log_level": 20,
        "sagemaker_region": seat.region,
    }
    return {key: json.dumps(value) for key, value in values.items()}
