"""What a stack in a state is refused, in CloudFormation's words. No emulator import.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html has the states,
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html what deleting asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Stack = Mapping[str, Any]
Refusal = tuple[str, str]
"""Error code and message."""

_VALIDATION = "ValidationError"
_STEADY = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
)
_KEPT_AS_FAILED = ("CREATE_FAILED", "UPDATE_FAILED")
_DELETABLE_IN_PROGRESS = ("CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS")


def create_refused(stack: Stack | None) -> Refusal | None:
    """A name is free once its stack is deleted; a stack that was rolled back keeps it."""
    if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
        return None
    return "AlreadyExistsException", f"Stack [{stack['StackName']}] already exists"


def change_set_refused(stack: Stack | None, kind: str, name: str) -> Refusal | None:
    """CreateChangeSet; of type CREATE it wants a stack that is new or in review."""
    if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
        return None
    status = stack["StackStatus"]
    if kind == "CREATE" and status != "REVIEW_IN_PROGRESS":
        told = f"Stack [{stack['StackName']}] already exists and cannot be created again with the changeSet [{name}]."
        return _VALIDATION, told
    if kind == "UPDATE" and status not in {*_STEADY, *_KEPT_AS_FAILED}:
        return _not_updatable(stack)
    return None


def update_refused(stack: Stack | None, *, disable_rollback: bool) -> Refusal | None:
    """UpdateStack, and ExecuteChangeSet of an update."""
    if stack is None or stack["StackStatus"] in {*_STEADY, "DELETE_COMPLETE"}:
        return None
    status = stack["StackStatus"]
    if status not in _KEPT_AS_FAILED:
        return _not_updatable(stack)
    if disable_rollback:
        return _VALIDATION, f"Updating a stack in {status} state is not implemented by the embedded AWS"
    return _VALIDATION, (
        f"This stack is currently in a non-terminal [{status}] state. To update the stack from this state, please use "
        "the disable-rollback parameter with update-stack API. To rollback to the last known good state, use the "
        "rollback-stack API"
    )


def delete_refused(stack: Stack | None, *, retains: bool) -> Refusal | None:
    """DeleteStack; AWS lets a stack that is being created be deleted, and answers at once where it already is."""
    if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
        return None
    status = stack["StackStatus"]
    if retains and status != "DELETE_FAILED":
        return _VALIDATION, (
            f"Invalid operation on stack [{stack['StackId']}]. When you delete a stack, specify which resources to "
            "retain only when the stack is in the DELETE_FAILED state."
        )
    if status.endswith("_IN_PROGRESS") and status not in _DELETABLE_IN_PROGRESS:
        return _VALIDATION, f"Stack [{stack['StackName']}] cannot be deleted while in status {status}"
    return None


def _not_updatable(stack: Stack) -> Refusal:
    return _VALIDATION, f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not be updated."
