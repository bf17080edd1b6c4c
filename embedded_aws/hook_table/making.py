"""What it takes to make and delete things: rights, resources, code."""

from __future__ import annotations

from embedded_aws.hooks import Table

TABLE: Table = {
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
            "core.iam_actions:_BOTOCORE_SERVICE_MAP": None,
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
    "event-sources": (
        "A function has a source once; the queue must be there, and what would be dropped is refused by its name.",
        {
            "services.lambda_svc:_create_esm": "data",
            "services.lambda_svc:_update_esm": "esm_id, data",
            "services.lambda_svc:_resolve_existing_esm_function": "function_ref",
            "services.lambda_svc:_func_arn": "name",
            "services.lambda_svc:_esms": None,
            "services.sqs:_queue_name_to_url": None,
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
    "managed-rules": (
        "Rules that a service made for the account cannot be changed, and are deleted with Force only.",
        {
            "services.eventbridge:_put_rule": "data",
            "services.eventbridge:_enable_rule": "data",
            "services.eventbridge:_disable_rule": "data",
            "services.eventbridge:_put_targets": "data",
            "services.eventbridge:_delete_rule": "data",
            "services.eventbridge:_remove_targets": "data",
            "services.eventbridge:_rule_key": "rule_name, bus_name",
            "services.eventbridge:_rules": None,
            "core.responses:error_response_json": "code, message, status, extra, message_key, content_type",
        },
    ),
}
