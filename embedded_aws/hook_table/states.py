"""The States Language, Distributed Maps and task tokens."""

from __future__ import annotations

from embedded_aws.hooks import Table

TABLE: Table = {
    "distributed-map": (
        "A Distributed Map reads, starts children and writes results with the machine's role.",
        {
            "services.stepfunctions:_run_distributed_map": (
                "state_def, raw_input, effective, iterator, execution, ctx"
            ),
            "services.stepfunctions:_run_sub_machine": "states, start_at, input_data, execution, ctx",
            "services.stepfunctions:_state_query_language": "state_def, ctx",
            "services.stepfunctions:_resolve_params_obj": "template, data, ctx",
            "services.stepfunctions:_resolve_path_or_ctx": "path, data, ctx",
            "services.stepfunctions:_apply_jsonata_template": "value, raw_input, ctx, result, error_output",
            "services.stepfunctions:_apply_jsonata_output": (
                "state_def, raw_input, ctx, result, error_output, default"
            ),
            "services.stepfunctions:_apply_state_assign": "state_def, raw_input, ctx, result, error_output",
            "services.stepfunctions:_apply_result_selector": "state_def, data",
            "services.stepfunctions:_apply_result_path": "state_def, original, result",
            "services.stepfunctions:_apply_output_path": "state_def, data, ctx",
            "services.stepfunctions:_next_or_end": "state_def",
            "services.stepfunctions:_map_runs": None,
            "services.stepfunctions:_executions": None,
        },
    ),
    "task-calls": (
        "Functions and integrations go by the front door; callbacks and activities keep to timeout and heartbeat.",
        {
            "services.stepfunctions:_execute_task": "state_def, raw_input, execution, ctx",
            "services.stepfunctions:_invoke_resource": "resource, input_data",
            "services.stepfunctions:_invoke_with_callback": "resource, input_data, token, state_def",
            "services.stepfunctions:_invoke_activity": "resource, input_data",
            "services.stepfunctions:_apply_input_path": "state_def, data, ctx",
            "services.stepfunctions:_task_tokens": None,
            "services.stepfunctions:_activities": None,
            "services.stepfunctions:_activity_tasks": None,
        },
    ),
    "paths": (
        "Paths that lead nowhere fail instead of being null, in choices too; intrinsic functions are the engine's own.",
        {
            "services.stepfunctions:_resolve_path": "path, data",
            "services.stepfunctions:_parse_jsonpath_tokens": "path",
            "services.stepfunctions:_evaluate_rule": "rule, data, ctx",
            "services.stepfunctions:_evaluate_intrinsic": "expression, data, ctx",
            "services.stepfunctions:_exec_intrinsic": "node, data, ctx",
            "services.stepfunctions:_parse_intrinsic_call": "s, pos",
            "services.stepfunctions:_eval_intrinsic_arg": "arg, data, ctx",
        },
    ),
    "variables": (
        "States and catchers with JSONPath assign variables; a ResultSelector reads the context object.",
        {
            "services.stepfunctions:_apply_result_selector": "state_def, data",
            "services.stepfunctions:_apply_catcher": "catcher, raw_input, ctx, query_language, error_output",
            "services.stepfunctions:_execute_wait": "state_def, raw_input, ctx",
        },
    ),
    "state-inputs": (
        "Results that fit nowhere, waits for no time and maps over no array fail.",
        {
            "services.stepfunctions:_apply_result_path_raw": "result_path, original, result",
            "services.stepfunctions:_execute_wait": "state_def, raw_input, ctx",
            "services.stepfunctions:_execute_map": "state_def, raw_input, execution, ctx",
        },
    ),
    "states": (
        "States of branches are checked, noted and kept apart; Parallel and Succeed do what JSONata says.",
        {
            "services.stepfunctions:_run_sub_machine": "states, start_at, input_data, execution, ctx",
            "services.stepfunctions:_run_parallel_branches": "state_def, raw_input, execution, ctx",
            "services.stepfunctions:_apply_output_path": "state_def, data, ctx",
            "services.stepfunctions:_apply_jsonata_arguments": "state_def, raw_input, ctx",
            "services.stepfunctions:_error_matches": "error_equals, error",
            "services.stepfunctions:_execute_pass": "state_def, raw_input, ctx",
            "services.stepfunctions:_execute_choice": "state_def, raw_input, ctx",
            "services.stepfunctions:_execute_wait": "state_def, raw_input, ctx",
            "services.stepfunctions:_execute_task": "state_def, raw_input, execution, ctx",
            "services.stepfunctions:_execute_parallel": "state_def, raw_input, execution, ctx",
            "services.stepfunctions:_execute_map": "state_def, raw_input, execution, ctx",
        },
    ),
    "machine-requests": (
        "Requests of Step Functions keep to the service model: lengths, patterns, ranges and enums.",
        {"services.stepfunctions:handle_request": "method, path, headers, body, query_params"},
    ),
    "execution-starts": (
        "Executions start once for a name, with JSON; Express and Standard machines have their own calls.",
        {
            "services.stepfunctions:_start_execution": "data",
            "services.stepfunctions:_start_sync_execution": "data",
            "services.stepfunctions:_send_task_success": "data",
            "services.stepfunctions:_list_executions": "data",
            "services.stepfunctions:_describe_execution": "data",
            "services.stepfunctions:_stop_execution": "data",
            "services.stepfunctions:_get_execution_history": "data",
            "services.stepfunctions:_executions": None,
        },
    ),
    "jsonata-functions": (
        "JSONata has no $eval in Step Functions.",
        {"services.stepfunctions:_register_sfn_jsonata_functions": "expr"},
    ),
}
