"""Hooks of states: paths that lead nowhere fail, branches keep their own variables, what JSONata says is done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any

from ministack.services import stepfunctions as sfn

from embedded_aws.engine import Engine
from embedded_aws.ministack_adapter.common import HOOKS
from embedded_aws.ministack_adapter.machine_hooks import in_its_words, tasks_of
from embedded_aws.states import choice_rules, intrinsic_functions
from embedded_aws.states.tasks import MAX_BYTES, Tasks

_VARIABLE = re.compile(r"^\$(?P<name>[^\W\d]\w*)(?P<rest>.*)$", re.DOTALL)
context_object: ContextVar[Any] = ContextVar("context object", default=None)
"""The context object of the state that runs."""
_branch_of: ContextVar[Any] = ContextVar("branch of", default=None)
_STATES = ("Pass", "Choice", "Wait", "Task", "Parallel", "Map")


@HOOKS.applies("paths")
def _paths(_: Engine) -> None:
    resolve = sfn._resolve_path

    def found(path: str, data: Any) -> Any:
        value = _looked_up(resolve, path, data)
        if value is choice_rules.MISSING:
            shown = json.dumps(data, default=str)
            text = f"The JSONPath '{path}' could not be found in the input '{shown}'"
            raise sfn._ExecutionError("States.Runtime", text)
        return value

    def rule_holds(rule: Any, data: Any, ctx: Any = None) -> bool:
        def look(path: str) -> Any:
            inside = path.startswith("$$")
            return _looked_up(resolve, path[1:] if inside else path, ctx if inside else data)

        return bool(in_its_words(choice_rules.holds, rule, look))

    sfn._resolve_path, sfn._evaluate_rule = found, rule_holds
    sfn._exec_intrinsic, sfn._evaluate_intrinsic = _intrinsic, _evaluated


def _evaluated(expression: str, data: Any, ctx: Any) -> Any:
    node, end = sfn._parse_intrinsic_call(expression, 0)
    if expression[end:].strip():
        raise sfn._ExecutionError("States.Runtime", f"{expression} is no invocation of a function")
    return _intrinsic(node, data, ctx)


def _intrinsic(node: Any, data: Any, ctx: Any) -> Any:
    """A parsed invocation's value; the template of States.Format keeps its escapes until it is filled."""
    _, name, given = node
    args = [_argument(argument, data, ctx) for argument in given]
    if name == "States.Format" and args:
        template = given[0][1] if given[0][0] == "str" else args[0]
        return in_its_words(intrinsic_functions.formatted, template, args[1:])
    return in_its_words(intrinsic_functions.call, name, args)


def _argument(argument: Any, data: Any, ctx: Any) -> Any:
    if argument[0] == "str":
        return intrinsic_functions.unescaped(argument[1])
    return sfn._eval_intrinsic_arg(argument, data, ctx)


def _looked_up(resolve: Callable[[str, Any], Any], path: str, data: Any) -> Any:
    """A path's value, or MISSING: what the emulator gives null for. `$name` is a variable."""
    if path == "$" or not path:
        return data
    if match := _VARIABLE.match(path):
        variables = (context_object.get() or {}).get("variables", {})
        if match["name"] not in variables:
            return choice_rules.MISSING
        return _looked_up(resolve, f"${match['rest']}", variables[match["name"]])
    tokens = sfn._parse_jsonpath_tokens(path) if path.startswith("$") else None
    if tokens is None:
        raise sfn._ExecutionError("States.Runtime", f"The path {path} is not implemented by the embedded AWS")
    if any(kind == "wildcard" for kind, _ in tokens):
        return resolve(path, data)
    for kind, key in tokens:
        held = isinstance(data, dict) and key in data if kind == "field" else isinstance(data, list) and key < len(data)
        if not held:
            return choice_rules.MISSING
        data = data[key]
    return data


