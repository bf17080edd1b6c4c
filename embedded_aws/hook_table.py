"""The table of hooks into ministack 1.5.33: name, what it is for, and the places it was written against."""

from __future__ import annotations

from collections.abc import Mapping

HOOK_TABLE: Mapping[str, tuple[str, Mapping[str, str | None]]] = {
    "root-key": (
        (
            "The root key is verified like any other key, and nothing else (no key, `test`, 12 digits) is root; "
            "root takes no roles; sessions of a role end with it."
        ),
        {
            "core.iam_evaluator:is_root_access_key": "access_key_id",
            "core.iam_evaluator:_is_root_key": "access_key_id",
            "core.iam_evaluator:resolve_credential": "access_key_id, account_id, session_token",
            "core.iam_evaluator:ResolvedCredential": None,
            "services.sts:resolve_credential": "access_key_id, account_id, session_token",
            "services.sts:register_session": "access_key, session",
            "services.sts:_sessions": None,
            "core.iam_evaluator:_unknown_access_key": "",
            "services.sts:handle_request": "method, path, headers, body, query_params",
        },
    ),
    "secure-transport": (
        "Loopback HTTP stands for HTTPS: policies that deny aws:SecureTransport=false would refuse everything.",
        {
            "core.iam_evaluator:pin_request_origin": "source_ip, secure_transport",
            "app:pin_request_origin": "source_ip, secure_transport",
        },
    ),
    "unknown-services": (
        "A service that is not there is refused by name.",
        {
            "app:_dispatch_service_request": "method, path, headers, body, query_params, request_id",
            "core.router:_is_aws_service_name": "scope_name",
        },
    ),
    "sagemaker": (
        "SageMaker and its runtime API are services of the engine's own.",
        {
            "app:SERVICE_REGISTRY": None,
            "app:SERVICE_HANDLERS": None,
            "core.router:SERVICE_PATTERNS": None,
            "core.router:extract_access_key_id": "headers, query_params",
            "core.concurrency:run_reentrant": "fn, args, thread_name",
            "core.iam_actions:SERVICE_TO_IAM_NAMESPACE": None,
            "core.iam_evaluator:caller_arn": "",
            "core.iam_evaluator:enforce": "access_key_id, iam_action, service, region, resource_arn, service_context",
        },
    ),
    "iam-questions": (
        (
            "IAM is asked the right question: action and resource of SageMaker and Budgets; a request whose "
            "action is not known is closed to all but full rights; denials name the resource."
        ),
        {
            "core.iam_actions:extract_iam_action": "service, method, path, headers, body, query_params",
            "core.iam_actions:extract_resource_arn": (
                "service, method, path, headers, body, query_params, region, account_id"
            ),
            "core.iam_actions:identity_denial_message": "action, principal_arn, resource, explicit_deny",
            "core.iam_actions:access_denied_response": (
                "service, action, principal_arn, request_id, error_code, message, headers, resource_arn, "
                "explicit_deny, resource_policy_arn"
            ),
        },
    ),
    "iam-conditions": (
        "Condition keys: SageMaker's own, iam:PermissionsBoundary, tags of stacks, log groups and machines.",
        {
            "core.iam_actions:request_tag_context": "service, iam_action, body, params",
            "core.iam_evaluator:_names_condition_key": "policies, prefix",
            "services.tagging:resource_tags": "arn",
            "services.stepfunctions:_tags": None,
            "services.cloudwatch_logs:_log_groups": None,
        },
    ),
    "passed-roles": (
        (
            "Who hands a role to Lambda, Step Functions, Scheduler or EventBridge needs iam:PassRole, and the role "
            "must trust the service."
        ),
        {
            "services.iam:_roles": None,
            "core.iam_evaluator:EvalContext": None,
            "core.iam_evaluator:_conditions_met": "conditions, ctx",
            "core.responses:error_response_json": "code, message, status, extra, message_key, content_type",
        },
    ),
    "policy-principals": (
        "A bucket's or a trust policy that names a role or user who is not there is refused.",
        {
            "services.iam:_users": None,
            "services.iam:_error": "status, code, message, ns",
            "services.s3:handle_request": (
                "method, path, headers, body, query_params, signed_path, enforce_bucket_region, internal, "
                "access_point_region, access_point"
            ),
            "services.s3:_error": None,
        },
    ),
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
        "AWS::SageMaker::*, AWS::Budgets::Budget and types that the emulator has too soft go through API calls.",
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
            "services.cloudwatch_logs:_log_groups": None,
            "services.ecr:_repositories": None,
            "services.eventbridge:_rules": None,
            "services.eventbridge:_rule_key": "rule_name, bus_name",
            "services.eventbridge:_tags": None,
            "services.lambda_svc:_functions": None,
            "services.s3:_bucket_tags": None,
            "services.scheduler:_tags": None,
            "services.scheduler:_group_arn": "name",
            "services.sns:_topics": None,
            "services.ssm:_tags": None,
            "services.ssm:_param_arn": "name",
            "services.stepfunctions:_tags": None,
        },
    ),
    "stack-rights": (
        "What the emulator provisions itself needs the stack's principal's rights too.",
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
    "policy-versions": (
        "An older version of a managed policy can be made its default again.",
        {
            "services.iam:_IAM_HANDLERS": None,
            "services.iam:_policies": None,
            "services.iam:_now": "",
            "services.iam:_p": "params, key, default",
            "services.iam:_error": "status, code, message, ns",
            "services.iam:_xml": "status, root_tag, inner, ns",
        },
    ),
    "schedules": (
        "Schedules are checked and listed in pages, fire within a second under their role, and bury what failed.",
        {
            "services.scheduler:_list_schedules": "query",
            "services.scheduler:_list_schedule_groups": "query",
            "services.scheduler:_schedule_arn": "group, name",
            "services.scheduler:_json_resp": "status, body",
            "services.scheduler:_create_schedule": "name, body",
            "services.scheduler:_update_schedule": "name, body",
            "services.scheduler:_error": "status, code, message",
            "services.scheduler:start_scheduler": "",
            "services.scheduler:_schedules": None,
        },
    ),
    "functions": (
        "Lambda: the runtime's own interpreter, exception names, no idle processes, logs by the role's rights.",
        {
            "core.lambda_runtime:_detect_runtime_binary": "runtime",
            "core.lambda_runtime:_PYTHON_WORKER_SCRIPT": None,
            "core.lambda_runtime:_workers": None,
            "core.lambda_runtime:_lock": None,
            "core.lambda_runtime:kill_workers": "workers",
            "core.lambda_runtime:reset": "",
            "services.lambda_svc:_execute_function_warm": "func, event, request_id",
            "services.lambda_svc:_emit_lambda_logs": ("func, request_id, log_text, error, duration_ms, log_source"),
        },
    ),
    "large-objects": (
        "A part of a large object is read from its file without the rest, and a large part is sent in pieces.",
        {
            "services.s3:_read_body": "bucket_name, key, obj",
            "services.s3:_object_disk_path": "bucket, key, account_id",
            "services.s3:handle_request": (
                "method, path, headers, body, query_params, signed_path, enforce_bucket_region, internal, "
                "access_point_region, access_point"
            ),
            "core.responses:StreamingResponse": "runner",
        },
    ),
    "versions-on-disk": (
        "A version whose content lies in a file is not held in memory too.",
        {
            "services.s3:_persist_object": "bucket, key, obj",
            "services.s3:_object_versions": None,
            "services.s3:_version_file_exists": "bucket_name, key, version_id, account_id",
        },
    ),
    "managed-key": (
        "S3's own KMS key is used where a request asks for aws:kms and names no key, as the CDK's uploads do.",
        {"services.s3:_resolve_sse_write_headers": "headers, bucket_name"},
    ),
    "trail": (
        "Every management call is kept with its principal, and CloudTrail looks them up.",
        {
            "app:_dispatch_service_request": "method, path, headers, body, query_params, request_id",
            "app:SERVICE_HANDLERS": None,
            "core.iam_evaluator:resolve_credential": "access_key_id, account_id, session_token",
            "core.iam_evaluator:CredentialResolutionError": None,
            "core.router:extract_access_key_id": "headers, query_params",
            "services.iam:_roles": None,
            "services.sts:_sessions": None,
        },
    ),
    "trail-inside": (
        "What stacks do inside the emulator, without a request, is kept too.",
        {
            "services.ssm:resolve_parameter_value": "name_or_arn, version, decrypt",
            "services.cloudformation.stacks:_provision_resource": "resource_type, logical_id, props, stack_name",
            "services.cloudformation.stacks:_update_resource": (
                "resource_type, physical_id, old_props, new_props, stack_name, logical_id, old_attrs"
            ),
            "services.cloudformation.stacks:_delete_resource": (
                "resource_type, physical_id, props, stack_name, logical_id"
            ),
        },
    ),
    "answers": (
        "IAM, CloudFormation, Step Functions, Scheduler and Logs refuse and answer in AWS's words.",
        {
            "app:SERVICE_HANDLERS": None,
            "services.iam:_roles": None,
            "services.iam:_policy_exists": "arn",
            "services.iam:_user_inline_policies": None,
            "services.iam:_error": "status, code, message, ns",
            "services.stepfunctions:_state_machines": None,
            "services.cloudformation.engine:_parse_template": "template_body",
            "services.cloudformation.handlers:_resolve_stack": "stack_name",
            "services.cloudformation.helpers:_error": "code, message, status",
        },
    ),
    "missing-machines": (
        "Deleting a state machine that is not there succeeds.",
        {
            "services.stepfunctions:_delete_state_machine": "data",
            "services.stepfunctions:_state_machines": None,
            "services.stepfunctions:json_response": "data, status, content_type",
        },
    ),
    "previous-events": (
        "An execution's events say which event of their branch they follow.",
        {"services.stepfunctions:_add_event": "execution, event_type, details"},
    ),
    "creation-events": (
        "A stack's events say when the making of a resource has begun.",
        {
            "services.cloudformation.stacks:_add_event": (
                "stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status"
            )
        },
    ),
    "buckets-with-versions": (
        "A bucket with versions says that all of them must go.",
        {"services.s3:_error": None, "services.s3:_bucket_versioning": None},
    ),
    "stack-properties": (
        "A resource's properties are checked against its type's public schema before anything is made or changed.",
        {
            "services.cloudformation.stacks:_with_stack_tags": (
                "resource_type, props, stack_tags, stack_name, stack_id, logical_id"
            ),
            "services.cloudformation.stacks:_provision_resource": "resource_type, logical_id, props, stack_name",
            "services.cloudformation.stacks:_update_resource": (
                "resource_type, physical_id, old_props, new_props, stack_name, logical_id, old_attrs"
            ),
        },
    ),
    "stack-templates": (
        "Templates are refused in AWS's words: unknown types, parameters and references, circles; nested stacks too.",
        {
            "services.cloudformation.provisioners:_RESOURCE_HANDLERS": None,
            "services.cloudformation.engine:validate_template_support": "template, conditions, params",
            "services.cloudformation.engine:_resolve_parameters": "template, provided_params, previous_params",
            "services.cloudformation.engine:_intrinsic_references": "value",
            "services.cloudformation.engine:_topological_sort": "resources, conditions",
            "services.cloudformation.handlers:validate_template_support": "template, conditions, params",
            "services.cloudformation.changesets:validate_template_support": "template, conditions, params",
            "services.cloudformation.handlers:_resolve_parameters": "template, provided_params, previous_params",
            "services.cloudformation.changesets:_resolve_parameters": "template, provided_params, previous_params",
        },
    ),
    "stack-states": (
        "A stack in a state is refused what AWS refuses it; a request repeated with its token is done once.",
        {
            "services.cloudformation.handlers:_ACTION_HANDLERS": None,
            "services.cloudformation.handlers:_resolve_stack": "stack_name",
            "services.cloudformation.changesets:_find_change_set": None,
            "services.cloudformation.engine:_parse_template": "template_body",
            "services.cloudformation.helpers:_resolve_template": "params",
            "services.cloudformation.helpers:_p": "params, key, default",
            "services.cloudformation.helpers:_xml": "status, root_tag, inner",
            "services.cloudformation.helpers:_error": "code, message, status",
            "services.cloudformation.helpers:_extract_string_members": "params, prefix",
        },
    ),
    "stack-exports": (
        "An export has one owner, goes with the output that made it, and stays while somebody imports it.",
        {
            "services.cloudformation:_exports": None,
            "services.cloudformation:_stacks": None,
            "services.cloudformation.handlers:_ACTION_HANDLERS": None,
            "services.cloudformation.handlers:_imported_export_names": "stack, stack_name",
            "services.cloudformation.stacks:_resolve_stack_outputs": (
                "outputs_defs, conditions, resources, param_values, mappings, stack_name, stack_id"
            ),
        },
    ),
    "stack-events": (
        "An update has events of what it makes, changes and removes, and of nothing else.",
        {
            "services.cloudformation.stacks:_add_event": (
                "stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status"
            ),
            "services.cloudformation.stacks:_update_resource": (
                "resource_type, physical_id, old_props, new_props, stack_name, logical_id, old_attrs"
            ),
            "services.cloudformation.stacks:_delete_resource": (
                "resource_type, physical_id, props, stack_name, logical_id"
            ),
            "services.cloudformation.stacks:_deploy_stack_async": (
                "stack_name, stack_id, template, param_values, disable_rollback, tags, is_update, previous_stack, "
                "retain_except_on_create, imports"
            ),
            "services.cloudformation.handlers:_deploy_stack_async": (
                "stack_name, stack_id, template, param_values, disable_rollback, tags, is_update, previous_stack, "
                "retain_except_on_create, imports"
            ),
            "services.cloudformation.changesets:_deploy_stack_async": (
                "stack_name, stack_id, template, param_values, disable_rollback, tags, is_update, previous_stack, "
                "retain_except_on_create, imports"
            ),
        },
    ),
    "stack-cancelling": (
        "Deleting a stack that is being created gives the creation up; a creation that failed says why it rolls back.",
        {
            "services.cloudformation:_stack_events": None,
            "services.cloudformation.wait_conditions:_changed": None,
            "services.cloudformation.wait_conditions:_handles": None,
            "services.cloudformation.wait_conditions:_waiting": None,
            "services.cloudformation.stacks:_provision_resource": "resource_type, logical_id, props, stack_name",
            "services.cloudformation.stacks:_delete_stack_async": "stack_name, stack_id, retain_resources, force",
            "services.cloudformation.handlers:_delete_stack_async": "stack_name, stack_id, retain_resources, force",
            "services.cloudformation.stacks:_roll_back_operation": (
                "stack_name, stack_id, stack, operation, reason_override"
            ),
            "services.cloudformation.handlers:_roll_back_operation": (
                "stack_name, stack_id, stack, operation, reason_override"
            ),
        },
    ),
    "stack-validation": (
        "Properties are checked before a stack or change set is deployed too, as far as they are known by then.",
        {
            "services.cloudformation.stacks:_validation_errors": (
                "resources_defs, ordered, param_values, conditions, mappings, stack_name, stack_id, owned_buckets"
            ),
            "services.cloudformation.stacks:_operation_event": (
                "stack_id, operation_id, event_type, operation_type, fields"
            ),
            "services.cloudformation.stacks:new_uuid": None,
            "services.cloudformation.engine:_resolve_refs": (
                "value, resources, params, conditions, mappings, stack_name, stack_id"
            ),
            "services.cloudformation.engine:_intrinsic_references": "value",
            "services.cloudformation.engine:_topological_sort": "resources, conditions",
            "services.cloudformation.engine:_NO_VALUE": None,
            "services.cloudformation.changesets:_find_change_set": None,
            "services.cloudformation.handlers:_ACTION_HANDLERS": None,
            "services.cloudformation.handlers:_p": "params, key, default",
        },
    ),
    "lambda-actions": (
        "Every Lambda call is asked about as the action that it is: the emulator's own reading knows a part of them.",
        {
            "core.iam_actions:_BOTOCORE_SERVICE_MAP": None,
            "core.iam_actions:_lambda_action": "method, path",
            "core.iam_actions:_match_rest_action": "service, method, path, query_params",
        },
    ),
    "resource-arns": (
        "Actions of repositories, rules, aliases, topics and schedule groups are asked about on their resource.",
        {
            "core.iam_actions:extract_resource_arn": (
                "service, method, path, headers, body, query_params, region, account_id"
            ),
        },
    ),
    "creation-rights": (
        "Who sets tags in a call that makes something needs the right to tag too.",
        {
            "app:_routing_params": "method, path, headers, body, query_params",
            "core.iam_actions:extract_iam_action": "service, method, path, headers, body, query_params",
            "core.iam_actions:extract_resource_arn": (
                "service, method, path, headers, body, query_params, region, account_id"
            ),
            "core.iam_actions:request_tag_context": "service, iam_action, body, params",
            "core.iam_evaluator:EvalResult": None,
            "core.iam_evaluator:enforce": "access_key_id, iam_action, service, region, resource_arn, service_context",
        },
    ),
    "function-code": (
        "A function's code is read with the rights of who makes it, and must be there; it is active soon.",
        {
            "services.lambda_svc:_fetch_code_from_s3": "bucket, key, version_id",
            "services.lambda_svc:_LAMBDA_STATE_TRANSITION_DELAY": None,
        },
    ),
    "deletions": (
        "A policy with further versions and a rule with targets refuse to be deleted.",
        {
            "services.iam:_IAM_HANDLERS": None,
            "services.iam:_policies": None,
            "services.iam:_p": "params, key, default",
            "services.iam:_error": "status, code, message, ns",
            "services.eventbridge:_delete_rule": "data",
            "services.eventbridge:_rule_key": "rule_name, bus_name",
            "services.eventbridge:_targets": None,
            "core.responses:error_response_json": "code, message, status, extra, message_key, content_type",
        },
    ),
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
    "request-names": (
        "What a request is about is known before it is carried out, so that faults strike the right ones.",
        {
            "app:_routing_params": "method, path, headers, body, query_params",
            "core.router:detect_service": "method, path, headers, query_params",
            "core.router:extract_access_key_id": "headers, query_params",
            "core.iam_actions:extract_iam_action": "service, method, path, headers, body, query_params",
            "core.iam_actions:extract_resource_arn": (
                "service, method, path, headers, body, query_params, region, account_id"
            ),
            "core.iam_evaluator:resolve_credential": "access_key_id, account_id, session_token",
        },
    ),
    "session-durations": (
        "Sessions that STS gives end by the engine's clock.",
        {
            "services.sts:register_session": "access_key, session",
            "services.sts:_future": "seconds",
        },
    ),
    "event-invoke-updates": (
        "UpdateFunctionEventInvokeConfig changes what it names and keeps the rest.",
        {"app:SERVICE_HANDLERS": None},
    ),
    "journal": (
        "Stores outlive the process: what they hold is kept, and old files of objects until the journal has the new.",
        {
            "core.responses:AccountScopedDict": None,
            "core.responses:AccountRegionScopedDict": None,
            "core.responses:request_scope": "account_id, region",
            "services.s3:_atomic_write": "fpath, data, text",
            "services.s3:_remove_key_files": "fpath",
            "services.s3:_delete_version_file": "bucket_name, key, version_id",
            "services.s3:_version_disk_path": "bucket, key, version_id, account_id",
            "services.sts:_sessions": None,
            "services.lambda_svc:invoke_async_with_retry": "func, event",
            "services.lambda_svc:_execute_function": "func, event",
            "services.lambda_svc:_ensure_poller": "",
            "services.lambda_svc:_esms": None,
            "services.lambda_svc:_functions": None,
            "services.cloudformation:_stacks": None,
            "services.cloudformation:_change_sets": None,
            "services.cloudformation.stacks:_add_event": (
                "stack_id, stack_name, logical_id, resource_type, status, reason, physical_id, detailed_status"
            ),
            "services.stepfunctions:_executions": None,
            "services.stepfunctions:_map_runs": None,
            "services.stepfunctions:_fail_execution": "execution, error, cause",
            "services.stepfunctions:now_iso": "",
        },
    ),
}
