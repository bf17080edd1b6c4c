"""What becomes of stacks and executions that an engine had under way when it died. No emulator import.

AWS is never interrupted, so the states are those in which AWS leaves what failed, and the reasons are the engine's own.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

REASON = "The embedded AWS was ended while this was in progress, and started again."
EXECUTION_ERROR = "States.Runtime"
EXECUTION_CAUSE = "The engine was restarted."

# A cleanup that could not delete everything leaves the stack as updated or rolled back, on AWS too.
_ENDS: Mapping[str, str] = {
    "CREATE_IN_PROGRESS": "CREATE_FAILED",
    "DELETE_IN_PROGRESS": "DELETE_FAILED",
    "IMPORT_IN_PROGRESS": "IMPORT_ROLLBACK_FAILED",
    "IMPORT_ROLLBACK_IN_PROGRESS": "IMPORT_ROLLBACK_FAILED",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK_FAILED",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_COMPLETE",
    "UPDATE_IN_PROGRESS": "UPDATE_FAILED",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_IN_PROGRESS": "UPDATE_ROLLBACK_FAILED",
}


def end_of_stack(stack: MutableMapping[str, Any]) -> str:
    """Give a stack that was in progress its end; the new status, empty if it was not. A review goes on waiting."""
    status = _ENDS.get(str(stack.get("StackStatus")), "")
    if status:
        stack.update(StackStatus=status, StackStatusReason=REASON)
        for resource in (stack.get("_resources") or {}).values():
            if str(resource.get("ResourceStatus")).endswith("_IN_PROGRESS"):
                failed = resource["ResourceStatus"].replace("_IN_PROGRESS", "_FAILED")
                resource.update(ResourceStatus=failed, ResourceStatusReason=REASON)
    return status


def end_of_change_set(change_set: MutableMapping[str, Any]) -> None:
    """A change set that was being executed has failed."""
    if change_set.get("ExecutionStatus") == "EXECUTE_IN_PROGRESS":
        change_set.update(ExecutionStatus="EXECUTE_FAILED", StatusReason=REASON)


def end_of_function_change(function: Mapping[str, Any]) -> None:
    """A function that was being made or changed is ready: nothing but time was missing."""
    versions = [function, *(function.get("versions") or {}).values()]
    for config in [version.get("config") or {} for version in versions]:
        if config.get("State") == "Pending":
            config.update(State="Active", StateReason="", StateReasonCode="")
        if config.get("LastUpdateStatus") == "InProgress":
            config.update(LastUpdateStatus="Successful", LastUpdateStatusReason="", LastUpdateStatusReasonCode="")


def end_of_map_run(run: MutableMapping[str, Any], now: str) -> None:
    """A Distributed Map's run ends with its execution."""
    if run.get("status") == "RUNNING":
        run.update(status="FAILED", stopDate=now)
