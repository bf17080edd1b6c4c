"""What the control plane's tests stand on: a runtime that does what a test says, roles, and requests that are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from embedded_aws.clock import Clock
from embedded_aws.faults.rules import Faults
from embedded_aws.sagemaker import http
from embedded_aws.sagemaker.control_plane import ControlPlane, Credentials, Invocation, Record, Response
from embedded_aws.sagemaker.errors import validation
from embedded_aws.sagemaker.kinds import Kind

ACCOUNT = "123456789012"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
IMAGE = f"683313688378.dkr.ecr.{REGION}.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
Params = dict[str, Any]


@dataclass
class StepwiseRuntime:
    """Notes what it is asked and does it only when the test calls `finish`."""

    known_images: tuple[str, ...] = (IMAGE,)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    answer: Callable[[str, bytes], Response] = lambda variant, body: Response(200, "text/csv", body)
    _waiting: list[Callable[[], None]] = field(default_factory=list)

    def vet(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """Refuses images it does not know."""
        image = record.get("AlgorithmSpecification", {}).get("TrainingImage", IMAGE)
        if image not in self.known_images:
            raise validation(f"Unknown image {image}; known: {', '.join(self.known_images)}")

    def started(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """Completes a job, or brings into service, at the next `finish`."""
        self._later("started", kind, record, plane, "Completed" if kind.is_job else "InService")

    def stopping(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """Stops at the next `finish`."""
        self._later("stopping", kind, record, plane, "Stopped")

    def deleting(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """Removes at the next `finish`."""
        self.calls.append(("deleting", kind.name, record[kind.id_member]))
        self._waiting.append(lambda: plane.remove(kind, record))

    def invoke(self, endpoint: Record, variant: str, invocation: Invocation) -> Response:
        """Gives `answer`."""
        self.calls.append(("invoke", invocation.content_type, str(invocation.accept)))
        return self.answer(variant, invocation.body)

    def presigned_url(self, notebook: Record) -> str:
        """A URL that tells whose it is."""
        return f"http://127.0.0.1:8888/lab?token={notebook['NotebookInstanceName']}"

    def released(self, cluster: str) -> None:
        """Notes it."""
        self.calls.append(("released", cluster, ""))

    def shutdown(self) -> None:
        """Notes it."""
        self.calls.append(("shutdown", "", ""))

    def finish(self) -> None:
        """Does everything it was asked so far."""
        waiting, self._waiting = self._waiting, []
        for act in waiting:
            act()

    def _later(self, what: str, kind: Kind, record: Record, plane: ControlPlane, status: str) -> None:
        self.calls.append((what, kind.name, record[kind.id_member]))
        self._waiting.append(lambda: plane.transition(kind, record, status))


@dataclass
class Roles:
    """Every role exists and trusts SageMaker but those in `bad`."""

    bad: set[str] = field(default_factory=set)

    def session(
        self, role_arn: str, service: str = "sagemaker.amazonaws.com", session_name: str = "SageMaker"
    ) -> Credentials:
        """Credentials that nobody checks."""
        if role_arn in self.bad:
            raise validation(f"Could not assume role {role_arn}.")
        return Credentials("ASIA", "secret", "token", datetime(2030, 1, 1, tzinfo=UTC))


@dataclass
class Stand:
    """A control plane with its stubs."""

    plane: ControlPlane
    runtime: StepwiseRuntime
    roles: Roles

    def __call__(self, action: str, **params: Any) -> Params:  # noqa: ANN401 # parameters of any call
        """A call; what it sets off waits for `finish`."""
        return self.plane.call(action, params)

    def done(self, action: str, **params: Any) -> Params:  # noqa: ANN401 # parameters of any call
        """A call, and everything it sets off."""
        answer = self.plane.call(action, params)
        self.runtime.finish()
        return answer


def stand(
    quotas: dict[str, int] | None = None,
    settle_seconds: float = 0.01,
    clock: Clock | None = None,
    faults: Faults | None = None,
) -> Stand:
    """A fresh control plane on a stepwise runtime."""
    runtime, roles = StepwiseRuntime(), Roles()
    plane = ControlPlane(
        account=ACCOUNT,
        region=REGION,
        runtime=runtime,
        roles=roles,
        quotas=quotas,
        settle_seconds=settle_seconds,
        clock=clock,
        faults=faults,
    )
    return Stand(plane, runtime, roles)


def client(plane: ControlPlane, service: str = "sagemaker") -> Any:  # noqa: ANN401 # boto3 makes its clients at run time
    """A boto3 client whose requests, as they would go on the wire, are answered by the plane without a socket."""
    made = boto3.client(
        service,  # type: ignore[call-overload] # the name is a parameter
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}),
    )

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        path = request.url.split("amazonaws.com", 1)[1]
        headers = {
            str(name): value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        body = request.body if isinstance(request.body, bytes) else b""
        reply = http.handle(plane, headers, path, body)
        return AWSResponse(request.url, reply.status, HTTPHeaders.from_dict(reply.headers), _Raw(reply.body))

    made.meta.events.register("before-send", answer)
    return made


@dataclass
class _Raw:
    """What botocore reads an answer's body from."""

    body: bytes

    def stream(self, **_: object) -> list[bytes]:
        """The whole at once."""
        return [self.body]

    def read(self, *_: object) -> bytes:
        """The whole at once, then nothing."""
        body, self.body = self.body, b""
        return body


