"""The log lines of a state machine whose logging is on, as Step Functions writes them. No emulator import."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_ERRORS = ("Failed", "TimedOut", "Aborted")
_DATA = ("input", "output")


def log_group(machine: Mapping[str, Any]) -> str | None:
    """The group a state machine logs to; None where logging is off."""
    configuration = machine.get("loggingConfiguration") or {}
    for destination in configuration.get("destinations") or []:
        arn = destination["cloudWatchLogsLogGroup"]["logGroupArn"]
        return str(arn.split(":log-group:", 1)[1].removesuffix(":*"))
    return None


def stream(machine: Mapping[str, Any], execution: Mapping[str, Any]) -> str:
    """The stream of the machine's log in which an execution's lines are."""
    started = str(execution["startDate"]).replace(":", "-")[:16].replace("T", "-")
    return f"states/{machine['name']}/{started}/{execution['name'][:8]}"


def line(machine: Mapping[str, Any], execution: Mapping[str, Any], event: Mapping[str, Any]) -> str | None:
    """An event's line, or None if the machine's level leaves it out."""
    configuration = machine.get("loggingConfiguration") or {}
    level = configuration.get("level", "OFF")
    kind = str(event["type"])
    errors_only = {"ERROR": _ERRORS, "FATAL": tuple(f"Execution{end}" for end in _ERRORS)}
    if level == "OFF" or (level != "ALL" and not kind.endswith(errors_only[level])):
        return None
    details: Mapping[str, Any] = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
    if not configuration.get("includeExecutionData"):
        details = {key: value for key, value in details.items() if key not in _DATA}
    return json.dumps(
        {
            "id": str(event["id"]),
            "type": kind,
            "details": details,
            "previous_event_id": str(event["id"] - 1),
            "event_timestamp": event["timestamp"],
            "execution_arn": execution["executionArn"],
        }
    )


DELIVERY_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
