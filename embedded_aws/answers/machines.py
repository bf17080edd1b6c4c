"""Step Functions: what it refuses, and what its answers always show."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import OperationModel

from embedded_aws.sagemaker import validation
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.errors import validation as invalid

Params = Mapping[str, Any]
REVISED = "revised"
"""The member of a machine's record that says that it was updated: before that it shows no revision."""
_BY_EXECUTION = ("DescribeExecution", "GetExecutionHistory", "StopExecution")
_WORD = re.compile(r"\s*([A-Za-z_]\w*)")


def refuse(operation: str, params: Params, model: OperationModel | None, exists: Callable[[str], bool]) -> None:
    """Raise AwsError for what AWS refuses and the emulator takes; `exists` knows machines by ARN."""
    if model is not None and model.input_shape is not None:
        validation.check(model.input_shape, params)
    arn = params.get("executionArn", "")
    if operation in _BY_EXECUTION and not arn.startswith("arn:"):
        raise AwsError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
    machine = params.get("stateMachineArn", "")
    if operation == "UpdateStateMachine" and not exists(machine):
        raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{machine}'")
    if operation == "StartExecution" and "input" in params:
        _check_input(params["input"])
    if "versionDescription" in params and not params.get("publish"):
        raise invalid("Version description can only be set when publish is true")


def shown(operation: str, answer: dict[str, Any], revision: str | None) -> dict[str, Any]:
    """An answer as AWS gives it; `revision` is that of a machine that was updated."""
    if operation == "DescribeStateMachine":
        found = {**answer, "tracingConfiguration": answer.get("tracingConfiguration") or {"enabled": False}}
        for own in ("revisionId", REVISED):
            found.pop(own, None)
        return found | ({"revisionId": revision} if revision else {})
    if operation == "UpdateStateMachine" and revision:
        return {**answer, "revisionId": revision}
    if operation == "DescribeExecution":
        return {**answer, **_redriving(str(answer.get("status")))}
    if operation == "ListExecutions":
        return {**answer, "executions": [{"redriveCount": 0, **found} for found in answer.get("executions", [])]}
    if operation == "GetExecutionHistory":
        return {**answer, "events": [_event(event) for event in answer.get("events", [])]}
    return answer


def previous_event(kind: str, own: int, last: int) -> int:
    """The id of the event that one of this kind and id follows, where `last` was the last of its branch.

    The first state and an abortion follow nothing ("HistoryEvent", Step Functions' API reference, has no rule; this
    is what was recorded).
    """
    return 0 if kind == "ExecutionAborted" or own <= 2 else last


def _check_input(given: str) -> None:
    problem = "Invalid State Machine Execution Input"
    if not given.strip():
        raise AwsError("InvalidExecutionInput", f"{problem}: 'Invalid execution input.'")
    try:
        json.loads(given)
    except ValueError as error:
        word = _WORD.match(given)
        expected = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        # AWS's text for a word; for other mistakes the text is not AWS's.
        text = f"Unrecognized token '{word[1]}': {expected}" if word else str(error)
        raise AwsError("InvalidExecutionInput", f"{problem}: '{text}'") from error


def _redriving(status: str) -> dict[str, Any]:
    if status in ("RUNNING", "SUCCEEDED"):
        reason = f"Execution is {status} and cannot be redriven"
        return {"redriveCount": 0, "redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
    return {"redriveCount": 0, "redriveStatus": "REDRIVABLE"}


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    """A history's event whose details say that nothing of them was cut off, and no empty error."""
    details = {name: _details(value) for name, value in event.items() if name.endswith("EventDetails")}
    return {"previousEventId": 0, **event, **details}


def _details(details: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in details.items() if not (name in ("error", "cause") and value == "")}
    for name in ("input", "output"):
        if name in found:
            found.setdefault(f"{name}Details", {"truncated": False})
    return found
