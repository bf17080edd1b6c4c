"""Both state machines as texts: every path leads on, every task is caught, every expression is JSONata."""

import jsonata
import pytest

from tests.synth.conftest import Template
from tests.synth.machines import Machine, definition, expressions, reached, targets

_TERMINAL = ("Succeed", "Fail")


@pytest.fixture(params=["pipeline", "teardown"])
def any_machine(request: pytest.FixtureRequest, attendee_template: Template, class_template: Template) -> Machine:
    if request.param == "pipeline":
        return definition(attendee_template, "sample--ann", "Pipeline")
    return definition(class_template, "sample", "Teardown")


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
