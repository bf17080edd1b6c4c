"""Executions as AWS runs and refuses them: histories, limits, starts, Express machines."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded_aws.states.machine_kinds import limit
from tests.embedded_aws.account import Account, code_of, fresh, polls
from tests.embedded_aws.state_runs import ALL, END, JSONATA, machine_of, output, run


def events(account: Account, done: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.client("stepfunctions").get_execution_history(
        executionArn=done["executionArn"], maxResults=1000
    )["events"]
    return found


def test_states_of_branches_are_in_the_history(account: Account) -> None:
    """API reference, HistoryEvent: StateEntered and StateExited of every state, those of branches too."""
    branches = [{"StartAt": name, "States": {name: END}} for name in ("One", "Two")]
    done = run(account, {"Both": {"Type": "Parallel", "Branches": branches, "End": True}})
    entered = [
        event["stateEnteredEventDetails"]["name"]
        for event in events(account, done)
        if "stateEnteredEventDetails" in event
    ]
    assert (entered[0], sorted(entered[1:])) == ("Both", ["One", "Two"])


def test_states_of_branches_end_with_their_execution(account: Account) -> None:
    """API reference, DeleteStateMachine: executions end at the next transition."""
    put = "arn:aws:states:::aws-sdk:ssm:putParameter"
    name = fresh("/t/late")
    write = {"Type": "Task", "Resource": put, "Parameters": {"Name": name, "Value": "v", "Type": "String"}, "End": True}
    branch = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 2, "Next": "Write"}, "Write": write}}
    machine = account.machine({"Both": {"Type": "Parallel", "Branches": [branch], "End": True}}, account.role(ALL))
    machines = account.client("stepfunctions")
    started = machines.start_execution(stateMachineArn=machine)["executionArn"]
    for _ in polls(20):
        seen = machines.get_execution_history(executionArn=started)["events"]
        if any(event["type"] == "WaitStateEntered" for event in seen):
            break
    machines.delete_state_machine(stateMachineArn=machine)
    time.sleep(3)
    with pytest.raises(ClientError, match="ParameterNotFound"):
        account.client("ssm").get_parameter(Name=name)


def test_output_above_the_limit_fails(account: Account) -> None:
    """Developer guide, "Step Functions service quotas": 262,144 bytes; the text was recorded on AWS."""
    grow = {**END, "Output": "{% $join([1..40000].('0123456789')) %}"}
    done = run(account, {"Grow": grow}, **JSONATA)
    assert done["error"] == "States.DataLimitExceeded"
    assert "The state/task 'Grow' returned a result with a size exceeding" in done["cause"]


def test_history_is_limited(account: Account) -> None:
    """Developer guide, "Step Functions service quotas": 25,000 events end a Standard execution."""
    states = {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Choice", "Choices": [{"Variable": "$.stop", "IsPresent": True, "Next": "End"}], "Default": "A"},
        "End": END,
    }
    machine = account.machine(states, account.role())
    done = account.execute(machine, seconds=300)
    assert (done["status"], done["error"]) == ("FAILED", "States.Runtime")
    assert "maximum number of history events (25000)" in done["cause"]


def test_requests_keep_to_the_model(account: Account) -> None:
    """API reference, Common errors: ValidationException with the member and its constraint."""
    machine, machines = account.machine({"P": END}, account.role()), account.client("stepfunctions")
    for call, given, text in (
        (machines.list_executions, {"stateMachineArn": machine, "statusFilter": "RESTING"}, "enum value set"),
        (machines.list_executions, {"stateMachineArn": machine, "maxResults": 1001}, "less than or equal to 1000"),
        (machines.start_execution, {"stateMachineArn": "x" * 257}, "less than or equal to 256"),
    ):
        with pytest.raises(ClientError, match=text) as caught:
            call(**given)
        assert code_of(caught.value) == "ValidationException"


def test_names_of_machines_are_checked(account: Account) -> None:
    """API reference, CreateStateMachine: no spaces, brackets, wildcards or special characters, 80 at most."""
    definition = machine_of({"P": END})
    for name, code in (("a b", "InvalidName"), ("a*", "InvalidName"), ("x" * 81, "ValidationException")):
        with pytest.raises(ClientError) as caught:
            account.client("stepfunctions").create_state_machine(
                name=name, definition=definition, roleArn=account.role()
            )
        assert code_of(caught.value) == code


@pytest.mark.parametrize(
    ("request_fields", "code"),
    [
        ({"input": "no json"}, "InvalidExecutionInput"),
        ({"name": "a b"}, "InvalidName"),
        ({"input": json.dumps("x" * 262_144)}, "ValidationException"),
    ],
)
def test_starts_that_are_refused(account: Account, request_fields: dict[str, str], code: str) -> None:
    """API reference, StartExecution: names, JSON and 262,144 bytes of input."""
    machine = account.machine({"P": END}, account.role())
    with pytest.raises(ClientError) as caught:
        account.client("stepfunctions").start_execution(stateMachineArn=machine, **request_fields)
    assert code_of(caught.value) == code


def test_same_name_and_input_start_a_running_execution_once(account: Account) -> None:
    """API reference, StartExecution: idempotent for a Standard execution that runs with the same name and input."""
    machine = account.machine({"W": {"Type": "Wait", "Seconds": 3, "End": True}}, account.role())
    machines = account.client("stepfunctions")
    first, second = (machines.start_execution(stateMachineArn=machine, name="n", input="{}") for _ in range(2))
    assert (first["executionArn"], first["startDate"]) == (second["executionArn"], second["startDate"])
    with pytest.raises(ClientError) as caught:
        machines.start_execution(stateMachineArn=machine, name="n", input='{"a": 1}')
    assert code_of(caught.value) == "ExecutionAlreadyExists"
    for _ in polls(20):
        if machines.describe_execution(executionArn=first["executionArn"])["status"] == "SUCCEEDED":
            break
    with pytest.raises(ClientError) as caught:
        machines.start_execution(stateMachineArn=machine, name="n", input="{}")
    assert code_of(caught.value) == "ExecutionAlreadyExists"


def unprefixed(account: Account) -> Any:  # noqa: ANN401 # a client has its methods from the model
    """A client that calls operations with a host of their own (`sync-…`) at the engine's address."""
    return boto3.client(
        "stepfunctions",
        endpoint_url=account.engine.endpoint,
        region_name=account.engine.region,
        aws_access_key_id=account.root.access_key_id,
        aws_secret_access_key=account.root.secret_access_key,
        config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
    )