@HOOKS.applies("states")
def _states(engine: Engine) -> None:
    tasks, run_branch, output_path = tasks_of(engine), sfn._run_sub_machine, sfn._apply_output_path
    run_branches, matches = sfn._run_parallel_branches, sfn._error_matches

    def run_apart(states: Any, start: Any, given: Any, execution: Any, ctx: Any) -> Any:
        token = _branch_of.set(execution)
        try:
            own = {**ctx, "variables": dict(ctx.get("variables", {}))}
            return run_branch(states, start, given, execution, own)
        finally:
            _branch_of.reset(token)

    def run_parallel(state: Any, raw: Any, execution: Any, ctx: Any) -> Any:
        if not _jsonata(state, ctx):
            return run_branches(state, raw, execution, ctx)
        given = sfn._apply_jsonata_arguments(state, raw, ctx)
        results, _ = run_branches({"Branches": state["Branches"]}, given, execution, ctx)
        output = sfn._apply_jsonata_output(state, raw, ctx, result=results, default=results)
        sfn._apply_state_assign(state, raw, ctx, result=results)
        return output, sfn._next_or_end(state)

    def output_of(state: Any, data: Any, ctx: Any = None) -> Any:
        if state.get("Type") == "Succeed" and "Output" in state:
            return sfn._apply_jsonata_output(state, data, ctx)
        return output_path(state, data, ctx)

    sfn._run_sub_machine, sfn._run_parallel_branches, sfn._apply_output_path = run_apart, run_parallel, output_of
    # States.Runtime ends an execution, whatever its states would retry or catch.
    sfn._error_matches = lambda names, error: error != "States.Runtime" and matches(names, error)
    for kind in _STATES:
        name = f"_execute_{kind.lower()}"
        setattr(sfn, name, partial(_step, tasks, kind, getattr(sfn, name)))


@HOOKS.applies("jsonata-functions")
def _jsonata_functions(_: Engine) -> None:
    register = sfn._register_sfn_jsonata_functions

    def register_without_eval(expression: Any) -> None:
        register(expression)
        expression.register_lambda("eval", _refuse_eval)

    sfn._register_sfn_jsonata_functions = register_without_eval


def _refuse_eval(*_given: Any) -> Any:
    """Step Functions has all of JSONata 2.0.6 but this; the text is not AWS's."""
    raise ValueError("T1006: $eval is not available, use $parse")


def _jsonata(state: Mapping[str, Any], ctx: Any) -> bool:
    return bool(sfn._state_query_language(state, ctx) == "JSONata")


def _step(tasks: Tasks, kind: str, execute: Callable[..., Any], state: Any, raw: Any, *rest: Any) -> Any:
    """One state: not begun for an execution that has ended, noted in its history, kept to AWS's size."""
    ctx, execution = rest[-1], _branch_of.get()
    in_its_words(tasks.check_wanted)
    _complete(ctx)
    if kind == "Map" and "MaxConcurrencyPath" in state:
        effective = sfn._apply_input_path(state, raw, ctx)
        state = {**state, "MaxConcurrency": sfn._resolve_path_or_ctx(state["MaxConcurrencyPath"], effective, ctx)}
    name = str((ctx.get("State") or {}).get("Name"))
    if execution is not None:
        details = {"name": name, "input": json.dumps(raw)}
        sfn._add_event(execution, f"{kind}StateEntered", {"stateEnteredEventDetails": details})
    token = context_object.set(ctx)
    try:
        output, following = execute(state, raw, *rest)
    finally:
        context_object.reset(token)
    text = json.dumps(output)
    if len(text.encode()) > MAX_BYTES:
        shown = f"The state/task '{name}' returned a result with a size exceeding the maximum number of bytes "
        raise sfn._ExecutionError("States.DataLimitExceeded", shown + "service limit.")
    if execution is not None:
        sfn._add_event(execution, f"{kind}StateExited", {"stateExitedEventDetails": {"name": name, "output": text}})
    return output, following


def _complete(ctx: Any) -> None:
    """What the context object has on AWS and the emulator leaves out."""
    if "Execution" not in ctx or "StateMachine" not in ctx:
        return
    machine = sfn._state_machines.get(str(ctx["StateMachine"].get("Id")).split("/")[0]) or {}
    ctx["Execution"].setdefault("RoleArn", machine.get("roleArn"))
    ctx["Execution"].setdefault("RedriveCount", 0)
