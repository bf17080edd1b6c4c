"""The optimized integrations but SageMaker's: Lambda, SQS, SNS, EventBridge, DynamoDB and Step Functions itself.

Calls go through the front door with the machine's role; errors have the names of the SDK for Java 1, which these
integrations use. No emulator import. AWS: Step Functions developer guide, "Integrating services".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import StructureShape

from embedded_aws.clients import Clients
from embedded_aws.patience import patiently
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sdk_names import botocore_service, error_shape, operation, wire_params
from embedded_aws.service_models import service_model
from embedded_aws.states.step_functions import Integration, Task, TaskError, in_milliseconds

_POLL_SECONDS = 0.1
_CALLBACK = "waitForTaskToken"


@dataclass(frozen=True)
class Service:
    """A service as its integration has it: botocore's name, how errors are named, actions and their patterns."""

    botocore: str
    prefix: str
    other_error: str
    java: str
    actions: tuple[str, ...]
    patterns: tuple[str, ...] = ("", _CALLBACK)


SERVICES: Mapping[str, Service] = {
    "lambda": Service("lambda", "Lambda", "AWSLambdaException", "AWSLambda", ("invoke",)),
    "sqs": Service("sqs", "SQS", "AmazonSQSException", "AmazonSQS", ("sendMessage",)),
    "sns": Service("sns", "SNS", "AmazonSNSException", "AmazonSNS", ("publish",)),
    "events": Service("events", "EventBridge", "AmazonEventBridgeException", "AmazonEventBridge", ("putEvents",)),
    "dynamodb": Service(
        "dynamodb",
        "DynamoDB",
        "AmazonDynamoDBException",
        "AmazonDynamoDBv2",
        ("getItem", "putItem", "updateItem", "deleteItem"),
        ("",),
    ),
    "states": Service(
        "stepfunctions",
        "StepFunctions",
        "AWSStepFunctionsException",
        "AWSStepFunctions",
        ("startExecution",),
        ("", "sync", "sync:2", _CALLBACK),
    ),
}


def knows(found: Integration) -> bool:
    """Whether an optimized integration is one of these, in a pattern that it has."""
    service = SERVICES.get(found.service)
    return service is not None and found.action in service.actions and found.pattern in service.patterns


def input_shape(found: Integration) -> StructureShape | None:
    """What the operation of a known integration takes."""
    own = SERVICES.get(found.service)
    service = botocore_service(found.service) if found.sdk else own.botocore if own else found.service
    name = operation(service, found.action) if service else None
    if service is None or name is None:
        return None
    return service_model(service).operation_model(name).input_shape


@dataclass(frozen=True)
class Caller:
    """Calls one service for a task."""

    clients: Clients
    service: Service
    task: Task

    def call(self, name: str, params: Mapping[str, Any], *, own: bool = False) -> dict[str, Any]:
        """The answer of an operation; TaskError under the integration's name of the error.

        Of Step Functions' `own` calls while it waits, what passes fails no task.
        """
        model = self.clients.model(self.service.botocore)
        wired = wire_params(model.operation_model(name).input_shape, params)

        def ask() -> dict[str, Any]:
            return self.clients.call(self.task.credentials(), self.service.botocore, name, wired)

        try:
            return patiently(ask) if own else ask()
        except AwsError as error:
            shape = error_shape(model, error.code)
            called = f"{shape.removesuffix('Exception')}Exception" if shape else self.service.other_error
            details = f"Service: {self.service.java}; Status Code: {error.status}; Error Code: {error.code}"
            raise TaskError(f"{self.service.prefix}.{called}", f"{error.message} ({details})") from error


def perform(clients: Clients, found: Integration, params: Mapping[str, Any], task: Task) -> Any:  # noqa: ANN401 # any JSON value
    """Carry a task out and return its result; TaskError if it fails."""
    caller = Caller(clients, SERVICES[found.service], task)
    return _ACTIONS.get(found.service, _plain)(caller, found, params)


def invoke_function(clients: Clients, arn: str, given: object, task: Task) -> Any:  # noqa: ANN401 # any JSON value
    """What a function answers whose ARN is the state's Resource."""
    return _invoke(Caller(clients, SERVICES["lambda"], task), {"FunctionName": arn, "Payload": given})["Payload"]


def _plain(caller: Caller, found: Integration, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 # any JSON value
    return in_milliseconds(caller.call(found.action[:1].upper() + found.action[1:], params))


def _lambda(caller: Caller, _: Integration, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 # any JSON value
    return _invoke(caller, params)


def _invoke(caller: Caller, params: Mapping[str, Any]) -> dict[str, Any]:
    """A function's own error is the task's: its type is the name, all of it the cause."""
    payload = {"Payload": json.dumps(params["Payload"])} if "Payload" in params else {}
    answer = caller.call("Invoke", {**params, **payload})
    text = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise TaskError(_error_type(text), text)
    shown = {
        "ExecutedVersion": answer.get("ExecutedVersion"),
        "Payload": _json(text),
        "StatusCode": answer["StatusCode"],
    }
    return {key: value for key, value in shown.items() if key == "Payload" or value is not None}


def _error_type(text: str) -> str:
    failure = _json(text)
    return str(failure.get("errorType") or "Lambda.Unknown") if isinstance(failure, dict) else "Lambda.Unknown"


def _json(text: str) -> Any:  # noqa: ANN401 # any JSON value
    try:
        return json.loads(text)
    except ValueError:
        return text


def _message(member: str) -> Callable[[Caller, Integration, Mapping[str, Any]], Any]:
    """Objects that are sent as messages become their JSON text."""
    return lambda caller, found, params: _plain(caller, found, {**params, **_text(params, member)})


def _text(params: Mapping[str, Any], member: str) -> dict[str, str]:
    value = params.get(member)
    return {} if value is None or isinstance(value, str) else {member: json.dumps(value, separators=(",", ":"))}


def _put_events(caller: Caller, found: Integration, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 # any JSON value
    entries = [{**entry, **_text(entry, "Detail")} for entry in params.get("Entries", [])]
    answer = _plain(caller, found, {**params, "Entries": entries})
    if answer.get("FailedEntryCount"):
        raise TaskError("EventBridge.FailedEntry", json.dumps(answer))
    return answer


def _start_execution(caller: Caller, found: Integration, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 # any JSON value
    started = caller.call("StartExecution", {**params, **_text(params, "Input")})
    if not found.sync:
        return _upper(started)
    named = {"executionArn": started["executionArn"]}
    while (execution := caller.call("DescribeExecution", named, own=True))["status"] == "RUNNING":
        if not caller.task.wanted():
            caller.call("StopExecution", named, own=True)
            raise TaskError("States.TaskFailed", "The execution ended; so did the one it had started.")
        time.sleep(_POLL_SECONDS)
    result = _upper(execution)
    if execution["status"] != "SUCCEEDED":
        raise TaskError("States.TaskFailed", json.dumps(result))
    texts = ("Input", "Output") if found.pattern == "sync:2" else ()
    return {key: _json(value) if key in texts else value for key, value in result.items()}


def _upper(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Members as the SDK for Java has them."""
    upper = {key[:1].upper() + key[1:]: value for key, value in in_milliseconds(answer).items()}
    return {
        key: {"Included": value["included"]} if key.endswith("Details") else value
        for key, value in upper.items()
        if value is not None
    }


_ACTIONS: Mapping[str, Callable[[Caller, Integration, Mapping[str, Any]], Any]] = {
    "lambda": _lambda,
    "sqs": _message("MessageBody"),
    "sns": _message("Message"),
    "events": _put_events,
    "states": _start_execution,
}
