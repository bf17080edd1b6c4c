"""Hooks of IAM's policies, Lambda and S3."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime, responses
from ministack.services import cloudwatch_logs, iam, lambda_svc, s3

from embedded_aws.engine import Engine
from embedded_aws.iam import policy_versions
from embedded_aws.lambda_functions import IDLE_SECONDS, error_type, log_rights
from embedded_aws.large_files import is_large, read_file, send_pieces
from embedded_aws.ministack_adapter.common import HOOKS, ask
from embedded_aws.runtime import images
from embedded_aws.sagemaker.errors import AwsError


@HOOKS.applies("policy-versions")
def _policy_versions(_: Engine) -> None:
    def set_default(params: Any) -> Any:
        policy = iam._policies.get(iam._p(params, "PolicyArn"))
        try:
            policy_versions.set_default(policy, iam._p(params, "VersionId"), iam._now())
        except AwsError as error:
            return iam._error(error.status, error.code, error.message, ns="iam")
        return iam._xml(200, "SetDefaultPolicyVersionResponse", "", ns="iam")

    iam._IAM_HANDLERS["SetDefaultPolicyVersion"] = set_default


@HOOKS.applies("functions")
def _functions(engine: Engine) -> None:
    detect, execute = lambda_runtime._detect_runtime_binary, lambda_svc._execute_function_warm
    emit = lambda_svc._emit_lambda_logs
    environment = images.environment(images.LAMBDA, engine.place.environments)

    def interpreter(runtime: str) -> tuple[str, str]:
        if runtime != "python3.12":
            binary, script = detect(runtime)
            return ("", "") if runtime.startswith("python") else (binary, script)
        return str(environment.python), lambda_runtime._PYTHON_WORKER_SCRIPT

    def execute_and_name(*args: Any) -> Any:
        result = execute(*args)
        body = result.get("body")
        if result.get("error") and isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
            text = str(body.get("errorMessage", ""))
            body["errorType"] = error_type(result.get("log") or "", text) or body["errorType"]
        return result

    def emit_if_allowed(func: Any, *args: Any, **kwargs: Any) -> None:
        config = func.get("config") or func
        try:
            session = engine.sessions.session(config["Role"], "lambda.amazonaws.com", config["FunctionName"])
            group, checks = log_rights(config, f"{engine.place.region}:{engine.place.account}")
            for check in checks[group in cloudwatch_logs._log_groups :]:
                ask(engine, session.access_key_id, check)
        except AwsError:
            return  # as on AWS: a function whose role may not log runs without a log
        emit(func, *args, **kwargs)

    lambda_runtime._detect_runtime_binary = interpreter
    lambda_svc._execute_function_warm = execute_and_name
    lambda_svc._emit_lambda_logs = emit_if_allowed
    threading.Thread(target=_reap_forever, daemon=True, name="lambda-reaper").start()


def _reap_forever() -> None:
    """End function processes that have been idle; ministack keeps the first of each function for ever."""
    while True:
        time.sleep(1)
        idle, since = [], time.time() - IDLE_SECONDS
        with lambda_runtime._lock:
            for key, workers in list(lambda_runtime._workers.items()):
                kept = [worker for worker in workers if worker.in_use or worker.last_used > since]
                idle += [worker for worker in workers if worker not in kept]
                if kept:
                    lambda_runtime._workers[key] = kept
                else:
                    del lambda_runtime._workers[key]
        lambda_runtime.kill_workers(idle)


@HOOKS.applies("large-objects")
def _large_objects(_: Engine) -> None:
    read, serve = s3._read_body, s3.handle_request
    getting: ContextVar[bool] = ContextVar("getting", default=False)

    def read_part(bucket: str, key: str, record: Any) -> Any:
        path = s3._object_disk_path(bucket, key) if getting.get() and record.get("body") is None else None
        return read_file(Path(path)) if path and Path(path).is_file() else read(bucket, key, record)

    async def handle(method: str, *args: Any, **kwargs: Any) -> Any:
        getting.set(method == "GET")
        status, kept, content = await serve(method, *args, **kwargs)
        if is_large(content):
            kept["Content-Length"] = str(len(content))
            return status, kept, responses.StreamingResponse(partial(send_pieces, content))
        return status, kept, bytes(content) if isinstance(content, memoryview) else content

    s3._read_body, s3.handle_request = read_part, handle


@HOOKS.applies("versions-on-disk")
def _versions_on_disk(_: Engine) -> None:
    persist = s3._persist_object

    def persist_and_drop(bucket: str, key: str, record: Any) -> None:
        persist(bucket, key, record)
        *older, latest = s3._object_versions.get((bucket, key)) or [{}]
        for entry in older:
            if entry.get("data") is not None and s3._version_file_exists(bucket, key, entry["version_id"]):
                entry["data"] = None
        if isinstance(record, dict) and latest.get("version_id") == record.get("version_id"):
            latest["data"] = None

    s3._persist_object = persist_and_drop


@HOOKS.applies("managed-key")
def _managed_key(engine: Engine) -> None:
    resolve, asked = s3._resolve_sse_write_headers, "x-amz-server-side-encryption"
    own = f"arn:aws:kms:{engine.place.region}:{engine.place.account}:alias/aws/s3"

    def resolve_with_key(headers: Any, bucket: str) -> Any:
        if headers.get(asked) == "aws:kms":
            headers = {f"{asked}-aws-kms-key-id": own, **headers}
        return resolve(headers, bucket)

    s3._resolve_sse_write_headers = resolve_with_key
