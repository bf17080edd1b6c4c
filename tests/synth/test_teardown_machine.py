"""The teardown machine: lock → freeze → stop → scan → apply → verify → report → unlock."""

from typing import get_args

import pytest

from classlab.contract import TeardownAction, TeardownRequest
from tests.synth.conftest import Template
from tests.synth.machines import Machine, definition, evaluate, expression, reached, tasks


@pytest.fixture(scope="module")
def teardown(class_template: Template) -> Machine:
    return definition(class_template, "sample", "Teardown")


def test_the_order(teardown: Machine) -> None:
    name, order = "Lock", ["Lock"]
    while name != "Unlock":
        name = teardown["States"][f"{name}Done"]["Choices"][0]["Next"]
        order.append(name)
    assert order == ["Lock", "Freeze", "Stop", "Scan", "Apply", "Verify", "Report", "Unlock"]


def test_events_are_those_of_the_contract(teardown: Machine) -> None:
    context = {"context": {"Execution": {"Id": "arn", "StartTime": "2027-03-01T16:30:00Z"}}}
    known = set(get_args(TeardownAction))
    said = set()
    for _, state in tasks(teardown):
        text = expression(state["Arguments"]["Payload"])
        event = evaluate(text, states=context, dry_run=False, why="schedule", problem="")
        assert set(event) == TeardownRequest.__required_keys__
        said.add(event["action"])
        failed = evaluate(text, states=context, dry_run=False, why="schedule", problem="Boom")
        assert failed["error"] == "Boom"
    assert said == known


def test_a_dry_run_only_scans(teardown: Machine) -> None:
    assert teardown["States"]["DryRun"]["Choices"][0]["Next"] == "Plan"
    assert reached(teardown, "Plan") == {"Plan", "PlanDone", "PlanWait", "Planned", "Broken"}
    assert "'scan'" in teardown["States"]["Plan"]["Arguments"]["Payload"]


def test_who_does_not_say_gets_a_dry_run(teardown: Machine) -> None:
    text = expression(teardown["States"]["Begin"]["Assign"]["dry_run"])
    assert evaluate(text, states={"input": {}}) is True
    assert evaluate(text, states={"input": {"dry_run": False}}) is False


def test_a_held_lock_ends_the_run_at_once(teardown: Machine) -> None:
    lock = teardown["States"]["Lock"]
    assert lock["Retry"][0] == {"ErrorEquals": ["LockHeld"], "MaxAttempts": 0}
    assert lock["Catch"][0]["Next"] == "Broken"


@pytest.mark.parametrize("name", ["Freeze", "Stop", "Scan", "Apply", "Verify"])
def test_whatever_breaks_is_reported_and_unlocked(teardown: Machine, name: str) -> None:
    assert teardown["States"][name]["Catch"][0]["Next"] == "Report"


def test_only_clean_ends_well(teardown: Machine) -> None:
    condition = expression(teardown["States"]["Clean"]["Choices"][0]["Condition"])
    assert evaluate(condition, verdict="CLEAN", problem="") is True
    assert evaluate(condition, verdict="CLEAN", problem="Boom") is False
    assert evaluate(condition, verdict="UNKNOWN", problem="") is False
    assert teardown["States"]["Begin"]["Assign"]["verdict"] == "UNKNOWN"