def training(name: str = "job", **more: Any) -> Params:  # noqa: ANN401 # parameters of any call
    """A right CreateTrainingJob."""
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        **more,
    }


def processing(name: str = "job", **more: Any) -> Params:  # noqa: ANN401 # parameters of any call
    """A right CreateProcessingJob."""
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "x.py"]},
        "ProcessingResources": {"ClusterConfig": cluster},
        **more,
    }


def tuning(name: str = "tune", *, jobs: int = 4, parallel: int = 2, strategy: str = "Random", **more: Any) -> Params:  # noqa: ANN401 # parameters of any call
    """A right CreateHyperParameterTuningJob; its training jobs are as `training` has them."""
    definition = {member: value for member, value in training().items() if member != "TrainingJobName"}
    definition["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "auc", "Regex": "auc=([0-9.]+)"}]
    limits = {"MaxParallelTrainingJobs": parallel} | ({"MaxNumberOfTrainingJobs": jobs} if jobs else {})
    eta = {"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5", "ScalingType": "Linear"}
    config = {
        "Strategy": strategy,
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "auc"},
        "ResourceLimits": limits,
        "ParameterRanges": {"ContinuousParameterRanges": [eta]},
        "RandomSeed": 7,
        **more.pop("config", {}),
    }
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": config,
        "TrainingJobDefinition": {**definition, **more.pop("definition", {})},
        **more,
    }


def transform(name: str = "job", model: str = "model", **more: Any) -> Params:  # noqa: ANN401 # parameters of any call
    """A right CreateTransformJob."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in"}}
    return {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {"DataSource": source},
        "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        **more,
    }


def a_model(name: str = "model", **more: Any) -> Params:  # noqa: ANN401 # parameters of any call
    """A right CreateModel."""
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz"}
    return {"ModelName": name, "ExecutionRoleArn": ROLE, "PrimaryContainer": container, **more}


def variant(name: str = "AllTraffic", model: str = "model", **more: Any) -> Params:  # noqa: ANN401 # as above
    """A right production variant."""
    base = {"VariantName": name, "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    return {**base, **more}


def notebook(name: str = "desk", **more: Any) -> Params:  # noqa: ANN401 # parameters of any call
    """A right CreateNotebookInstance."""
    return {"NotebookInstanceName": name, "InstanceType": "ml.t3.medium", "RoleArn": ROLE, **more}


def hosted(at: Stand, endpoint: str = "endpoint") -> Stand:
    """A model, a configuration and an endpoint in Creating."""
    at("CreateModel", **a_model())
    at("CreateEndpointConfig", EndpointConfigName="config", ProductionVariants=[variant()])
    at("CreateEndpoint", EndpointName=endpoint, EndpointConfigName="config")
    return at
