"""What a Task state does: `aws-sdk:*` calls, the SageMaker integrations with .sync, and the rights all need.

Calls go through the front door with the state machine's role, so that IAM decides as for anybody. No
emulator import: the adapter hands in what it needs and raises TaskError in the emulator's own form.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from embedded_aws.clients import Clients
from embedded_aws.iam.authorization import Check
from embedded_aws.patience import patiently
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Credentials
from embedded_aws.sdk_names import botocore_service, error_name, operation, sdk_result, wire_params

MAX_BYTES = 262_144
"""What a state's input or output may hold, and so an execution's."""
_POLL_SECONDS = 0.1
SYNC_JOBS = {
    "createTrainingJob": "TrainingJob",
    "createProcessingJob": "ProcessingJob",
    "createTransformJob": "TransformJob",
    "createHyperParameterTuningJob": "HyperParameterTuningJob",
}
MANAGED = {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}
"""The tag that a job gets whose end is waited for; the role needs sagemaker:AddTags for it."""
SAGEMAKER_ACTIONS = frozenset(SYNC_JOBS) | {
    "createModel",
    "createEndpointConfig",
    "createEndpoint",
    "updateEndpoint",
}
_MODELED_IN_JAVA_1 = {
    "ResourceInUse": "ResourceInUseException",
    "ResourceNotFound": "ResourceNotFoundException",
    "ResourceLimitExceeded": "ResourceLimitExceededException",
    "ConflictException": "ConflictException",
}


class TaskError(Exception):
    """A failed task, as Retry and Catch see it: error name and cause."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


@dataclass(frozen=True)
class Integration:
    """A task's Resource taken apart: `service` and `action` as the definition has them, `pattern` without its dot."""

    service: str
    action: str
    sdk: bool
    pattern: str

    @property
    def sync(self) -> bool:
        """Whether the task waits for what it started."""
        return self.pattern.startswith("sync")


@dataclass(frozen=True)
class Task:
    """Whom a task acts for: its role's credentials, and whether its execution still wants it."""

    credentials: Callable[[], Credentials]
    wanted: Callable[[], bool]


def integration(resource: str) -> Integration | None:
    """The service integration that a Resource names; None for a function's or activity's ARN."""
    parts = resource.split(":")
    if not resource.startswith("arn:aws:states:::") or len(parts) < 7:
        return None
    sdk = parts[5] == "aws-sdk"
    service, action = (parts[6], ":".join(parts[7:])) if sdk else (parts[5], ":".join(parts[6:]))
    name, _, pattern = action.partition(".")
    return Integration(service, name, sdk, pattern)


def known_operation(found: Integration) -> bool:
    """Whether the AWS SDK has the action of an `aws-sdk` integration."""
    service = botocore_service(found.service)
    return service is not None and operation(service, found.action) is not None


def perform(clients: Clients, found: Integration, params: Mapping[str, Any], task: Task) -> Any:  # noqa: ANN401 # any JSON value
    """Carry an `aws-sdk` or SageMaker task out and return its result; TaskError if it fails."""
    return (_sdk_call if found.sdk else _sagemaker)(clients, found, params, task)


def rights(resource: str, params: Mapping[str, Any]) -> Iterator[Check]:
    """What a role needs for a task beyond the calls that it makes: to watch and stop an execution it starts."""
    found = integration(resource)
    if found is not None and found.service == "states" and not found.sdk and found.sync:
        machine = str(params.get("StateMachineArn", "*"))
        for action in ("states:DescribeExecution", "states:StopExecution"):
            yield Check(action, machine.replace(":stateMachine:", ":execution:") + ":*")


def _sdk_call(clients: Clients, found: Integration, params: Mapping[str, Any], task: Task) -> Any:  # noqa: ANN401 # any JSON value
    service = botocore_service(found.service)
    name = operation(service, found.action) if service else None
    if service is None or name is None:
        raise TaskError("States.Runtime", f"aws-sdk:{found.service}:{found.action} is not an action of AWS")
    model = clients.model(service)
    shape = model.operation_model(name).input_shape
    try:
        return sdk_result(clients.call(task.credentials(), service, name, wire_params(shape, params)))
    except AwsError as error:
        cause = f"{error.message} (Service: {model.service_id}, Status Code: {error.status})"
        raise TaskError(error_name(model, error.code), cause) from error


def _sagemaker(clients: Clients, found: Integration, params: Mapping[str, Any], task: Task) -> Any:  # noqa: ANN401 # any JSON value
    if found.sync:
        params = {**params, "Tags": [*params.get("Tags", []), MANAGED]}
    answer = _sagemaker_call(clients, found.action[:1].upper() + found.action[1:], params, task)
    if not found.sync:
        return answer
    kind = SYNC_JOBS[found.action]
    name = {f"{kind}Name": params[f"{kind}Name"]}
    while (job := _sagemaker_call(clients, f"Describe{kind}", name, task, own=True))[f"{kind}Status"] in _RUNNING:
        if not task.wanted():
            _sagemaker_call(clients, f"Stop{kind}", name, task, own=True)
            raise TaskError("States.TaskFailed", f"The execution ended; {kind} {name} was stopped")
        time.sleep(_POLL_SECONDS)
    if job[f"{kind}Status"] != "Completed":
        raise TaskError("States.TaskFailed", json.dumps(job))
    return job


_RUNNING = ("InProgress", "Stopping")


def _sagemaker_call(clients: Clients, called: str, params: Mapping[str, Any], task: Task, *, own: bool = False) -> Any:  # noqa: ANN401 # any JSON value
    """A task's call, or one of Step Functions' `own` while it waits: then what passes fails no task."""

    def call() -> dict[str, Any]:
        return clients.call(task.credentials(), "sagemaker", called, params)

    try:
        return in_milliseconds(patiently(call) if own else call())
    except AwsError as error:
        name = _MODELED_IN_JAVA_1.get(error.code, "AmazonSageMakerException")
        details = f"Service: AmazonSageMaker; Status Code: {error.status}; Error Code: {error.code}"
        raise TaskError(f"SageMaker.{name}", f"{error.message} ({details})") from error


def in_milliseconds(value: Any) -> Any:  # noqa: ANN401 # any JSON value
    """The optimized integrations give times as milliseconds of the epoch."""
    if isinstance(value, Mapping):
        return {key: in_milliseconds(item) for key, item in value.items()}
    if isinstance(value, list):
        return [in_milliseconds(item) for item in value]
    return int(value.timestamp() * 1000) if isinstance(value, datetime) else value
