"""IAM's policies, Scheduler, Lambda and S3."""

from __future__ import annotations

from embedded_aws.hooks import Table

TABLE: Table = {
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
}
