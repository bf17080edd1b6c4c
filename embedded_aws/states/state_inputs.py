"""What states refuse of their input with JSONPath: results that fit nowhere, waits and maps over what is none.

No emulator import. AWS: Step Functions developer guide, "Handling errors", "Wait workflow state", "Map workflow
state". The names of the errors are AWS's; the texts are not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from embedded_aws.states.step_functions import TaskError

State = Mapping[str, Any]
Resolve = Callable[[str], Any]


def check_result_path(path: str | None, given: object) -> None:
    """TaskError (States.ResultPathMatchFailure) if a result can't be put into the state's input."""
    if path is None or path == "$":
        return
    held, parts = given, path.removeprefix("$.").split(".")
    for part in parts:
        if not isinstance(held, dict):
            text = f"Unable to apply ResultPath '{path}' to the input '{given}'"
            raise TaskError("States.ResultPathMatchFailure", text)
        held = held.get(part, {})


def check_wait(state: State, resolve: Resolve) -> None:
    """TaskError (States.Runtime) if the input names no time that one could wait for."""
    if "SecondsPath" in state:
        seconds = resolve(state["SecondsPath"])
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 0:
            raise TaskError(
                "States.Runtime", f"The SecondsPath parameter must be a positive integer, but was {seconds!r}"
            )
    if "TimestampPath" in state and not _is_timestamp(resolve(state["TimestampPath"])):
        raise TaskError("States.Runtime", f"The TimestampPath parameter {state['TimestampPath']} names no timestamp")


def check_map(state: State, resolve: Resolve) -> None:
    """TaskError (States.Runtime) if an inline Map's items are no array, or its concurrency is no number."""
    most = state.get("MaxConcurrency", 0)
    if isinstance(most, bool) or not isinstance(most, int) or most < 0:
        raise TaskError("States.Runtime", f"MaxConcurrency must be a non-negative integer, but was {most!r}")
    if "ItemReader" in state:
        return
    path = str(state.get("ItemsPath", "$"))
    if not isinstance(resolve(path), list):
        raise TaskError("States.Runtime", f'Reference path "{path}" must point to array.')


def _is_timestamp(value: object) -> bool:
    try:
        return datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False
