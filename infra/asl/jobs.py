"""The SageMaker requests of a lab's pipeline: what every job reads, runs and writes.

Paths inside a job: code in /opt/ml/processing/input/code, an input in /opt/ml/processing/input/<name>, an output in
/opt/ml/processing/output/<name>. Script-mode requests are those the SageMaker SDK sends.
"""

import json
from dataclasses import dataclass
from typing import Any

from classlab.contract import JobVariable, job_name, run_prefix
from classlab.labs import PROCESSING_STARTER, STEP_SCRIPTS, JobStep, Lab, TrainStep
from infra.asl.language import expression
from infra.seat import Seat

Request = dict[str, Any]  # nested members of a SageMaker request
RUN = "' & $run & '"  # leaves and re-enters a quoted JSONata text around the run's id
_PROCESSING = "/opt/ml/processing"
_VOLUME_GB = 10
_CODE = f"{_PROCESSING}/input/code"


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
    """CreateProcessingJob: check and split the raw data, or what an earlier lab prepared."""
    step = run.lab.pipeline.prepare
    inputs = {"code": run.asset("code/"), "data": expression("$data.source")}
    outputs = {name: run.uri(f"prepare/{name}") for name in step.outputs}
    data = {JobVariable.DATA_URI: "$data.source", JobVariable.DATA_SHA256: "$data.sha256"}
    environment = [*_literals(step.settings), *(f'"{name}": {value}' for name, value in data.items())]
    return {
        **_processing(run, "prepare", step, image, inputs, outputs),
        "Environment": expression(_merged(_object(environment), "$settings.prepare")),
    }


def score_job(run: Run, image: str) -> Request:
    """CreateProcessingJob: compare the transform's output with the labels."""
    inputs = {
        "code": run.asset("code/"),
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
            {"ChannelName": name, "ContentType": step.content_type, "DataSource": _prefix(run.uri(f"prepare/{name}/"))}
            for name in step.channels
        ],
        "OutputDataConfig": {"S3OutputPath": run.uri("train")},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": step.instance_type, "VolumeSizeInGB": step.volume_gib},
        "StoppingCondition": {"MaxRuntimeInSeconds": step.minutes * 60},
        "Tags": run.seat.tags,
    }


def model(run: Run, image: str) -> Request:
    """CreateModel: the trained artifact, served by infer.py unless the image is the algorithm."""
    environment = {} if run.lab.pipeline.train.built_in else {"Environment": _serving(run)}
    return {
        "ModelName": run.job("model"),
        "ExecutionRoleArn": run.seat.role_arn,
        "PrimaryContainer": {"Image": image, "ModelDataUrl": expression("$artifact"), **environment},
        "Tags": run.seat.tags,
    }


def _serving(run: Run) -> dict[str, str]:
    """Where the image finds the code: in an archive of its own, or where train.py put it beside the model."""
    places = {
        "source": (STEP_SCRIPTS["infer"], run.asset("source.tar.gz")),
        "model": ("inference.py", "/opt/ml/model/code"),
    }
    program, directory = places[run.lab.pipeline.infer.code]
    return {
        "SAGEMAKER_PROGRAM": program,
        "SAGEMAKER_SUBMIT_DIRECTORY": directory,
        "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
        "SAGEMAKER_REGION": run.seat.region,
    }


def infer_job(run: Run) -> Request:
    """CreateTransformJob: one prediction a line, or one a file, for the test set."""
    step = run.lab.pipeline.infer
    lines = step.split == "line"
    return {
        "TransformJobName": run.job("infer"),
        "ModelName": run.job("model"),
        "TransformInput": {
            "ContentType": step.content_type,
            "SplitType": "Line" if lines else "None",
            "DataSource": _prefix(run.uri(f"prepare/{step.input}/"), typed=False),
        },
        "TransformOutput": {
            "S3OutputPath": run.uri("infer"),
            "Accept": step.accept,
            "AssembleWith": "Line" if lines else "None",
        },
        "TransformResources": {"InstanceCount": 1, "InstanceType": step.instance_type},
        "Tags": run.seat.tags,
    }


def _processing(
    run: Run, name: str, step: JobStep, image: str, inputs: dict[str, str], outputs: dict[str, str]
) -> Request:
    cluster = {"InstanceCount": 1, "InstanceType": step.instance_type, "VolumeSizeInGB": _VOLUME_GB}
    return {
        "ProcessingJobName": run.job(name),
        "RoleArn": run.seat.role_arn,
        "AppSpecification": {
            "ImageUri": image,
            "ContainerEntrypoint": ["/bin/bash", f"{_CODE}/{PROCESSING_STARTER}", STEP_SCRIPTS[name]],
        },
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


def _hyperparameters(run: Run) -> str:
    """An expression: the manifest's, then what the run asks for, then what prepare found out about the data."""
    step = run.lab.pipeline.train
    values = _literals(step.hyperparameters if step.built_in else _script_mode(run, step))
    facts = ["$facts"] if step.facts else []
    return expression(_merged(_object(values), "$settings.train", *facts))


def _script_mode(run: Run, step: TrainStep) -> dict[str, str]:
    """JSON-encoded, as the SDK sends them to script-mode images."""
    values = {
        **step.hyperparameters,
        "sagemaker_program": STEP_SCRIPTS["train"],
        "sagemaker_submit_directory": run.asset("source.tar.gz"),
        "sagemaker_container_log_level": 20,
        "sagemaker_region": run.seat.region,
    }
    return {key: json.dumps(value) for key, value in values.items()}


def _literals(values: dict[str, str]) -> list[str]:
    """Members of a JSONata object; its texts are written as JSON's."""
    return [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in values.items()]


def _object(members: list[str]) -> str:
    return "{" + ", ".join(members) + "}"


def _merged(*objects: str) -> str:
    return f"$merge([{', '.join(objects)}])"
