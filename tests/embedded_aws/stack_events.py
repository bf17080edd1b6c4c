"""What tests read of a stack's events."""

from __future__ import annotations

from typing import NamedTuple

from tests.embedded_aws.account import Account


class Told(NamedTuple):
    """One event."""

    logical_id: str
    status: str
    reason: str


def events(account: Account, name: str) -> list[Told]:
    """All events of a stack, the oldest first."""
    pages = account.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=name)
    found = [
        Told(event["LogicalResourceId"], event["ResourceStatus"], event.get("ResourceStatusReason", ""))
        for page in pages
        for event in page["StackEvents"]
    ]
    return found[::-1]


def statuses(account: Account, name: str, logical_id: str) -> list[str]:
    """The states a resource, or the stack itself, went through."""
    return [event.status for event in events(account, name) if event.logical_id == logical_id]


def since_update(account: Account, name: str) -> list[Told]:
    """The events from the last update's first on."""
    found = events(account, name)
    starts = [at for at, event in enumerate(found) if (event.logical_id, event.status) == (name, "UPDATE_IN_PROGRESS")]
    return found[starts[-1] :]


def validation_problems(account: Account, **asked: str) -> list[tuple[str, str]]:
    """Path and reason of what the pre-deployment validation of a stack or change set found."""
    shown = account.client("cloudformation").describe_events(**asked, Filters={"FailedEvents": True})["OperationEvents"]
    return [
        (event["ValidationPath"], event["ValidationStatusReason"])
        for event in shown
        if event["EventType"] == "VALIDATION_ERROR"
    ]
