"""Definitions of state machines that AWS refuses, and how they can be tried."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.states.definition_faults import faults
from tests.embedded_aws.account import Account, code_of
from tests.embedded_aws.state_runs import END, JSONATA, machine_of


def retried(**retrier: Any) -> dict[str, Any]:  # noqa: ANN401 # a retrier's fields
    call = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues", "End": True}
    return {**call, "Retry": [{"ErrorEquals": ["X"], **retrier}]}


@pytest.mark.parametrize(
    ("definition", "kind", "expected"),
    [
        ("", "STANDARD", "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object"),
        ("{}", "STANDARD", "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /"),
        (
            machine_of(
                {
                    "SendMessageWithWait": {
                        "Type": "Task",
                        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                        "End": True,
                    }
                }
            ),
            "EXPRESS",
            (
                "SCHEMA_VALIDATION_FAILED: Express state machine does not support '.waitForTaskToken' service "
                "integration  at /States/SendMessageWithWait/Resource"
            ),
        ),
        (
            machine_of({"Pass": {**END, "QueryLanguage": "JSONPath"}}, **JSONATA),
            "STANDARD",
            (
                "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state "
                "machine at /States/Pass"
            ),
        ),
    ],
)
def test_definitions_are_refused_in_awss_words(definition: str, kind: str, expected: str) -> None:
    """API reference, ValidateStateMachineDefinition; texts as recorded against AWS in LocalStack's public tests."""
    assert [str(fault) for fault in faults(definition, kind)] == [expected]


@pytest.mark.parametrize(
    "states",
    [
        {"A": {"Type": "Pass", "Next": "Nowhere"}},
        {"A": END, "Unreached": END},
        {"A": {"Type": "Pass"}},
        {"A": {**END, "Next": "A"}},
        {"A": {"Type": "Coffee", "End": True}},
        {"A": {**END, "Foo": 1}},
        {"A": {**END, "Arguments": {}}},
        {"A": {**END, "Result": 1, "Output": 2}},
        {"A": {**END, "QueryLanguage": "JSONata", "Parameters": {}}},
        {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringIs": "x", "Next": "A"}]}},
        {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "Next": "A"}]}},
        {"A": {"Type": "Parallel", "End": True, "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Pass"}}}]}},
        {
            "A": {
                "Type": "Parallel",
                "End": True,
                "Branches": [{"StartAt": "B", "States": {"B": END}}],
                "Retry": [{"ErrorEquals": ["States.ALL", "X"]}],
            }
        },
        {
            "A": {
                "Type": "Parallel",
                "End": True,
                "Branches": [{"StartAt": "B", "States": {"B": END}}],
                "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}],
            }
        },
        {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": "true", "Next": "A"}]}},
        {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": "5", "Next": "A"}]}},
        {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "TimestampEquals": "noon", "Next": "A"}]}},
        {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True}], "Default": "B"}, "B": END},
        {"A": {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [{"Next": "B"}]}, "B": END},
        {"A": {**retried(), "Catch": [{"ErrorEquals": ["X"]}]}},
        {"A": {**END, "Parameters": {"in": [{"a.$": 5}]}}},
        {"A": {"Type": "Parallel", "End": True, "Branches": [{"StartAt": "A", "States": {"A": END}}]}},
        {"A" * 81: END},
        {"A": retried(BackoffRate=0.5)},
        {"A": retried(IntervalSeconds=0)},
        {"A": retried(IntervalSeconds=5, MaxDelaySeconds=5)},
        {"A": retried(JitterStrategy="SOME")},
        {"A": retried(Attempts=3)},
    ],
)
def test_definitions_that_are_none_are_refused(account: Account, states: dict[str, Any]) -> None:
    """Developer guide, "Workflow states" and "Handling errors"; Amazon States Language specification."""
    with pytest.raises(ClientError) as caught:
        account.machine(states, account.role())
    assert code_of(caught.value) == "InvalidDefinition"


