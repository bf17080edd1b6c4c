"""The ends that a restart gives to what was in progress, and to nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from embedded_aws import interrupted
from embedded_aws.interrupted import REASON


@pytest.mark.parametrize(
    ("left", "ends"),
    [
        ("CREATE_IN_PROGRESS", "CREATE_FAILED"),
        ("DELETE_IN_PROGRESS", "DELETE_FAILED"),
        ("ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"),
        ("UPDATE_IN_PROGRESS", "UPDATE_FAILED"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"),
    ],
)
def test_stack_in_progress_ends(left: str, ends: str) -> None:
    """The states are those of the CloudFormation User Guide, "Stack status codes"."""
    stack: dict[str, Any] = {
        "StackStatus": left,
        "_resources": {"A": {"ResourceStatus": "CREATE_COMPLETE"}, "B": {"ResourceStatus": "CREATE_IN_PROGRESS"}},
    }
    assert interrupted.end_of_stack(stack) == ends
    assert (stack["StackStatus"], stack["StackStatusReason"]) == (ends, REASON)
    assert stack["_resources"] == {
        "A": {"ResourceStatus": "CREATE_COMPLETE"},
        "B": {"ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": REASON},
    }


@pytest.mark.parametrize("left", ["CREATE_COMPLETE", "REVIEW_IN_PROGRESS", "DELETE_COMPLETE", "UPDATE_ROLLBACK_FAILED"])
def test_stack_that_nobody_is_at_stays(left: str) -> None:
    stack: dict[str, Any] = {"StackStatus": left}
    assert interrupted.end_of_stack(stack) == ""
    assert stack == {"StackStatus": left}


def test_function_that_was_being_made_is_ready() -> None:
    """State goes from Pending to Active (Lambda Developer Guide, "Lambda function states")."""
    function: dict[str, Any] = {
        "config": {"State": "Pending", "LastUpdateStatus": "InProgress"},
        "versions": {"1": {"config": {"State": "Failed", "LastUpdateStatus": "Successful"}}},
    }
    interrupted.end_of_function_change(function)
    ready = function["config"]
    assert (ready["State"], ready["LastUpdateStatus"]) == ("Active", "Successful")
    assert function["versions"]["1"]["config"] == {"State": "Failed", "LastUpdateStatus": "Successful"}


def test_change_set_and_map_run_that_were_carried_out_have_failed() -> None:
    executed, waiting = {"ExecutionStatus": "EXECUTE_IN_PROGRESS"}, {"ExecutionStatus": "AVAILABLE"}
    for change_set in (executed, waiting):
        interrupted.end_of_change_set(change_set)
    assert executed == {"ExecutionStatus": "EXECUTE_FAILED", "StatusReason": REASON}
    assert waiting == {"ExecutionStatus": "AVAILABLE"}
    running, done = {"status": "RUNNING"}, {"status": "SUCCEEDED"}
    for run in (running, done):
        interrupted.end_of_map_run(run, "now")
    assert (running, done) == ({"status": "FAILED", "stopDate": "now"}, {"status": "SUCCEEDED"})
