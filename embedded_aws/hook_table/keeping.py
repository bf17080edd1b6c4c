"""What outlives the engine."""

from __future__ import annotations

from embedded_aws.hooks import Table

TABLE: Table = {
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
            "services.lambda_svc:_LAMBDA_ASYNC_RETRY_MAX_SECONDS": None,
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