@pytest.mark.parametrize(
    ("state", "place"),
    [
        ("text", ""),
        ({"Type": "Pass", "Next": ["A"]}, "/Next"),
        ({"Type": "Choice", "Choices": [{"And": "text", "Next": "A"}]}, "/Choices[0]/And"),
        ({"Type": "Choice"}, ""),
        ({"Type": "Pass", "End": "true"}, "/End"),
        ({**END, "InputPath": "a"}, "/InputPath"),
        ({**END, "ResultPath": "$.a[0]"}, "/ResultPath"),
        ({**END, "ResultPath": "$.a[*]"}, "/ResultPath"),
        ({"Type": "Wait", "End": True, "Timestamp": "tomorrow"}, "/Timestamp"),
        ({**END, "QueryLanguage": "Basic"}, "/QueryLanguage"),
        ({"Type": "Wait", "End": True, "Seconds": "5"}, "/Seconds"),
        ({"Type": "Wait", "End": True, "Seconds": -5}, "/Seconds"),
        ({**retried(), "TimeoutSeconds": 0}, "/TimeoutSeconds"),
        (
            {
                "Type": "Map",
                "End": True,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "SPREAD"},
                    "StartAt": "B",
                    "States": {"B": END},
                },
            },
            "",
        ),
        ({"Type": "Parallel", "End": True}, ""),
        ({"Type": "Parallel", "End": True, "Branches": ["text"]}, "/Branches[0]"),
        ({"Type": "Map", "End": True}, ""),
        ({"Type": "Map", "End": True, "ItemProcessor": "text"}, "/ItemProcessor"),
        ({"Type": "Wait", "End": True}, ""),
        ({"Type": "Wait", "End": True, "Seconds": 1, "SecondsPath": "$.a"}, ""),
        (retried(IntervalSeconds="1"), "/Retry[0]/IntervalSeconds"),
        ({**retried(), "Retry": {}}, "/Retry"),
        ({**retried(), "Catch": ["text"]}, "/Catch[0]"),
    ],
)
def test_parts_that_are_missing_or_of_another_kind_are_named(state: Any, place: str) -> None:  # noqa: ANN401 # any JSON value
    """Amazon States Language specification, "State Types" and "Errors": what fields hold, and which must be there."""
    [fault] = faults(machine_of({"A": state}), "STANDARD")
    assert (fault.code, fault.location) == ("SCHEMA_VALIDATION_FAILED", f"/States/A{place}")


def test_timeout_of_a_machine_is_a_number() -> None:
    [fault] = faults(machine_of({"A": END}, TimeoutSeconds="60"), "STANDARD")
    assert (fault.code, fault.location) == ("SCHEMA_VALIDATION_FAILED", "/TimeoutSeconds")


def test_numbers_of_states_may_be_computed() -> None:
    """Step Functions developer guide, "Transforming data with JSONata": Seconds and TimeoutSeconds among others."""
    wait = {"Type": "Wait", "Seconds": "{% $states.input.n %}", "End": True, **JSONATA}
    assert not list(faults(machine_of({"A": wait}), "STANDARD"))


def test_definitions_can_be_tried(account: Account) -> None:
    """API reference, ValidateStateMachineDefinition: result, diagnostics with code, message, severity and location."""
    machines = account.client("stepfunctions")
    good = machines.validate_state_machine_definition(definition=machine_of({"P": END}))
    assert (good["result"], good["diagnostics"], good["truncated"]) == ("OK", [], False)
    bad = machines.validate_state_machine_definition(definition=json.dumps({"States": {"P": END}}))
    [fault] = bad["diagnostics"]
    assert bad["result"] == "FAIL"
    assert fault == {
        "code": "SCHEMA_VALIDATION_FAILED",
        "location": "/",
        "message": "These fields are required: [StartAt]",
        "severity": "ERROR",
    }
