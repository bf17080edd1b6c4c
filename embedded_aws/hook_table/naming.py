"""What requests are called, how long sessions last, and a call of Lambda that was missing."""

from __future__ import annotations

from embedded_aws.hooks import Table

TABLE: Table = {
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
}
