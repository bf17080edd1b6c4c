"""Why a stack rolls back, as its event says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from embedded_aws.cloudformation.property_checks import PROPERTIES_FAILED

_NO_EXPORT = re.compile(r"Export '(.+)' not found")


def worded(reason: str) -> str:
    """A reason of the emulator's in AWS's words."""
    return _NO_EXPORT.sub(r"No export named \1 found", reason)


def of_creation(operation: Mapping[str, Any], events: Iterable[Mapping[str, Any]]) -> str:
    """The reason for a failed creation; empty where the emulator says it (updates, cancelled ones, outputs)."""
    failed = operation.get("failed_logical_id")
    if operation.get("is_update") or operation.get("cancelled") or not failed:
        return ""
    reasons = [str(event["ResourceStatusReason"]) for event in events if event["LogicalResourceId"] == failed]
    if reasons and reasons[-1].startswith("No export named"):
        return f"{reasons[-1]}. Rollback requested by user."
    if any(reason.startswith(PROPERTIES_FAILED) for reason in reasons):
        return f"Validation failed for following resources: [{failed}]. Rollback requested by user."
    return f"The following resource(s) failed to create: [{failed}]. Rollback requested by user."
