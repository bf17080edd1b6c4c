"""Scheduler: what it refuses, and what its answers always show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedded_aws.sagemaker.errors import validation

_COLONS = 5  # in any ARN, at least

# "RetryPolicy", EventBridge Scheduler's API reference: the values where none are given.
_RETRIES = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}


def refuse(operation: str, params: Mapping[str, Any]) -> None:
    """Raise AwsError for a target or a role that is no ARN; the texts are not AWS's."""
    target = params.get("Target")
    if operation not in ("CreateSchedule", "UpdateSchedule") or not isinstance(target, Mapping):
        return
    for member in ("Arn", "RoleArn"):
        arn = target.get(member)
        if arn and str(arn).count(":") < _COLONS:
            raise validation(f"Provided {member} is not in correct format.")


def shown(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as AWS gives it."""
    target = answer.get("Target")
    if operation != "GetSchedule" or not isinstance(target, dict):
        return answer
    return {**answer, "Target": {**target, "RetryPolicy": {**_RETRIES, **(target.get("RetryPolicy") or {})}}}
