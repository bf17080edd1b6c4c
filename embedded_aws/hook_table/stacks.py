"""Whom a stack acts for, and what its resources are made by."""

from __future__ import annotations

from embedded_aws.hooks import Table

TABLE: Table = {
    "stack-principal": (
        "A stack acts as the role it was given (and remembers), else as its caller, never as root.",
        {
            "services.cloudformation.handlers:_resolve_stack": "stack_name",
            "services.cloudformation.changesets:_find_change_set": None,
            "services.cloudformation.helpers:_error": "code, message, status",
        },
    ),
    "stack-conditions": (
        "Conditions compare resolved values: without Fn::Join the bootstrap's execution role has no rights.",
        {
            "services.cloudformation.engine:_evaluate_conditions": "template, params",
            "services.cloudformation.engine:_resolve_refs": (
                "value, resources, params, conditions, mappings, stack_name, stack_id"
            ),
            "services.cloudformation.handlers:_evaluate_conditions": "template, params",
            "services.cloudformation.changesets:_evaluate_conditions": "template, params",
            "services.cloudformation.stacks:_evaluate_conditions": "template, params",
        },
    ),
    "stack-types": (
        "Every type goes through API calls; what the emulator would make past IAM is refused by name.",
        {
            "services.cloudformation.provisioners:_RESOURCE_HANDLERS": None,
            "services.cloudformation.provisioners:_REPLACING_PROPERTIES": None,
            "services.cloudformation.provisioners:_STACK_TAG_PROPERTY": None,
            "services.cloudformation.provisioners:_physical_name": (
                "stack_name, logical_id, lowercase, max_len, seeded"
            ),
            "services.cloudformation.provisioners:_NAME_SEED": None,
            "services.cloudformation.stacks:_runs_on_worker_thread": "resource_type",
            "services.budgets:_tags": None,
            "services.budgets:_budget_arn": "budget_name",
            "services.cloudwatch:_alarms": None,
            "services.cloudwatch:_resource_tags": None,
            "services.cloudwatch_logs:_log_groups": None,
            "services.ecr:_repositories": None,
            "services.eventbridge:_rules": None,
            "services.eventbridge:_rule_key": "rule_name, bus_name",
            "services.eventbridge:_tags": None,
            "services.lambda_svc:_esms": None,
            "services.lambda_svc:_functions": None,
            "services.s3:_bucket_tags": None,
            "services.scheduler:_tags": None,
            "services.scheduler:_group_arn": "name",
            "services.secretsmanager:_resolve": "secret_id, use_arn_scope",
            "services.sns:_topics": None,
            "services.ssm:_tags": None,
            "services.ssm:_param_arn": "name",
            "services.stepfunctions:_tags": None,
        },
    ),
    "stack-rights": (
        "Reading a parameter and reaching a custom resource's provider need the stack's principal's rights too.",
        {
            "services.ssm:resolve_parameter_value": "name_or_arn, version, decrypt",
            "services.cloudformation.stacks:_provision_resource": ("resource_type, logical_id, props, stack_name"),
            "services.cloudformation.stacks:_update_resource": (
                "resource_type, physical_id, old_props, new_props, stack_name, logical_id, old_attrs"
            ),
            "services.cloudformation.stacks:_delete_resource": (
                "resource_type, physical_id, props, stack_name, logical_id"
            ),
        },
    ),
}
