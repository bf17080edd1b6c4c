"""Scheduler: what it refuses, and what its answers always show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedded_aws.sagemaker.errors import validation

_COLONS = 5  # in any ARN, at least

# "RetryPolicy", EventBridge Scheduler's API reference: the values where none are given.
_RETRIES = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}


def refuse(operation: str, params: Mapping[str, Any]) -> None:
    """Raise AwsError for a target that is no ARN; its text is not AWS's."""
    target = params.get("Target")
    arn = target.get("Arn", "") if isinstance(target, Mapping) else ""
    if operation in ("CreateSchedule", "UpdateSchedule") and arn and str(arn).count(":") < _COLONS:
        raise validation("Provided Arn is not in correct format.")


def shown(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as AWS gives it."""
    target = answer.get("Target")
    if operation != "GetSchedule" or not isinstance(target, dict):
        return answer
    return {**answer, "Target": {**target, "RetryPolicy": {**_RETRIES, **(target.get("RetryPolicy") or {})}}}
