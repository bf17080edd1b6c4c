"""State machines: whom their tasks act for, how executions end, what is checked when they are made."""

from __future__ import annotations

from embedded_aws.hooks import Table

TABLE: Table = {
    "task-principal": (
        "Every task acts as its state machine's role, while its execution wants it.",
        {
            "services.stepfunctions:_run_execution": "exec_arn",
            "services.stepfunctions:_invoke_resource_with_timeout": "resource, input_data, timeout",
            "services.stepfunctions:_ExecutionError": "error, cause",
        },
    ),
    "executions": (
        "An execution ends once (aborted stays aborted), by its machine's TimeoutSeconds too, and is logged.",
        {
            "services.stepfunctions:_fail_execution": "execution, error, cause",
            "services.stepfunctions:_add_event": "execution, event_type, details",
            "services.stepfunctions:_delete_state_machine": "data",
            "services.stepfunctions:_executions": None,
            "services.stepfunctions:_map_runs": None,
            "services.stepfunctions:_apply_parameters": "state_def, data, ctx",
            "services.stepfunctions:_find_matching_retrier": "retriers, error, retry_counts",
            "services.cloudwatch_logs:_log_groups": None,
        },
    ),
    "state-machines": (
        "Creating a state machine checks its definition, its role's rights, and makes the rules .sync needs.",
        {
            "services.stepfunctions:_create_state_machine": "data",
            "services.stepfunctions:_update_state_machine": "data",
            "services.stepfunctions:_validate_state_machine_definition": "data",
            "services.stepfunctions:_state_machines": None,
            "services.eventbridge:_put_rule": "data",
            "services.eventbridge:_ensure_default_bus": "",
            "services.eventbridge:_rule_key": "rule_name, bus_name",
            "services.eventbridge:_rules": None,
        },
    ),
}
