"""What is noted of requests, and answers in AWS's words."""

from __future__ import annotations

from embedded_aws.hooks import Table

TABLE: Table = {
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
        "The parameters that stacks read inside the emulator, without a request, are kept too.",
        {
            "services.ssm:resolve_parameter_value": "name_or_arn, version, decrypt",
        },
    ),
    "answers": (
        "IAM, STS, CloudFormation, Step Functions, Scheduler and Logs refuse and answer in AWS's words.",
        {
            "app:SERVICE_HANDLERS": None,
            "services.iam:_roles": None,
            "services.iam:_policy_exists": "arn",
            "services.iam:_user_inline_policies": None,
            "services.iam:_group_inline_policies": None,
            "services.iam:_users": None,
            "services.iam:_groups": None,
            "services.iam:_access_keys": None,
            "services.iam:_IAM_HANDLERS": None,
            "core.iam_evaluator:caller_arn": "",
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
    "alarms": (
        "An alarm asks for nothing that is dropped, and its values are within their ranges.",
        {
            "services.cloudwatch:_put_metric_alarm": "params, cbor_data, is_cbor, is_json",
            "services.cloudwatch:_error": "code, message, status, use_json, use_cbor",
        },
    ),
    "buckets-with-versions": (
        "A bucket with versions says that all of them must go.",
        {"services.s3:_error": None, "services.s3:_bucket_versioning": None},
    ),
}
