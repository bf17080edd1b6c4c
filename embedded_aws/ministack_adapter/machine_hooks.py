"""Hooks of Step Functions: tasks act as the machine's role, executions end once, machines are checked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial
from typing import Any

from ministack.services import cloudwatch_logs, eventbridge
from ministack.services import stepfunctions as sfn

from embedded_aws.engine import Engine
from embedded_aws.ministack_adapter.common import HOOKS, Reply, ask, error_reply
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.states import definition_faults, execution_logs, execution_starts, machine_kinds, state_machines
from embedded_aws.states.retries import surplus, with_delay
from embedded_aws.states.step_functions import TaskError
from embedded_aws.states.tasks import MAX_EVENTS, SERVICE_PRINCIPAL, Tasks


def in_its_words(act: Callable[..., Any], *args: Any) -> Any:
    """An act whose failure the emulator's Retry and Catch are to see."""
    try:
        return act(*args)
    except TaskError as error:
        raise sfn._ExecutionError(error.error, error.cause) from error


def tasks_of(engine: Engine) -> Tasks:
    """The tasks of an engine."""
    return Tasks(engine.clients, engine.sessions, partial(ask, engine))


@HOOKS.applies("task-principal")
def _task_principal(engine: Engine) -> None:
    tasks = tasks_of(engine)
    run, within = sfn._run_execution, sfn._invoke_resource_with_timeout

    def run_execution(arn: str) -> None:
        execution = sfn._executions.get(arn)
        machine = sfn._state_machines.get((execution or {}).get("stateMachineArn"))
        if machine is None:
            run(arn)
            return
        with tasks.of(execution, machine["roleArn"]):
            own = json.loads(machine["definition"]).get("TimeoutSeconds")
            with _limited(execution, machine_kinds.limit(machine, own)):
                run(arn)

    def invoke_within(resource: str, data: Any, seconds: float) -> Any:
        with tasks.within(seconds):
            return within(resource, data, seconds)

    sfn._run_execution, sfn._invoke_resource_with_timeout = run_execution, invoke_within


