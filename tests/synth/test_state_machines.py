"""All state machines as texts: every path leads on, every task is caught, every expression is JSONata."""

import jsonata
import pytest

from classlab.contract import pipeline_output
from tests.synth.conftest import LABS, Template
from tests.synth.machines import Machine, definition, expressions, reached, targets

_TERMINAL = ("Succeed", "Fail")


@pytest.fixture(params=["Teardown", *(pipeline_output(lab.name) for lab in LABS)])
def any_machine(request: pytest.FixtureRequest, full_attendee_template: Template, class_template: Template) -> Machine:
    if request.param == "Teardown":
        return definition(class_template, "sample", request.param)
    return definition(full_attendee_template, "sample--ann", request.param)


def test_every_state_is_reached_and_leads_somewhere(any_machine: Machine) -> None:
    assert reached(any_machine, any_machine["StartAt"]) == set(any_machine["States"])
    for name, state in any_machine["States"].items():
        leads_on = list(targets(state)) or state.get("End") or state["Type"] in _TERMINAL
        assert leads_on, name


def test_every_expression_is_jsonata(any_machine: Machine) -> None:
    texts = list(expressions(any_machine["States"]))
    assert len(texts) > 10
    for text in texts:
        jsonata.Jsonata(text)


def test_every_task_is_retried_with_jitter(any_machine: Machine) -> None:
    for name, state in any_machine["States"].items():
        retriers = [retrier for retrier in state.get("Retry", []) if retrier["MaxAttempts"]]
        if state["Type"] == "Task":
            assert retriers, name
            assert {retrier["JitterStrategy"] for retrier in retriers} == {"FULL"}


def test_every_task_but_the_last_word_is_caught(any_machine: Machine) -> None:
    for name, state in any_machine["States"].items():
        if state["Type"] == "Task" and name != "RecordSuccess":
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
