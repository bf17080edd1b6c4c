"""Who calls, and what IAM is asked about a request."""

from __future__ import annotations

from embedded_aws.hooks import Table

TABLE: Table = {
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
            "services.iam:_groups": None,
            "services.iam:_instance_profiles": None,
            "services.iam:_users": None,
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
    "further-rights": (
        "Every parameter read and every alarm deleted is asked about; profiles get roles by iam:PassRole.",
        {
            "services.iam:_roles": None,
            "app:_routing_params": "method, path, headers, body, query_params",
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
}