@contextmanager
def _limited(execution: dict[str, Any], seconds: float | None) -> Iterator[None]:
    """End an execution that takes longer."""

    def end() -> None:
        if execution["status"] == "RUNNING":
            execution.update(status="TIMED_OUT", error="States.Timeout", stopDate=sfn.now_iso())
            sfn._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})

    if not seconds:
        yield
        return
    timer = threading.Timer(seconds, copy_context().run, (end,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@HOOKS.applies("executions")
def _executions(_: Engine) -> None:
    fail, add, delete = sfn._fail_execution, sfn._add_event, sfn._delete_state_machine
    parameters, retrier_of = sfn._apply_parameters, sfn._find_matching_retrier

    def fail_once(execution: dict[str, Any], error: str, cause: str) -> None:
        if execution["status"] == "RUNNING":
            fail(execution, error, cause)
            # A nested execution's parent reads the failure here; nobody else sees an output of one that failed.
            execution["output"] = execution["output"] if execution.get("sync") else None

    def add_and_log(execution: dict[str, Any], kind: str, details: Any = None) -> Any:
        event = add(execution, kind, details)
        machine = sfn._state_machines.get(execution["stateMachineArn"])
        if machine is not None:
            _log(machine, execution, event)
        if len(execution["events"]) >= MAX_EVENTS and (machine or {}).get("type") != "EXPRESS":
            text = f"The execution reached the maximum number of history events ({MAX_EVENTS})."
            fail_once(execution, "States.Runtime", text)
        return event

    def delete_and_end(data: Any) -> Any:
        _end_all(str(data.get("stateMachineArn")))
        return delete(data)

    def find_retrier(retriers: Any, error: str, counts: dict[int, int]) -> Any:
        retrier, index = retrier_of(retriers, error, counts)
        if retrier is None:
            return retrier, index
        delayed = with_delay(retrier, counts.get(index, 0))
        sfn._scaled_sleep(surplus(delayed))
        return delayed, index

    sfn._fail_execution, sfn._add_event, sfn._delete_state_machine = fail_once, add_and_log, delete_and_end
    sfn._find_matching_retrier = find_retrier
    sfn._apply_parameters = lambda state, data, ctx=None: (
        {} if state.get("Parameters") == {} else parameters(state, data, ctx)
    )


def _end_all(machine_arn: str) -> None:
    """End a state machine's executions; the children of its Map Runs go with it."""
    for key, execution in list(sfn._executions.items()):
        if execution["stateMachineArn"].split("/")[0] == machine_arn:
            if execution["status"] == "RUNNING":
                execution.update(status="ABORTED", stopDate=sfn.now_iso())
            if execution["stateMachineArn"] != machine_arn:
                sfn._executions.pop(key)
    for key, run in list(sfn._map_runs.items()):
        if run["_stateMachineArn"].split("/")[0] == machine_arn:
            sfn._map_runs.pop(key)


def _log(machine: Mapping[str, Any], execution: Mapping[str, Any], event: Mapping[str, Any]) -> None:
    group = cloudwatch_logs._log_groups.get(execution_logs.log_group(machine))
    line = execution_logs.line(machine, execution, event)
    if group is None or line is None:
        return
    stream = execution_logs.stream(machine, execution)
    names = {"logGroupName": execution_logs.log_group(machine), "logStreamName": stream}
    if stream not in group["streams"]:
        cloudwatch_logs._create_log_stream(names)
    cloudwatch_logs._put_log_events({**names, "logEvents": [{"message": line}]})


@HOOKS.applies("state-machines")
def _state_machines(engine: Engine) -> None:
    create, update = sfn._create_state_machine, sfn._update_state_machine

    def vet(machine: Mapping[str, Any]) -> None:
        role, definition = machine["roleArn"], machine["definition"]
        execution_starts.check_name(machine["name"])
        state_machines.vet(definition, machine.get("type") or "STANDARD")
        engine.sessions.trusting(role, SERVICE_PRINCIPAL)
        session = engine.sessions.session(role, SERVICE_PRINCIPAL, "AWSStepFunctions")
        allowed = partial(ask, engine, session.access_key_id)
        state_machines.check_logging(machine.get("loggingConfiguration") or {}, allowed)
        for rule in state_machines.managed_rules(definition):
            state_machines.check_rule(rule, role, f"{engine.place.region}:{engine.place.account}", allowed)
            eventbridge._ensure_default_bus()
            key = eventbridge._rule_key(rule["Name"], "default")
            if key not in eventbridge._rules:
                eventbridge._put_rule(rule)
            eventbridge._rules[key]["ManagedBy"] = SERVICE_PRINCIPAL

    def vetted(inner: Callable[[Any], Reply]) -> Callable[[Any], Reply]:
        def act(data: Any) -> Reply:
            known = sfn._state_machines.get(data.get("stateMachineArn")) or {}
            try:
                vet({**known, **data})
            except AwsError as error:
                return error_reply(error)
            reply = inner(data)
            arn = data.get("stateMachineArn") or json.loads(reply[2]).get("stateMachineArn")
            if "tracingConfiguration" in data and arn in sfn._state_machines:
                sfn._state_machines[arn]["tracingConfiguration"] = data["tracingConfiguration"]
            return reply

        return act

    sfn._create_state_machine, sfn._update_state_machine = vetted(create), vetted(update)
    sfn._validate_state_machine_definition = _diagnosed


def _diagnosed(data: Mapping[str, Any]) -> Reply:
    """ValidateStateMachineDefinition: every fault that creating the machine would name."""
    found = definition_faults.faults(str(data.get("definition", "")), data.get("type") or "STANDARD")
    shown = [fault.diagnostic() for fault in found]
    limit = int(data.get("maxResults") or 100)
    result = {"result": "FAIL" if shown else "OK", "diagnostics": shown[:limit], "truncated": len(shown) > limit}
    reply: Reply = sfn.json_response(result)
    return reply


@HOOKS.applies("machine-requests")
def _machine_requests(engine: Engine) -> None:
    serve, model = sfn.handle_request, engine.clients.model("stepfunctions")

    async def handle(method: str, path: str, headers: Any, body: Any, query: Any) -> Any:
        try:
            execution_starts.vet_request(model, headers.get("x-amz-target", ""), body)
        except AwsError as error:
            return error_reply(error)
        return await serve(method, path, headers, body, query)

    sfn.handle_request = handle


@HOOKS.applies("execution-starts")
def _execution_starts(_: Engine) -> None:
    start, succeed = sfn._start_execution, sfn._send_task_success

    def vetted(inner: Callable[[Any], Reply], vet: Callable[[Any], None]) -> Callable[[Any], Reply]:
        def act(data: Any) -> Reply:
            try:
                vet(data)
            except AwsError as error:
                return error_reply(error)
            return inner(data)

        return act

    def start_once(data: Any) -> Reply:
        place, name = str(data.get("stateMachineArn")).replace(":stateMachine:", ":execution:"), data.get("name")
        existing = sfn._executions.get(f"{place}:{name}") if name else None
        shown = execution_starts.repeated(data, existing)
        reply: Reply = start(data) if shown is None else sfn.json_response(shown)
        return reply

    def vet_output(data: Any) -> None:
        execution_starts.check_json(data.get("output", "{}"), "InvalidOutput", "Invalid Output")

    def vet_sync(data: Any) -> None:
        machine_kinds.only("EXPRESS", sfn._state_machines.get(data.get("stateMachineArn")))
        execution_starts.vet(data)

    def vet_listed(data: Any) -> None:
        machine_kinds.only("STANDARD", sfn._state_machines.get(data.get("stateMachineArn")))

    def vet_execution(data: Any) -> None:
        execution = sfn._executions.get(data.get("executionArn")) or {}
        machine_kinds.only("STANDARD", sfn._state_machines.get(execution.get("stateMachineArn")))

    sfn._start_execution = vetted(start_once, execution_starts.vet)
    sfn._start_sync_execution = vetted(sfn._start_sync_execution, vet_sync)
    sfn._list_executions = vetted(sfn._list_executions, vet_listed)
    for name in ("_describe_execution", "_stop_execution", "_get_execution_history"):
        setattr(sfn, name, vetted(getattr(sfn, name), vet_execution))
    sfn._send_task_success = vetted(succeed, vet_output)
