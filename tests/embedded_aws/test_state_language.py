"""The Amazon States Language as AWS runs and refuses it: paths, choices, JSONata, limits, names of errors."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from embedded_aws.states.choice_rules import MISSING, OPERATORS, holds
from embedded_aws.states.definition_faults import faults
from embedded_aws.states.machine_kinds import limit
from embedded_aws.states.step_functions import TaskError
from tests.embedded_aws.account import Account, allow, code_of, fresh, polls

ALL = allow("*")
END = {"Type": "Pass", "End": True}
JSONATA = {"QueryLanguage": "JSONata"}


def run(account: Account, states: dict[str, Any], given: Any = None, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 # any JSON value
    return account.execute(account.machine(states, account.role(ALL), fields=fields), given)


def output(done: dict[str, Any]) -> Any:  # noqa: ANN401 # any JSON value
    assert done["status"] == "SUCCEEDED", done
    return json.loads(done["output"])


def events(account: Account, done: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.client("stepfunctions").get_execution_history(
        executionArn=done["executionArn"], maxResults=1000
    )["events"]
    return found


# --- paths -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "state",
    [
        {**END, "Parameters": {"a.$": "$.missing"}},
        {**END, "InputPath": "$.missing.deep"},
        {**END, "OutputPath": "$.list[7]"},
        {**END, "Parameters": {"a.$": "$$.Execution.Missing"}},
    ],
)
def test_paths_that_lead_nowhere_fail(account: Account, state: dict[str, Any]) -> None:
    """Developer guide, "Handling errors": States.Runtime, as for a missing path; recorded on AWS with this text."""
    done = run(account, {"P": state}, {"list": [1]})
    assert (done["status"], done["error"]) == ("FAILED", "States.Runtime")
    assert "could not be found in the input" in done["cause"]


@pytest.mark.parametrize(
    ("state", "given", "error"),
    [
        ({**END, "Result": 1, "ResultPath": "$.a"}, "text", "States.ResultPathMatchFailure"),
        ({**END, "Result": 1, "ResultPath": "$.a.b"}, {"a": 7}, "States.ResultPathMatchFailure"),
        ({"Type": "Wait", "SecondsPath": "$.s", "End": True}, {"s": "soon"}, "States.Runtime"),
        ({"Type": "Wait", "SecondsPath": "$.s", "End": True}, {"s": -1}, "States.Runtime"),
        ({"Type": "Wait", "TimestampPath": "$.s", "End": True}, {"s": "tomorrow"}, "States.Runtime"),
        (
            {"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {"P": END}}, "End": True},
            {"no": "array"},
            "States.Runtime",
        ),
    ],
)
def test_inputs_that_do_not_fit_fail(account: Account, state: dict[str, Any], given: Any, error: str) -> None:  # noqa: ANN401 # any JSON value
    """Developer guide, "Handling errors" (States.ResultPathMatchFailure), "Wait" and "Map workflow state"."""
    assert run(account, {"S": state}, given)["error"] == error


def test_null_is_something_that_a_path_can_find(account: Account) -> None:
    """Developer guide, "Choice workflow state": IsPresent and IsNull are different questions."""
    look = {"Variable": "$.a", "IsPresent": True, "Next": "There"}
    states = {"Look": {"Type": "Choice", "Choices": [look]}, "There": {**END, "Parameters": {"a.$": "$.a"}}}
    assert output(run(account, states, {"a": None})) == {"a": None}


def test_runtime_errors_can_not_be_caught(account: Account) -> None:
    """Developer guide, "Handling errors": States.ALL does not catch States.Runtime."""
    branch = {"StartAt": "P", "States": {"P": {**END, "Parameters": {"a.$": "$.missing"}}}}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    state = {"Type": "Parallel", "Branches": [branch], "Catch": catch, "Next": "Caught"}
    assert run(account, {"Both": state, "Caught": END})["error"] == "States.Runtime"


def test_failed_intrinsic_functions_have_a_name(account: Account) -> None:
    """Developer guide, "Handling errors": States.IntrinsicFailure."""
    done = run(account, {"P": {**END, "Parameters": {"a.$": "States.ArrayGetItem($.list, 9)"}}}, {"list": [1]})
    assert done["error"] == "States.IntrinsicFailure"


def test_context_object_has_the_role(account: Account) -> None:
    """Developer guide, "Accessing execution data from the Context object": Execution.RoleArn and RedriveCount."""
    role = account.role(ALL)
    state = {**END, "Parameters": {"role.$": "$$.Execution.RoleArn", "again.$": "$$.Execution.RedriveCount"}}
    assert output(account.execute(account.machine({"P": state}, role))) == {"role": role, "again": 0}


# --- choices -----------------------------------------------------------------------------------------------

GIVEN = {"s": "b", "n": 2, "t": True, "z": None, "m": "2026-01-01T00:00:00Z", "s2": "a", "n2": 3}
LATER = "2026-01-01T01:00:00+02:00"


@pytest.mark.parametrize(
    ("operator", "variable", "operand", "expected"),
    [
        ("StringEquals", "s", "b", True),
        ("StringLessThan", "s", "c", True),
        ("StringGreaterThanPath", "s", "$.s2", True),
        ("StringLessThanEqualsPath", "s", "$.s2", False),
        ("StringMatches", "s", "*", True),
        ("StringMatches", "s", r"\*", False),
        ("NumericEquals", "n", 2, True),
        ("NumericEquals", "t", 1, False),
        ("NumericGreaterThanEqualsPath", "n", "$.n2", False),
        ("NumericLessThan", "s", 5, False),
        ("BooleanEquals", "t", True, True),
        ("BooleanEqualsPath", "t", "$.t", True),
        ("TimestampGreaterThan", "m", LATER, True),
        ("TimestampEqualsPath", "m", "$.m", True),
        ("TimestampLessThan", "s", LATER, False),
        ("IsPresent", "none", False, True),
        ("IsPresent", "z", True, True),
        ("IsNull", "z", True, True),
        ("IsNumeric", "t", False, True),
        ("IsString", "m", True, True),
        ("IsTimestamp", "s", False, True),
    ],
)
def test_operators_of_choices(operator: str, variable: str, operand: Any, expected: bool) -> None:  # noqa: ANN401, FBT001 # any JSON value; a table's cell
    """Developer guide, "Choice workflow state", "Choice rules": a value of another type does not match."""
    rule = {"Variable": f"$.{variable}", operator: operand}
    assert operator in OPERATORS
    assert holds(rule, lambda path: GIVEN.get(path.removeprefix("$."), MISSING)) is expected


def test_choices_about_what_is_not_there_fail(account: Account) -> None:
    """Recorded on AWS: a missing Variable is States.Runtime; And stops at the first rule that does not match."""
    wrong = {"Variable": "$.none", "StringEquals": "x"}
    with pytest.raises(TaskError, match="condition path references an invalid value"):
        holds(wrong, lambda _: MISSING)
    guarded = {"And": [{"Variable": "$.none", "IsPresent": True}, wrong], "Next": "End"}
    states = {"Look": {"Type": "Choice", "Choices": [guarded], "Default": "End"}, "End": END}
    assert run(account, states)["status"] == "SUCCEEDED"
    states["Look"] = {"Type": "Choice", "Choices": [{**wrong, "Next": "End"}], "Default": "End"}
    failed = run(account, states)
    assert (failed["error"], "Invalid path '$.none'" in failed["cause"]) == ("States.Runtime", True)


# --- JSONata -----------------------------------------------------------------------------------------------


def test_parallel_takes_arguments_and_gives_output(account: Account) -> None:
    """Developer guide, "Parallel workflow state": Arguments, Output and Assign with JSONata."""
    branches = [
        {"StartAt": name, "States": {name: {**END, "Output": f"{{% $states.input.n * {factor} %}}"}}}
        for name, factor in (("A", 2), ("B", 3))
    ]
    both = {
        "Type": "Parallel",
        "Branches": branches,
        "Arguments": {"n": "{% $states.input.numbers[1] %}"},
        "Assign": {"first": "{% $states.result[0] %}"},
        "Output": "{% $sum($states.result) %}",
        "Next": "Last",
    }
    last = {"Type": "Succeed", "Output": {"sum": "{% $states.input %}", "first": "{% $first %}"}}
    assert output(run(account, {"Both": both, "Last": last}, {"numbers": [1, 5]}, **JSONATA)) == {
        "sum": 25,
        "first": 10,
    }


def test_variables_of_branches_stay_there(account: Account) -> None:
    """Developer guide, "Passing data between states with variables": what a branch assigns is not seen outside."""
    inner = {**END, "Assign": {"inside": 1}, "Output": "{% $outside %}"}
    branch = {"StartAt": "In", "States": {"In": inner}}
    states = {
        "Begin": {"Type": "Pass", "Assign": {"outside": 7}, "Next": "Both"},
        "Both": {"Type": "Parallel", "Branches": [branch], "Next": "Last"},
        "Last": {**END, "Output": {"in": "{% $exists($inside) %}", "out": "{% $states.input[0] %}"}},
    }
    assert output(run(account, states, **JSONATA)) == {"in": False, "out": 7}


def test_jsonata_that_gives_nothing_fails(account: Account) -> None:
    """Developer guide, "Handling errors in JSONata": an undefined result is States.QueryEvaluationError."""
    done = run(account, {"P": {**END, "Output": "{% $states.input.none %}"}}, **JSONATA)
    assert done["error"] == "States.QueryEvaluationError"


def test_variables_with_jsonpath(account: Account) -> None:
    """Developer guide, "Passing data between states with variables": `$` is the result, `$name` a variable."""
    fail = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Own"}}}
    catch = [{"ErrorEquals": ["Own"], "Assign": {"why.$": "$.Error"}, "ResultPath": None, "Next": "Wait"}]
    states = {
        "Begin": {"Type": "Pass", "Result": {"n": [1, 2]}, "Assign": {"n.$": "$.n", "c": "x"}, "Next": "Try"},
        "Try": {"Type": "Parallel", "Branches": [fail], "Catch": catch, "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 0, "Assign": {"length.$": "States.ArrayLength($n)"}, "Next": "Last"},
        "Last": {**END, "Parameters": {"a.$": "$n[1]", "b.$": "States.Format('{}{}', $c, $length)", "c.$": "$why"}},
    }
    assert output(run(account, states)) == {"a": 2, "b": "x2", "c": "Own"}
    missing = {"P": {**END, "Parameters": {"a.$": "$nothing"}}}
    assert run(account, missing)["error"] == "States.Runtime"


def test_result_selector_reads_the_context_object(account: Account) -> None:
    """Developer guide, "Manipulating results with ResultSelector": paths, `$$.` too."""
    state = {
        "Type": "Parallel",
        "Branches": [{"StartAt": "P", "States": {"P": END}}],
        "ResultSelector": {"name.$": "$$.State.Name"},
        "End": True,
    }
    assert output(run(account, {"Both": state})) == {"name": "Both"}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("States.Format('{}-{}', $.a, 2)", "x-2"),
        (r"States.Format('\{{}\} it\'s {}', true, null)", "{true} it's null"),
        (r"States.Array('it\'s')", ["it's"]),
        ("States.ArrayRange(9, 1, -4)", [9, 5, 1]),
        ("States.ArrayContains($.list, true)", False),
        ("States.ArrayUnique(States.Array(1, true, 1))", [1, True]),
        ("States.MathAdd(1.5, 1)", 3),
        ("States.MathRandom(5, 6)", 5),
        ("States.StringToJson($.json)", {"k": 1}),
        ("States.JsonToString($.list)", "[1,2,3]"),
        ("States.Array($.a, 1, null)", ["x", 1, None]),
        ("States.ArrayPartition($.list, 2)", [[1, 2], [3]]),
        ("States.ArrayContains($.list, 2)", True),
        ("States.ArrayRange(1, 9, 4)", [1, 5, 9]),
        ("States.ArrayGetItem($.list, 1)", 2),
        ("States.ArrayLength($.list)", 3),
        ("States.ArrayUnique(States.Array(1, 1, 2))", [1, 2]),
        ("States.Base64Encode($.a)", "eA=="),
        ("States.Base64Decode('eA==')", "x"),
        ("States.Hash('x', 'MD5')", "9dd4e461268c8034f5c8564e155c67a6"),
        ("States.JsonMerge($.o, $.p, false)", {"a": 2, "b": 1}),
        ("States.MathAdd(1, -3)", -2),
        ("States.StringSplit('1,2+3', ',+')", ["1", "2", "3"]),
    ],
)
def test_intrinsic_functions(account: Account, expression: str, expected: Any) -> None:  # noqa: ANN401 # any JSON value
    """Developer guide, "Intrinsics for JSONPath states": the examples' rules with other values."""
    given = {"a": "x", "list": [1, 2, 3], "json": '{"k": 1}', "o": {"a": 1, "b": 1}, "p": {"a": 2}}
    assert output(run(account, {"P": {**END, "Parameters": {"v.$": expression}}}, given)) == {"v": expected}


