"""Hooks of what making something takes beyond its own action."""

from __future__ import annotations

from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator, router
from ministack.services import lambda_svc, sqs

from embedded_aws.answers import event_sources
from embedded_aws.engine import Engine
from embedded_aws.iam import creation_rights
from embedded_aws.iam import resources as iam_resources
from embedded_aws.ministack_adapter.common import HOOKS, Reply, Service, ask, error_reply
from embedded_aws.sagemaker.errors import AwsError

_ACTIVE_AFTER_SECONDS = 0.1


@HOOKS.applies("lambda-actions")
def _lambda_actions(_: Engine) -> None:
    guess = iam_actions._lambda_action

    def action(method: str, path: str) -> Any:
        operation = iam_actions._match_rest_action("lambda", method, path, {})
        return creation_rights.lambda_action(operation) if operation else guess(method, path)

    iam_actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]
    iam_actions._lambda_action = action


@HOOKS.applies("event-invoke-updates")
def _event_invoke_updates(_: Engine) -> None:
    inner = app.SERVICE_HANDLERS["lambda"]

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Reply:
        if method != "POST" or not path.rstrip("/").endswith("/event-invoke-config"):
            plain: Reply = await inner(method, path, headers, body, query)
            return plain
        held: Reply = await inner("GET", path, headers, b"", query)
        if held[0] >= 400:
            return held
        merged = creation_rights.merged(held[2], body)
        reply: Reply = await inner("PUT", path, headers, merged, query)
        return reply

    app.SERVICE_HANDLERS["lambda"] = handle


@HOOKS.applies("resource-arns")
def _resource_arns(engine: Engine) -> None:
    find, place = iam_actions.extract_resource_arn, f"{engine.place.region}:{engine.place.account}"
    inner = app.SERVICE_HANDLERS["kms"]

    def arn(service: str, method: str, path: str, headers: Any, body: bytes, query: Any, *rest: Any) -> Any:
        found = find(service, method, path, headers, body, query, *rest)
        if found != iam_resources.EVERYTHING:
            return found
        return iam_resources.resource(service, iam_resources.Request(path, body, query, place))

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Reply:
        action = iam_actions.extract_iam_action("kms", method, path, headers, body, query) or ""
        try:
            for check in iam_resources.further_checks(action, iam_resources.Request(path, body, query, place)):
                ask(engine, router.extract_access_key_id(headers, query), check)
        except AwsError as error:
            return error_reply(error)
        reply: Reply = await inner(method, path, headers, body, query)
        return reply

    iam_actions.extract_resource_arn = arn
    app.SERVICE_HANDLERS["kms"] = handle


@HOOKS.applies("creation-rights")
def _creation_rights(engine: Engine) -> None:
    place, tags_of = (engine.place.region, engine.place.account), iam_actions.request_tag_context

    def request_tags(service: str, action: str, body: bytes, params: Any) -> Any:
        if service in creation_rights.TAGS_READ_HERE:
            return creation_rights.request_tags(body)
        return tags_of(service, action, body, params)

    def tags_denied(service: str, action: str, request: tuple[Any, ...]) -> Reply | None:
        method, path, headers, body, query = request
        params = app._routing_params(method, path, headers, body, query)
        own = iam_actions.extract_resource_arn(service, method, path, headers, body, params, *place)
        check = creation_rights.tagging(action, own, request_tags(service, action, body, params))
        key = router.extract_access_key_id(headers, query)
        found = check and iam_evaluator.enforce(key, check.action, service, place[0], own, dict(check.context))
        if not check or not isinstance(found, iam_evaluator.EvalResult):
            return None
        reply: Reply = iam_actions.access_denied_response(
            service,
            check.action,
            found.principal_arn,
            "",
            headers=headers,
            resource_arn=own,
            explicit_deny=found.decision == "Deny",
        )
        return reply

    def guard(service: str, inner: Service) -> Service:
        async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Reply:
            action = iam_actions.extract_iam_action(service, method, path, headers, body, query)
            if engine.place.iam and action in creation_rights.TAGGING:
                denied = tags_denied(service, action, (method, path, headers, body, query))
                if denied:
                    return denied
            return await inner(method, path, headers, body, query)

        return handle

    # By the emulator's own name botocore has no model, and no tags would be found.
    iam_actions._BOTOCORE_SERVICE_MAP["monitoring"] = ["cloudwatch"]
    iam_actions.request_tag_context = request_tags
    for service in creation_rights.SERVICES:
        app.SERVICE_HANDLERS[service] = guard(service, app.SERVICE_HANDLERS[service])


@HOOKS.applies("function-code")
def _function_code(engine: Engine) -> None:
    inner = app.SERVICE_HANDLERS["lambda"]

    def read(action: str, headers: Any, body: bytes) -> None:
        found = creation_rights.function_code(action, body)
        if found is None:
            return
        bucket, key, version = found
        try:
            ask(engine, router.extract_access_key_id(headers, {}), creation_rights.code_check(*found))
        except AwsError as error:
            raise creation_rights.code_denied(bucket, key) from error
        if lambda_svc._fetch_code_from_s3(bucket, key, version_id=version) is None:
            raise creation_rights.code_missing()

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Reply:
        try:
            read(iam_actions.extract_iam_action("lambda", method, path, headers, body, query) or "", headers, body)
        except AwsError as error:
            return error_reply(error)
        reply: Reply = await inner(method, path, headers, body, query)
        return reply

    app.SERVICE_HANDLERS["lambda"] = handle
    lambda_svc._LAMBDA_STATE_TRANSITION_DELAY = _ACTIVE_AFTER_SECONDS


@HOOKS.applies("event-sources")
def _event_sources(_: Engine) -> None:
    create, update = lambda_svc._create_esm, lambda_svc._update_esm

    def create_vetted(data: dict[str, Any]) -> Any:
        name, qualifier, wrong = lambda_svc._resolve_existing_esm_function(data.get("FunctionName", ""))
        source = str(data.get("EventSourceArn"))
        try:
            event_sources.refuse(data)
            event_sources.refuse_missing(source, sqs._queue_name_to_url)
            if not wrong:
                arn = lambda_svc._func_arn(name) + (f":{qualifier}" if qualifier else "")
                event_sources.refuse_again(source, arn, lambda_svc._esms.values())
        except AwsError as error:
            return error_reply(error)
        return create(data)

    def update_vetted(own: str, data: dict[str, Any]) -> Any:
        held = lambda_svc._esms.get(own) or {}
        known = ("BatchSize", "EventSourceArn", "MaximumBatchingWindowInSeconds")
        try:
            event_sources.refuse({**{name: held.get(name) for name in known}, **data})
        except AwsError as error:
            return error_reply(error)
        return update(own, data)

    lambda_svc._create_esm, lambda_svc._update_esm = create_vetted, update_vetted
