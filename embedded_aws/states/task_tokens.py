"""Waits for whoever has a task's token, within the state's timeout and its heartbeats. No emulator import.

AWS: Step Functions developer guide, "Wait for a Callback with Task Token". A missed heartbeat ends in States.Timeout,
as executions of AWS were recorded to do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_aws.states.step_functions import TaskError

_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Patience:
    """How long a state waits for its task, and for each heartbeat of it, in seconds."""

    timeout: float | None = None
    heartbeat: float | None = None


def answer(token: Mapping[str, Any], patience: Patience, wanted: Callable[[], bool], begun: Callable[[], bool]) -> Any:  # noqa: ANN401 # any JSON value
    """The output that was sent for a token; TaskError if a failure was, or nothing in time.

    `token` is the emulator's record, whose `event` says that something was sent. Time runs once the task has `begun`.
    """
    since = beat = time.monotonic()
    last = token["heartbeat"]
    while not token["event"].wait(_LOOK_SECONDS):
        now = time.monotonic()
        if not wanted():
            raise TaskError("States.TaskFailed", "The execution has ended.")
        if not begun():
            since = beat = now
        if token["heartbeat"] != last:
            last, beat = token["heartbeat"], now
        if _over(patience.timeout, now - since) or _over(patience.heartbeat, now - beat):
            raise TaskError("States.Timeout", "")
    if token["error"]:
        raise TaskError(token["error"].get("Error") or "", token["error"].get("Cause") or "")
    return json.loads(token["result"])


def _over(limit: float | None, passed: float) -> bool:
    return limit is not None and passed > limit
