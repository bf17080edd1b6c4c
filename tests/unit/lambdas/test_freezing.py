"""The freeze: a version of the boundary that denies what makes things, and no trace of it afterwards."""

import json
from typing import Any

import pytest

from lambdas.teardown.freezing import DENIED, SID, freeze, frozen, thaw
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.conduct import Conductor
from tests.unit.lambdas.seats import ALLOW_ALL, Seat


def in_force(account: Account, boundary: str) -> dict[str, Any]:
    """The default version's document."""
    iam = account.own.iam
    version = iam.get_policy(PolicyArn=boundary)["Policy"]["DefaultVersionId"]
    document: Any = iam.get_policy_version(PolicyArn=boundary, VersionId=version)["PolicyVersion"]["Document"]
    found: dict[str, Any] = document
    return found


def versions(account: Account, boundary: str) -> list[str]:
    """Ids of the policy's versions."""
    return [version["VersionId"] for version in account.own.iam.list_policy_versions(PolicyArn=boundary)["Versions"]]


def test_freeze_denies_on_top_of_what_was_there(account: Account, boundary: str) -> None:
    assert freeze(account.clients.iam, boundary)
    statements = in_force(account, boundary)["Statement"]
    assert statements[:-1] == ALLOW_ALL["Statement"]
    assert statements[-1] == {"Sid": SID, "Effect": "Deny", "Action": list(DENIED), "Resource": "*"}


def test_freeze_is_made_once(account: Account, boundary: str) -> None:
    freeze(account.clients.iam, boundary)
    assert not freeze(account.clients.iam, boundary)
    assert len(versions(account, boundary)) == 2


def test_freeze_leaves_work_and_stopping_alone() -> None:
    allowed = ("s3:PutObject", "s3:GetObject", "sagemaker:StopNotebookInstance", "sagemaker:DescribeNotebookInstance")
    starts = [action.removesuffix("*") for action in DENIED]
    assert not [action for action in allowed if action.startswith(tuple(starts))]


def test_freeze_makes_room_among_five_versions(account: Account, boundary: str) -> None:
    for _ in range(4):
        account.own.iam.create_policy_version(PolicyArn=boundary, PolicyDocument=json.dumps(ALLOW_ALL))
    freeze(account.clients.iam, boundary)
    assert versions(account, boundary) == ["v1", "v3", "v4", "v5", "v6"]


def test_thaw_leaves_the_policy_as_its_stack_made_it(account: Account, boundary: str) -> None:
    freeze(account.clients.iam, boundary)
    thaw(account.clients.iam, boundary)
    assert versions(account, boundary) == ["v1"]
    assert in_force(account, boundary) == ALLOW_ALL


def test_thaw_of_what_is_not_frozen_changes_nothing(account: Account, boundary: str) -> None:
    thaw(account.clients.iam, boundary)
    thaw(account.clients.iam, boundary.replace("demo-", "other-"))
    assert versions(account, boundary) == ["v1"]


def test_a_single_statement_may_stand_without_a_list() -> None:
    lone = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    assert len(json.loads(frozen(lone))["Statement"]) == 2


def test_a_clean_run_ends_thawed(account: Account, conductor: Conductor, seat: Seat) -> None:
    conductor.run()
    assert "iam.CreatePolicyVersion" in account.faults.calls
    assert versions(account, conductor.boundary) == ["v1"]


@pytest.mark.parametrize("call", ["sagemaker.DeleteModel", "sagemaker.ListModels"])
def test_a_run_that_is_not_clean_leaves_the_seats_frozen(
    call: str, account: Account, conductor: Conductor, seat: Seat
) -> None:
    account.faults.fail(call, "AccessDeniedException")
    conductor.run()
    assert in_force(account, conductor.boundary)["Statement"][-1]["Sid"] == SID


def test_a_run_that_failed_before_it_looked_leaves_the_seats_frozen(conductor: Conductor, seat: Seat) -> None:
    conductor.through("stop")
    for action in ("report", "unlock"):
        conductor.slice(action, error="States.Timeout")
    assert in_force(conductor.account, conductor.boundary)["Statement"][-1]["Sid"] == SID
