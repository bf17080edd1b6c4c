"""The hook of Distributed Map: its items, children and results are the engine's own."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from ministack.services import stepfunctions as sfn

from embedded_aws.engine import Engine
from embedded_aws.iam.authorization import Check
from embedded_aws.ministack_adapter.common import HOOKS
from embedded_aws.ministack_adapter.machine_hooks import in_its_words, tasks_of
from embedded_aws.states import distributed_map_fields as fields
from embedded_aws.states.distributed_map import MapRun, Names
from embedded_aws.states.distributed_map_results import RIGHTS, Writer
from embedded_aws.states.step_functions import TaskError
from embedded_aws.states.tasks import Tasks

Context = Mapping[str, Any]


@HOOKS.applies("distributed-map")
def _distributed_map(engine: Engine) -> None:
    tasks = tasks_of(engine)

    def run(state: Any, raw: Any, effective: Any, processor: Any, execution: Any, ctx: Any) -> Any:
        language = _language(state, raw, effective, ctx)
        results = in_its_words(_run, tasks, state, language, processor, execution, ctx)
        return _given_back(state, raw, ctx, results)

    sfn._run_distributed_map = run


def _language(state: Any, raw: Any, effective: Any, ctx: Any) -> fields.Language:
    if sfn._state_query_language(state, ctx) != "JSONata":
        return fields.Language(
            lambda template, item: sfn._resolve_params_obj(template, effective, _with(ctx, item)),
            lambda path: sfn._resolve_path_or_ctx(path, effective, ctx),
        )
    return fields.Language(
        lambda template, item: sfn._apply_jsonata_template(template, raw, _with(ctx, item)),
        lambda _: raw,
    )


def _with(ctx: Context, item: Context | None) -> Context:
    return ctx if item is None else {**ctx, "Map": item}


def _run(tasks: Tasks, state: Any, language: fields.Language, processor: Any, execution: Any, ctx: Any) -> Any:
    names, writer = _names(state, processor, execution, ctx), fields.writer(state, language)
    call = partial(tasks.call, "s3")
    inputs = fields.inputs(state, language, call)
    tasks.require(names.rights(), "States.Permissions")
    sfn._add_event(execution, "MapStateStarted", {"mapStateStartedEventDetails": {"length": len(inputs)}})
    run = MapRun(names, execution["executionArn"], fields.limits(state, language), inputs)
    sfn._map_runs[names.map_run] = run.record
    sfn._add_event(execution, "MapRunStarted", {"mapRunStartedEventDetails": {"mapRunArn": names.map_run}})
    run.run(partial(_run_child, tasks, processor, names, ctx), tasks.wanted)
    try:
        output = _written(tasks, writer, run, names)
        run.check()
    except TaskError as error:
        if run.record["status"] != "ABORTED":
            run.record["status"] = "FAILED"
        details = {"error": error.error, "cause": error.cause}
        sfn._add_event(execution, "MapRunFailed", {"mapRunFailedEventDetails": details})
        raise
    sfn._add_event(execution, "MapRunSucceeded")
    return output


def _names(state: Any, processor: Any, execution: Any, ctx: Any) -> Names:
    """Without a Label, Step Functions makes one up for the state; it stays the same from run to run."""
    _, _, _, region, account, _, machine = execution["stateMachineArn"].split(":")[:7]
    own = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{execution['stateMachineArn']}/{ctx['State']['Name']}"))
    express = (processor.get("ProcessorConfig") or {}).get("ExecutionType") == "EXPRESS"
    return Names(f"{region}:{account}", machine.split("/")[0], state.get("Label") or own, express)


def _written(tasks: Tasks, writer: Writer, run: MapRun, names: Names) -> Any:
    if writer.bucket is None:
        run.written()
        return writer.results(run.children)
    objects = f"arn:aws:s3:::{writer.bucket}/*"
    tasks.require([Check(action, objects) for action in RIGHTS], "States.ResultWriterFailed")
    output = writer.write(partial(tasks.call, "s3"), names.map_run, run.children)
    run.written()
    return output


def _run_child(tasks: Tasks, processor: Any, names: Names, ctx: Any, record: Any, given: Any) -> None:
    """Children of Standard kind are executions like any other; Express ones are not kept, as on AWS."""
    if not names.express:
        sfn._executions[record["executionArn"]] = record
    context = {
        "QueryLanguage": processor.get("QueryLanguage") or ctx["QueryLanguage"],
        "Execution": {
            "Id": record["executionArn"],
            "Input": given,
            "Name": record["name"],
            "RoleArn": ctx["Execution"].get("RoleArn"),
            "StartTime": record["startDate"],
        },
        "StateMachine": {"Id": names.child_machine, "Name": f"{names.machine}/{names.label}"},
        "variables": {},
    }
    with tasks.child(record):
        try:
            output = sfn._run_sub_machine(processor["States"], processor["StartAt"], given, record, context)
        except sfn._ExecutionError as error:
            sfn._fail_execution(record, error.error, error.cause)
        except Exception as error:  # noqa: BLE001 # what a state raises ends the child, as it ends an execution
            sfn._fail_execution(record, "States.Runtime", str(error))
        else:
            if record["status"] == "RUNNING":
                record.update(status="SUCCEEDED", output=json.dumps(output), stopDate=sfn.now_iso())
                sfn._add_event(
                    record, "ExecutionSucceeded", {"executionSucceededEventDetails": {"output": record["output"]}}
                )


def _given_back(state: Any, raw: Any, ctx: Any, results: Any) -> Any:
    if sfn._state_query_language(state, ctx) == "JSONata":
        output = sfn._apply_jsonata_output(state, raw, ctx, result=results, default=results)
        sfn._apply_state_assign(state, raw, ctx, result=results)
        return output, sfn._next_or_end(state)
    result = sfn._apply_result_selector(state, copy.deepcopy(results))
    output = sfn._apply_result_path(state, raw, result)
    return sfn._apply_output_path(state, output, ctx), sfn._next_or_end(state)
