"""Whose a resource is that a stack was making when the engine died: only what the stack's own call has made."""

from __future__ import annotations

from typing import Any

import pytest

from embedded_aws.cloudformation.under_way import UnderWay
from embedded_aws.interrupted import REASON

ROLE = "AWS::IAM::Role"
NOTEBOOK = "AWS::SageMaker::NotebookInstance"


def stack(**resources: dict[str, Any]) -> dict[str, Any]:
    return {"StackStatus": "CREATE_IN_PROGRESS", "CreationTime": "now", "_resources": resources}


class Account:
    """Resources that are there, and stacks that make some."""

    def __init__(self, *there: str) -> None:
        self.there = set(there)
        self.written = 0
        self.under_way = UnderWay()
        self.under_way.find = lambda kind, name: f"id of {name}" if kind and name in self.there else None
        self.under_way.flush = self._flush
        self.entries: dict[Any, Any] = {}
        self.under_way.adopt(lambda _: self.entries)

    def _flush(self) -> None:
        self.written += 1

    def make(self, operation: str, params: dict[str, Any], *, fails: bool = False, kind: str = ROLE) -> None:
        """A stack's creation of a resource by this call, after one that makes nothing and before one that does."""

        def create(logical_id: str, props: Any, stack_name: str) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 # a template's
            del logical_id, props, stack_name
            self.under_way.calling("GetRole", params)
            self.under_way.calling(operation, params)
            self.under_way.calling("CreateBucket", {"Bucket": "another"})
            if fails:
                raise ValueError("refused")
            return "physical", {"Arn": "a"}

        self.under_way.make(create, "s", "R", kind, {})


def test_what_was_made_is_given_to_a_stack_that_does_not_know_it() -> None:
    account, held = Account(), stack()
    account.make("CreateRole", {"RoleName": "physical"})
    account.there.add("physical")
    account.under_way.give_to({"s": held})
    given = held["_resources"]["R"]
    assert (given["PhysicalResourceId"], given["ResourceStatus"], given["Attributes"]) == (
        "id of physical",
        "CREATE_COMPLETE",
        {"Arn": "a"},
    )
    assert (account.written, account.entries) == (1, {})


@pytest.mark.parametrize("known", [True, False])
def test_what_was_not_ready_has_failed_and_what_is_known_stays(known: bool) -> None:  # noqa: FBT001 # a parameter
    account, held = Account(), stack(**({"R": {"PhysicalResourceId": "known"}} if known else {}))

    def dies(*_: object) -> tuple[str, dict[str, Any]]:
        account.under_way.calling("CreateRole", {"RoleName": "r"})
        account.there.add("r")
        account.under_way.give_to({"s": held})
        return "r", {}

    account.under_way.make(dies, "s", "R", ROLE, {})
    given = held["_resources"]["R"]
    assert given["PhysicalResourceId"] == ("known" if known else "id of r")
    assert known or (given["ResourceStatus"], given["ResourceStatusReason"]) == ("CREATE_FAILED", REASON)


def test_what_was_there_before_is_anothers() -> None:
    account, held = Account("theirs"), stack()
    with pytest.raises(ValueError, match="refused"):
        account.make("CreateRole", {"RoleName": "theirs"}, fails=True)
    account.under_way.give_to({"s": held})
    assert held["_resources"] == {}


def test_what_was_noted_and_never_made_is_nobodys() -> None:
    account, held = Account(), stack()
    account.make("CreateRole", {"RoleName": "r"})
    account.under_way.give_to({"s": held})
    assert held["_resources"] == {}


def test_stack_that_has_ended_is_given_nothing() -> None:
    account, held = Account(), {**stack(), "StackStatus": "CREATE_COMPLETE"}
    account.make("CreateRole", {"RoleName": "physical"})
    account.there.add("physical")
    account.under_way.give_to({"s": held})
    assert (held["_resources"], account.entries) == ({}, {})


@pytest.mark.parametrize(
    ("operation", "params", "name"),
    [
        ("CreateBucket", {"Bucket": "b"}, "b"),
        ("CreateBudget", {"AccountId": "1", "Budget": {"BudgetName": "n"}}, "n"),
        ("PutParameter", {"Name": "/n"}, "/n"),
        ("CreateStateMachine", {"name": "m"}, "m"),
        ("CreateNotebookInstance", {"NotebookInstanceName": "Desk"}, "Desk"),
        ("CreateKey", {"Description": "n"}, None),
        ("PutBucketPolicy", {"Bucket": "b"}, None),
    ],
)
def test_names_are_those_that_calls_give(operation: str, params: dict[str, Any], name: str | None) -> None:
    account = Account()
    seen: list[str] = []

    def dies(*_: object) -> tuple[str, dict[str, Any]]:
        account.under_way.calling(operation, params)
        seen.extend(entry["name"] for entry in account.entries.values())
        return "", {}

    account.under_way.make(dies, "s", "R", NOTEBOOK, {})
    assert seen == ([name] if name else [])