def test_express_machine_runs_inside_a_task(account: Account) -> None:
    """API reference, StartSyncExecution: starts an Express machine and answers when it has ended."""
    express = account.machine({"P": {**END, "Result": {"deep": 1}}}, account.role(), type="EXPRESS")
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:startSyncExecution",
        "Parameters": {"StateMachineArn": express},
        "End": True,
    }
    done = output(run(account, {"Start": start}))
    assert (done["Status"], json.loads(done["Output"])) == ("SUCCEEDED", {"deep": 1})


def test_express_and_standard_machines_have_their_own_calls(account: Account) -> None:
    """API reference, StartSyncExecution, ListExecutions, DescribeExecution: StateMachineTypeNotSupported."""
    machines = unprefixed(account)
    standard = account.machine({"P": END}, account.role())
    express = account.machine({"P": END}, account.role(), type="EXPRESS")
    started = machines.start_execution(stateMachineArn=express)["executionArn"]
    for call, given in (
        (machines.start_sync_execution, {"stateMachineArn": standard}),
        (machines.list_executions, {"stateMachineArn": express}),
        (machines.describe_execution, {"executionArn": started}),
        (machines.get_execution_history, {"executionArn": started}),
        (machines.stop_execution, {"executionArn": started}),
    ):
        with pytest.raises(ClientError) as caught:
            call(**given)
        assert code_of(caught.value) == "StateMachineTypeNotSupported"


def test_express_executions_end_after_five_minutes() -> None:
    """Developer guide, "Choosing workflow type in Step Functions": Express workflows run for up to five minutes."""
    express = {"type": "EXPRESS"}
    assert [limit(express, own) for own in (None, 60, 900)] == [300, 60, 300]
    assert [limit({"type": "STANDARD"}, own) for own in (None, 900)] == [None, 900]


def test_states_can_be_tried_but_tasks_are_refused_by_name(account: Account) -> None:
    """API reference, TestState; a task outside an execution is not implemented, and says so."""
    machines, role = unprefixed(account), account.role(ALL)
    good = machines.test_state(definition=json.dumps({**END, "Result": {"a": 1}}), roleArn=role)
    assert (good["status"], json.loads(good["output"])) == ("SUCCEEDED", {"a": 1})
    call = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues", "End": True}
    refused = machines.test_state(definition=json.dumps(call), roleArn=role)
    assert (refused["status"], "not implemented by the embedded AWS" in refused["cause"]) == ("FAILED", True)
