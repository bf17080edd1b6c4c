"""Runs the tasks of an execution as its state machine's role, while the execution wants them. No emulator import."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from embedded_aws.clients import Clients
from embedded_aws.iam.authorization import Check
from embedded_aws.iam.role_sessions import RoleSessions
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Credentials
from embedded_aws.sdk_names import unsupported
from embedded_aws.states import optimized_integrations, step_functions
from embedded_aws.states.step_functions import MAX_BYTES, Task, TaskError

MAX_EVENTS = 25_000
"""What the history of an execution may hold."""
SERVICE_PRINCIPAL = "states.amazonaws.com"
_task: ContextVar[Task] = ContextVar("task")
_deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))

Ask = Callable[[str, Check], None]
"""Asks IAM on behalf of an access key; AwsError if it refuses."""


@dataclass(frozen=True)
class Tasks:
    """Who the tasks of this context act for, and what they may do."""

    clients: Clients
    sessions: RoleSessions
    ask: Ask

    @contextmanager
    def of(self, execution: Mapping[str, Any], role_arn: str) -> Iterator[None]:
        """Within, tasks belong to this execution and act as this role."""

        def credentials() -> Credentials:
            try:
                return self.sessions.session(role_arn, SERVICE_PRINCIPAL, str(execution["name"])[:64])
            except AwsError as error:
                raise TaskError("States.Permissions", error.message) from error

        def wanted() -> bool:
            return execution["status"] == "RUNNING" and time.monotonic() < _deadline.get()

        token = _task.set(Task(credentials, wanted))
        try:
            yield
        finally:
            _task.reset(token)

    def perform_as(self, role_arn: str | None, resource: str, params: Any) -> Any:  # noqa: ANN401 # any JSON value
        """The same as another role, if one is named."""
        if role_arn is None:
            return self.perform(resource, params)
        with self._acting_as(role_arn):
            return self.perform(resource, params)

    @contextmanager
    def _acting_as(self, role_arn: str) -> Iterator[None]:
        """Within, tasks act as another role, which the machine's own may assume and which trusts it."""
        task = self._current()
        asked = {"RoleArn": role_arn, "RoleSessionName": "StepFunctions"}
        try:
            given = self.clients.call(task.credentials(), "sts", "AssumeRole", asked)["Credentials"]
        except AwsError as error:
            raise TaskError("States.Permissions", error.message) from error
        keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], given["Expiration"])
        token = _task.set(Task(lambda: Credentials(*keys), task.wanted))
        try:
            yield
        finally:
            _task.reset(token)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Within, a task is wanted for so long only."""
        token = _deadline.set(time.monotonic() + seconds)
        try:
            yield
        finally:
            _deadline.reset(token)

    def perform(self, resource: str, params: Any) -> Any:  # noqa: ANN401 # any JSON value
        """Invoke a function or carry an integration out; TaskError if it fails or gives too much."""
        self.check(resource, params)
        _check_fields(resource, params)
        found, task = step_functions.integration(resource), self._current()
        if found is None:
            result = optimized_integrations.invoke_function(self.clients, resource, params, task)
        elif found.sdk or found.service == "sagemaker":
            result = step_functions.perform(self.clients, found, params, task)
        else:
            result = optimized_integrations.perform(self.clients, found, params, task)
        if len(json.dumps(result).encode()) > MAX_BYTES:
            named = resource if found is None else found.service
            text = f"The state/task '{named}' returned a result with a size exceeding the maximum number of bytes "
            raise TaskError("States.DataLimitExceeded", text + "service limit.")
        return result

    def check(self, resource: str, params: Any) -> None:  # noqa: ANN401 # any JSON value
        """TaskError if the execution has ended, or its role may not watch what the task starts."""
        self.check_wanted()
        self.require(step_functions.rights(resource, params), "StepFunctions.AWSStepFunctionsException")

    def require(self, checks: Iterable[Check], error: str) -> None:
        """TaskError of that name if the role may not do all of this."""
        for check in checks:
            try:
                self.ask(self._current().credentials().access_key_id, check)
            except AwsError as refusal:
                raise TaskError(error, refusal.message) from refusal

    def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of an operation called as the role; AwsError if it fails."""
        return self.clients.call(self._current().credentials(), service, operation, params)

    def check_wanted(self) -> None:
        """TaskError if the execution has ended; a state that is tried outside of one is always wanted."""
        task = _task.get(None)
        if task is not None and not task.wanted():
            raise TaskError("States.TaskFailed", "The execution has ended.")

    def wanted(self) -> bool:
        """Whether the execution still wants what is being done for it."""
        return self._current().wanted()

    @contextmanager
    def child(self, execution: Mapping[str, Any]) -> Iterator[None]:
        """Within, tasks belong to a child of the current execution, and act as its role."""
        parent = self._current()
        token = _task.set(Task(parent.credentials, lambda: execution["status"] == "RUNNING" and parent.wanted()))
        try:
            yield
        finally:
            _task.reset(token)

    def _current(self) -> Task:
        task = _task.get(None)
        if task is None:
            raise TaskError("States.Runtime", "Tasks outside executions are not implemented by the embedded AWS")
        return task


def _check_fields(resource: str, params: object) -> None:
    """TaskError for parameters that the called operation does not have, or that are not in Pascal case."""
    found = step_functions.integration(resource)
    shape = None if found is None else optimized_integrations.input_shape(found)
    for field in unsupported(shape, params):
        raise TaskError("States.Runtime", f'The field "{field}" is not supported by Step Functions')
