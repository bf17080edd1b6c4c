"""What the tests of the runtime do with a running engine: put files in place, run jobs to their end, read logs."""

from __future__ import annotations

import io
import tarfile
import zipfile
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from tests.embedded_aws.account import Account, allow, fresh, polls

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost:3.2-0"
SCIKIT_LEARN = f"{REGISTRY}/sagemaker-scikit-learn:1.9-0-cpu-py3"
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}
LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
Described = dict[str, Any]


def archive(**files: str) -> bytes:
    """A gzipped tar; `__` in a name stands for `/`, and `_py` or `_txt` at its end for the suffix."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for key, text in files.items():
            name = key.replace("__", "/")
            for suffix in ("py", "txt", "sh"):
                name = name.removesuffix(f"_{suffix}") + f".{suffix}" if name.endswith(f"_{suffix}") else name
            body = dedent(text).encode()
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return content.getvalue()


def wheel(name: str, source: str) -> bytes:
    """A wheel of version 1.0 with one module."""
    about = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": source,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for path, text in files.items():
            packed.writestr(path, text)
        packed.writestr(f"{about}/RECORD", "".join(f"{path},,\n" for path in files))
    return content.getvalue()


@dataclass
class Bench:
    """A bucket, and a role that may use it and write logs."""

    account: Account
    bucket: str
    role: str

    @property
    def sagemaker(self) -> Any:  # noqa: ANN401 # boto3 makes its clients at run time
        """The client of the control plane."""
        return self.account.client("sagemaker")

    def put(self, key: str, body: bytes | str) -> str:
        """An object's address."""
        self.account.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def get(self, key: str) -> bytes:
        """An object's content."""
        body: bytes = self.account.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body

    def unpacked(self, key: str) -> dict[str, str]:
        """The files of an archive, by name."""
        with tarfile.open(fileobj=io.BytesIO(self.get(key))) as tar:
            files = {member.name: tar.extractfile(member) for member in tar.getmembers() if member.isfile()}
            return {name: file.read().decode() for name, file in files.items() if file}

    def names(self, key: str) -> list[str]:
        """The names of an archive's files."""
        with tarfile.open(fileobj=io.BytesIO(self.get(key))) as tar:
            return [member.name for member in tar.getmembers() if member.isfile()]

    def log(self, group: str, prefix: str = "") -> list[str]:
        """The lines of the streams that begin with a prefix; none if there is no such group yet."""
        logs = self.account.client("logs")
        named = {"logStreamNamePrefix": prefix} if prefix else {}
        try:
            streams = logs.describe_log_streams(logGroupName=group, **named)["logStreams"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        lines = []
        for stream in streams:
            page = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
            lines += [event["message"] for event in page["events"]]
        return lines

    def train(self, script: str = "", *, wait: bool = True, **more: Any) -> Described:  # noqa: ANN401 # CreateTrainingJob's parameters
        """A training job in script mode (or with what `more` says), described at its end."""
        name = fresh("train")
        parameters = dict(more.pop("HyperParameters", {}))
        if script:
            source = self.put(f"{name}/sourcedir.tar.gz", archive(train_py=script, **more.pop("files", {})))
            parameters |= {"sagemaker_program": "train.py", "sagemaker_submit_directory": source}
        request = {
            "TrainingJobName": name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
            "HyperParameters": parameters,
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/out"},
            "ResourceConfig": CLUSTER,
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }
        self.sagemaker.create_training_job(**{**request, **more})
        return self.ended("training_job", "TrainingJob", name) if wait else {"TrainingJobName": name}

    def process(self, script: str, *, wait: bool = True, **more: Any) -> Described:  # noqa: ANN401 # CreateProcessingJob's parameters
        """A processing job that runs a script, described at its end."""
        name = fresh("process")
        code = self.put(f"{name}/code/script.py", dedent(script))
        source = {"S3Uri": code, "LocalPath": "/opt/ml/processing/input/code", "S3DataType": "S3Prefix"}
        given = [{"InputName": "code", "S3Input": {**source, "S3InputMode": "File"}}, *more.pop("inputs", [])]
        command = ["python3", "/opt/ml/processing/input/code/script.py"]
        request = {
            "ProcessingJobName": name,
            "RoleArn": self.role,
            "AppSpecification": {"ImageUri": SCIKIT_LEARN, "ContainerEntrypoint": command},
            "ProcessingResources": {"ClusterConfig": CLUSTER},
            "ProcessingInputs": given,
        }
        self.sagemaker.create_processing_job(**{**request, **more})
        return self.ended("processing_job", "ProcessingJob", name) if wait else {"ProcessingJobName": name}

    def model(self, script: str, *, image: str = SCIKIT_LEARN, **files: str) -> str:
        """A model with its own code, and what more its archive holds; its name."""
        name = fresh("model")
        data = self.put(f"{name}/model.tar.gz", archive(code__infer_py=script, **files))
        container = {"Image": image, "ModelDataUrl": data, "Environment": {"SAGEMAKER_PROGRAM": "infer.py"}}
        self.sagemaker.create_model(ModelName=name, ExecutionRoleArn=self.role, PrimaryContainer=container)
        return name

    def transform(self, model: str, uri: str, **more: Any) -> Described:  # noqa: ANN401 # CreateTransformJob's parameters
        """A transform job, described at its end."""
        name = fresh("transform")
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
        self.sagemaker.create_transform_job(
            TransformJobName=name,
            ModelName=model,
            TransformInput={"DataSource": source, "ContentType": "text/csv", **more.pop("given", {})},
            TransformOutput={"S3OutputPath": f"s3://{self.bucket}/{name}", **more.pop("output", {})},
            TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **more,
        )
        return self.ended("transform_job", "TransformJob", name)

    def ended(self, call: str, kind: str, name: str, seconds: float = 300) -> Described:
        """A job's description once it has ended."""
        for _ in polls(seconds):
            found: Described = getattr(self.sagemaker, f"describe_{call}")(**{f"{kind}Name": name})
            if found[f"{kind}Status"] not in {"InProgress", "Stopping"}:
                break
        return found


def bench(account: Account) -> Bench:
    """A fresh bench."""
    bucket = account.bucket()
    arns = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    role = account.role(allow("s3:GetObject", "s3:PutObject", "s3:ListBucket", resource=arns), allow(*LOGS))
    return Bench(account, bucket, role)
