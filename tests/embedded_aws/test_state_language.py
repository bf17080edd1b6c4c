"""The Amazon States Language as AWS runs it: paths, choices, JSONata, variables, intrinsic functions."""

from __future__ import annotations

from typing import Any

import pytest

from embedded_aws.states.choice_rules import MISSING, OPERATORS, holds
from embedded_aws.states.step_functions import TaskError
from tests.embedded_aws.account import Account
from tests.embedded_aws.state_runs import ALL, END, JSONATA, output, run

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
        (
            {
                "Type": "Map",
                "ItemsPath": "$.a",
                "MaxConcurrencyPath": "$.n",
                "ItemProcessor": {"StartAt": "P", "States": {"P": END}},
                "End": True,
            },
            {"a": [1], "n": -1},
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


def test_jsonata_has_no_eval(account: Account) -> None:
    """Developer guide, "Transforming data with JSONata": all functions of 2.0.6 but `$eval`; `$parse` instead."""
    done = run(account, {"P": {**END, "Output": "{% $eval('1+1') %}"}}, **JSONATA)
    assert (done["status"], done["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert output(run(account, {"P": {**END, "Output": "{% $parse('[1]') %}"}}, **JSONATA)) == [1]


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
