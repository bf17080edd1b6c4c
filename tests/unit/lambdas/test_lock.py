"""One teardown at a time."""

import pytest

from classlab.contract import TEARDOWN_LOCK_KEY
from lambdas.teardown.lock import LockHeld
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.conduct import Conductor, execution
from tests.unit.lambdas.seats import CLASS_BUCKET, Seat, make_machine


@pytest.fixture
def running(account: Account, boundary: str, seat: Seat) -> Conductor:
    """A run whose execution is alive, and holds the lock."""
    machine = make_machine(account, "demo-teardown", seat.role)
    account.own.stepfunctions.start_execution(stateMachineArn=machine, name="run-1")
    conductor = Conductor(account, boundary)
    conductor.until_done("lock")
    return conductor


def test_a_second_run_is_refused_and_told_by_whom(running: Conductor) -> None:
    second = Conductor(running.account, running.boundary, name="run-2")
    with pytest.raises(LockHeld, match=execution("run-1")):
        second.slice("lock")


@pytest.mark.parametrize("action", ["freeze", "stop", "scan", "apply", "verify"])
def test_a_second_run_can_do_nothing(running: Conductor, action: str) -> None:
    second = Conductor(running.account, running.boundary, name="run-2")
    before = list(running.account.faults.calls)
    with pytest.raises(LockHeld, match=f"held by {execution('run-1')}"):
        second.slice(action)  # type: ignore[arg-type] # the names of actions
    assert set(running.account.faults.calls[len(before) :]) == {"s3.GetObject"}


def test_the_lock_may_be_taken_twice_by_its_holder(running: Conductor) -> None:
    assert running.slice("lock")["done"]


def test_a_dead_holder_is_replaced_and_can_do_nothing_more(account: Account, boundary: str) -> None:
    dead, second = Conductor(account, boundary), Conductor(account, boundary, name="run-2")
    dead.until_done("lock")

    assert second.run()["verdict"] == "CLEAN"
    with pytest.raises(LockHeld, match="nobody"):
        dead.slice("scan")


def test_of_two_that_replace_a_dead_holder_one_wins(account: Account, boundary: str) -> None:
    dead = Conductor(account, boundary, name="dead")
    dead.until_done("lock")
    second, third = Conductor(account, boundary, name="run-2"), Conductor(account, boundary, name="run-3")

    def third_comes_first(call: str, _request: str) -> None:
        if call == "stepfunctions.DescribeExecution":
            account.faults.after.clear()
            third.until_done("lock")

    account.faults.before.append(lambda call, request: _once(account, third_comes_first, call, request))

    with pytest.raises(LockHeld, match="at the same moment"):
        second.slice("lock")
    third.until_done("lock")


def _once(account: Account, act: object, call: str, request: str) -> None:
    if call == "stepfunctions.DescribeExecution" and callable(act):
        account.faults.before.clear()
        act(call, request)


def test_the_lock_is_given_back_by_its_holder_alone(account: Account, boundary: str) -> None:
    first, second = Conductor(account, boundary), Conductor(account, boundary, name="run-2")
    first.until_done("lock")

    second.slice("unlock")

    assert account.own.s3.head_object(Bucket=CLASS_BUCKET, Key=TEARDOWN_LOCK_KEY)


def test_a_holder_that_cannot_be_asked_about_is_not_replaced(account: Account, boundary: str) -> None:
    Conductor(account, boundary).until_done("lock")
    account.faults.fail("stepfunctions.DescribeExecution", "AccessDeniedException")
    with pytest.raises(Exception, match="AccessDenied"):
        Conductor(account, boundary, name="run-2").slice("lock")
