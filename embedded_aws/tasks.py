"""Runs the tasks of an execution as its state machine's role, while the execution wants them. No emulator import."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from embedded_aws import step_functions
from embedded_aws.authorization import Check
from embedded_aws.clients import Clients
from embedded_aws.role_sessions import RoleSessions
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Credentials
from embedded_aws.step_functions import Task, TaskError

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
    place: str
    """`<region>:<account>`"""

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

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Within, a task is wanted for so long only."""
        token = _deadline.set(time.monotonic() + seconds)
        try:
            yield
        finally:
            _deadline.reset(token)

    def perform(self, resource: str, params: Mapping[str, Any]) -> Any:  # noqa: ANN401 # any JSON value
        """Carry out an aws-sdk or SageMaker integration; TaskError if it fails."""
        found = step_functions.integration(resource)
        if found is None:
            raise TaskError("States.Runtime", f"{resource} is not a service integration")
        return step_functions.perform(self.clients, found, params, self._current())

    def check(self, resource: str, params: Mapping[str, Any]) -> None:
        """TaskError if the execution has ended, or its role may not do what the emulator is about to do."""
        if not self.wanted():
            raise TaskError("States.TaskFailed", "The execution has ended.")
        for check, error in step_functions.rights(resource, params, self.place):
            self.require([check], error)

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
