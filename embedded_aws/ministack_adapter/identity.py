"""Hooks of who calls and what IAM is asked."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_actions, iam_evaluator, router
from ministack.core.concurrency import run_reentrant
from ministack.services import cloudwatch_logs, iam, s3, sts, tagging
from ministack.services import stepfunctions as sfn
from ministack.services.cloudformation import handlers as cfn_handlers
from ministack.services.cloudformation import helpers as cfn_helpers

from embedded_aws.engine import Engine
from embedded_aws.iam import questions as iam_questions
from embedded_aws.iam.authorization import Check
from embedded_aws.iam.policy_principals import unknown_principal
from embedded_aws.iam.questions import Asked
from embedded_aws.iam.role_passing import Request, check_passed
from embedded_aws.iam.role_sessions import outlived
from embedded_aws.ministack_adapter.common import HOOKS, Reply, Service, asker, error_reply
from embedded_aws.sagemaker.errors import AwsError, not_implemented

# Headers and path of the request IAM is asked about: the emulator does not give them where condition keys are read.
_asking: ContextVar[tuple[Any, str]] = ContextVar("asking")


@HOOKS.applies("root-key")
def _root_key(engine: Engine) -> None:
    inner, serve, root = iam_evaluator.resolve_credential, sts.handle_request, engine.root

    def resolve(access_key_id: str, *args: Any, **kwargs: Any) -> Any:
        if _ended(access_key_id):
            return iam_evaluator._unknown_access_key()
        if access_key_id != root.access_key_id:
            return inner(access_key_id, *args, **kwargs)
        account = engine.place.account
        return iam_evaluator.ResolvedCredential(
            access_key_id=access_key_id,
            secret_access_key=root.secret_access_key,
            account_id=account,
            principal_arn=f"arn:aws:iam::{account}:root",
            principal_id=account,
            principal_type="Root",
            source_access_key_id=access_key_id,
        )

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Reply:
        by_root = router.extract_access_key_id(headers, query) == root.access_key_id
        if by_root and parse_qs(body).get(b"Action") == [b"AssumeRole"]:
            text = "Roles may not be assumed by root accounts."
            refused: Reply = cfn_helpers._error("AccessDenied", text, 403)
            return refused
        reply: Reply = await serve(method, path, headers, body, query)
        return reply

    iam_evaluator.is_root_access_key = iam_evaluator._is_root_key = lambda _access_key_id: False
    iam_evaluator.resolve_credential = sts.resolve_credential = resolve
    sts.handle_request = handle


def _ended(access_key_id: str) -> bool:
    """Whether a key belongs to a session whose role is gone, or is another one by now."""
    session = sts._sessions.get(access_key_id) or {}
    arn = str(session.get("Arn", ""))
    if ":assumed-role/" not in arn:
        return False
    role = iam._roles.get(arn.split("/")[1])
    return role is None or outlived(session, role)


@HOOKS.applies("secure-transport")
def _secure_transport(_: Engine) -> None:
    pin = iam_evaluator.pin_request_origin
    app.pin_request_origin = lambda source_ip, _secure: pin(source_ip, secure_transport=True)


@HOOKS.applies("unknown-services")
def _unknown_services(_: Engine) -> None:
    dispatch = app._dispatch_service_request

    async def dispatch_or_name(method: str, path: str, headers: Any, *rest: Any) -> Reply:
        reply: Reply = await dispatch(method, path, headers, *rest)
        unknown = b'{"error": "Unsupported service: '
        if reply[0] != 400 or not isinstance(reply[2], bytes) or not reply[2].startswith(unknown):
            return reply
        error = not_implemented("The service " + reply[2].removeprefix(unknown).decode().split('"')[0])
        form = "form-urlencoded" in headers.get("content-type", "")
        named: Reply = cfn_helpers._error(error.code, error.message) if form else error_reply(error)
        return named

    app._dispatch_service_request = dispatch_or_name
    # ministack would load every model of botocore (400 MB) to learn whether a signature's service is one.
    router._is_aws_service_name = lambda _name: True


@HOOKS.applies("sagemaker")
def _sagemaker(engine: Engine) -> None:
    async def handle(_method: str, path: str, headers: Any, body: bytes, _query: Any) -> Reply:
        asked, caller = asker(engine, headers), iam_evaluator.caller_arn()
        reply: Reply = await run_reentrant(engine.sagemaker.answer, headers, path, body, asked, caller)
        return reply

    app.SERVICE_REGISTRY["sagemaker"] = {"module": "sagemaker"}
    app.SERVICE_HANDLERS["sagemaker"] = handle
    hosts = [r"sagemaker\."]
    router.SERVICE_PATTERNS["sagemaker"] = {"target_prefixes": ["SageMaker."], "host_patterns": hosts}
    iam_actions.SERVICE_TO_IAM_NAMESPACE["sagemaker"] = "sagemaker"


@HOOKS.applies("iam-questions")
def _iam_questions(engine: Engine) -> None:
    action_of, arn_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn
    reply_of, place = iam_actions.access_denied_response, f"{engine.place.region}:{engine.place.account}"

    def action(service: str, method: str, path: str, headers: Any, *rest: Any) -> Any:
        if service == "sagemaker":
            return engine.sagemaker.action(headers, path)
        namespace = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(service)
        found = action_of(service, method, path, headers, *rest)
        return iam_questions.action(namespace, found) if namespace else found

    def arn(service: str, method: str, path: str, headers: Any, body: bytes, query: Any, *rest: Any) -> Any:
        if service == "sagemaker":
            _asking.set((headers, path))
            return engine.sagemaker.resource(headers, path, body)
        found = arn_of(service, method, path, headers, body, query, *rest)
        asked = str(action(service, method, path, headers, body, query))
        held = _held(query) if service == "iam" else {}
        return iam_questions.resource(Asked(service, asked, found, body, query, place, held.get("Arn")))

    def denied(service: str, action: str, principal: str, *args: Any, **kwargs: Any) -> Any:
        if not any(kwargs.get(key) for key in ("error_code", "message", "resource_policy_arn")):
            resource, explicit = kwargs.get("resource_arn", "*"), bool(kwargs.get("explicit_deny"))
            kwargs["message"] = iam_actions.identity_denial_message(action, principal, resource, explicit)
        return reply_of(service, action, principal, *args, **kwargs)

    iam_actions.extract_iam_action, iam_actions.extract_resource_arn = action, arn
    iam_actions.access_denied_response = denied


def _held(params: Any) -> Any:
    """What a request to IAM is about, if it is there."""
    kind, name = iam_questions.subject(params) or ("", "")
    stores = {"instance-profile": iam._instance_profiles, "group": iam._groups, "role": iam._roles, "user": iam._users}
    return stores[kind].get(name) or {} if kind else {}


@HOOKS.applies("iam-conditions")
def _iam_conditions(engine: Engine) -> None:
    tags_of, own_tags = iam_actions.request_tag_context, tagging.resource_tags

    def context(service: str, iam_action: str, body: bytes, params: Any) -> Any:
        own: dict[str, Any] = {}
        if service == "sagemaker":
            own = engine.sagemaker.context(*_asking.get(), body)
        elif service == "iam":
            own = iam_questions.iam_context(params, _held(params).get("PermissionsBoundary"))
        elif service == "monitoring":
            own = iam_questions.metrics_context(iam_action, body, params)
        return {**tags_of(service, iam_action, body, params), **own}

    def resource_tags(arn: str) -> Any:
        parts = arn.split(":")
        if parts[2:3] == ["cloudformation"] and "/" in arn:
            stack = cfn_handlers._resolve_stack(arn.split("/")[1]) or {}
            return {tag["Key"]: tag["Value"] for tag in stack.get("Tags") or []}
        if parts[2:3] == ["logs"]:
            group = arn.partition(":log-group:")[2].partition(":log-stream:")[0]
            return dict((cloudwatch_logs._log_groups.get(group) or {}).get("tags") or {})
        if parts[2:3] == ["states"]:
            machine = ":".join([*parts[:5], "stateMachine", *parts[6:7]])
            return {tag["key"]: tag["value"] for tag in sfn._tags.get(machine) or []}
        return own_tags(arn)

    iam_actions.request_tag_context, tagging.resource_tags = context, resource_tags
    # A boundary may ask for resource tags too, not only an identity policy.
    iam_evaluator._names_condition_key = lambda _policies, _prefix: True


@HOOKS.applies("passed-roles")
def _passed_roles(engine: Engine) -> None:
    def guard(service: str, inner: Service) -> Service:
        async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Reply:
            action = headers.get("x-amz-target", "").rpartition(".")[2]
            request = Request(service, action, method, path, body, engine.place.region)
            try:
                check_passed(request, asker(engine, headers), engine.sessions)
            except AwsError as error:
                return error_reply(error)
            return await inner(method, path, headers, body, query)

        return handle

    for service in ("lambda", "states", "scheduler", "events"):
        app.SERVICE_HANDLERS[service] = guard(service, app.SERVICE_HANDLERS[service])


@HOOKS.applies("further-rights")
def _further_rights(engine: Engine) -> None:
    place = f"{engine.place.region}:{engine.place.account}"

    def further(asked: Asked) -> list[Check]:
        role = iam._roles.get(asked.named("RoleName")) or {}
        passed = iam_questions.into_profile(asked.action, role.get("Arn"))
        return [*iam_questions.further_checks(asked), *([passed] if passed else [])]

    def guard(service: str, inner: Service) -> Service:
        async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Reply:
            action = str(iam_actions.extract_iam_action(service, method, path, headers, body, query))
            params = app._routing_params(method, path, headers, body, query)
            for check in further(Asked(service, action, "", body, params, place)):
                try:
                    asker(engine, headers)(check)
                except AwsError as error:
                    if service == "ssm":
                        return error_reply(error)
                    told = {"message": error.message, "headers": headers}
                    refused: Reply = iam_actions.access_denied_response(service, check.action, "", "", **told)
                    return refused
            return await inner(method, path, headers, body, query)

        return handle

    for service in ("iam", "monitoring", "ssm"):
        app.SERVICE_HANDLERS[service] = guard(service, app.SERVICE_HANDLERS[service])


@HOOKS.applies("policy-principals")
def _policy_principals(engine: Engine) -> None:
    serve_iam, serve_s3 = app.SERVICE_HANDLERS["iam"], s3.handle_request

    def unknown(document: str | bytes) -> str | None:
        def exists(kind: str, arn: str) -> bool:
            held = (iam._roles if kind == "role" else iam._users).get(arn.rsplit("/", 1)[-1])
            return held is not None and held["Arn"] == arn

        return unknown_principal(document, engine.place.account, exists)

    async def handle_iam(method: str, path: str, headers: Any, body: bytes, query: Any) -> Reply:
        form = parse_qs(body.decode(errors="replace"))
        trust = form.get("AssumeRolePolicyDocument") or form.get("PolicyDocument") or [""]
        arn = unknown(trust[0]) if form.get("Action") in (["CreateRole"], ["UpdateAssumeRolePolicy"]) else None
        text = f'Invalid principal in policy: "AWS":"{arn}"'
        refused: Reply | None = iam._error(400, "MalformedPolicyDocument", text) if arn else None
        return refused or await serve_iam(method, path, headers, body, query)

    async def handle_s3(method: str, path: str, headers: Any, body: bytes, query: Any, **more: Any) -> Any:
        if method == "PUT" and "policy" in query and unknown(body):
            return s3._error("MalformedPolicy", "Invalid principal in policy", 400, path)
        return await serve_s3(method, path, headers, body, query, **more)

    app.SERVICE_HANDLERS["iam"], s3.handle_request = handle_iam, handle_s3