@pytest.mark.parametrize(
    "expression",
    [
        "States.Format('{}')",
        "States.Format('{}', 1, 2)",
        "States.ArrayLength('text')",
        "States.ArrayGetItem($.list, -1)",
        "States.ArrayPartition($.list, 0)",
        "States.ArrayRange(1, 2000, 1)",
        "States.ArrayRange(1, 2, 0)",
        "States.JsonMerge($.o, $.o, true)",
        "States.StringToJson('no json')",
        "States.Hash('x', 'MD4')",
        "States.MathAdd('1', 2)",
        "States.Coffee()",
    ],
)
def test_intrinsic_functions_that_fail(account: Account, expression: str) -> None:
    """Developer guide, "Intrinsics for JSONPath states": types, limits and deep merging; States.IntrinsicFailure."""
    given = {"list": [1, 2, 3], "o": {}}
    done = run(account, {"P": {**END, "Parameters": {"v.$": expression}}}, given)
    assert done["error"] == "States.IntrinsicFailure"


# --- executions --------------------------------------------------------------------------------------------


def test_states_of_branches_are_in_the_history(account: Account) -> None:
    """API reference, HistoryEvent: StateEntered and StateExited of every state, those of branches too."""
    branch = {"StartAt": "In", "States": {"In": END}}
    done = run(account, {"Both": {"Type": "Parallel", "Branches": [branch, branch], "End": True}})
    entered = [
        event["stateEnteredEventDetails"]["name"]
        for event in events(account, done)
        if "stateEnteredEventDetails" in event
    ]
    assert entered == ["Both", "In", "In"]


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


# --- definitions -------------------------------------------------------------------------------------------


def machine_of(states: dict[str, Any], **fields: Any) -> str:  # noqa: ANN401 # a machine's fields
    return json.dumps({"StartAt": next(iter(states)), "States": states, **fields})


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
