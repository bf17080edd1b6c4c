"""Scheduler: what its answers always show."""

from __future__ import annotations

from typing import Any

# "RetryPolicy", EventBridge Scheduler's API reference: the values where none are given.
_RETRIES = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}


def shown(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as AWS gives it."""
    target = answer.get("Target")
    if operation != "GetSchedule" or not isinstance(target, dict):
        return answer
    return {**answer, "Target": {**target, "RetryPolicy": {**_RETRIES, **(target.get("RetryPolicy") or {})}}}
