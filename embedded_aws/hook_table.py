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
            "services.s3:_bucket_tags": None,
            "services.stepfunctions:_tags": None,
            "services.cloudformation.stacks:_runs_on_worker_thread": "resource_type",
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
        "Every task acts as its state machine's role; SageMaker's integrations and aws-sdk:* go by the front door.",
        {
            "services.stepfunctions:_run_execution": "exec_arn",
            "services.stepfunctions:_invoke_resource": "resource, input_data",
            "services.stepfunctions:_invoke_with_callback": "resource, input_data, token, state_def",
            "services.stepfunctions:_invoke_resource_with_timeout": "resource, input_data, timeout",
            "services.stepfunctions:_invoke_aws_sdk_integration": "resource, input_data",
            "services.stepfunctions:_SERVICE_DISPATCH": None,
            "services.stepfunctions:_ExecutionError": "error, cause",
        },
    ),
    "executions": (
        "An execution ends once (aborted stays aborted), by its machine's TimeoutSeconds too, and is logged.",
        {
            "services.stepfunctions:_fail_execution": "execution, error, cause",
            "services.stepfunctions:_add_event": "execution, event_type, details",
            "services.stepfunctions:_delete_state_machine": "data",
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
        "Schedules are checked, fire within a second under their role, and bury what failed.",
        {
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
