"""Hooks of CloudFormation: whom a stack acts for, and the resource types that are done by API calls."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from ministack import app
from ministack.core import iam_evaluator, router
from ministack.services import cloudformation as cfn
from ministack.services import ssm
from ministack.services.cloudformation import changesets, provisioners, stacks
from ministack.services.cloudformation import engine as cfn_engine
from ministack.services.cloudformation import handlers as cfn_handlers
from ministack.services.cloudformation import helpers as cfn_helpers

from embedded_aws.cloudformation import resource_types, rights
from embedded_aws.cloudformation.acts import acts
from embedded_aws.cloudformation.calls import StackCalls
from embedded_aws.cloudformation.conditions import with_resolved_values
from embedded_aws.cloudformation.principal import Principals, show_roles
from embedded_aws.cloudformation.types import ResourceError
from embedded_aws.engine import Engine
from embedded_aws.iam.role_passing import Request, check_passed
from embedded_aws.ministack_adapter import stack_tags
from embedded_aws.ministack_adapter.common import HOOKS, Reply, ask, asker
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Credentials

_acting: ContextVar[Credentials] = ContextVar("acting")


@HOOKS.applies("stack-principal")
def _stack_principal(engine: Engine) -> None:
    inner = app.SERVICE_HANDLERS["cloudformation"]

    def caller(access_key_id: str) -> Credentials:
        if not engine.place.iam:
            return engine.root
        held = iam_evaluator.resolve_credential(access_key_id, engine.place.account)
        end = engine.root.expiration
        return Credentials(access_key_id, held.secret_access_key, held.session_token or "", end)

    principals = Principals(
        cfn_handlers._resolve_stack,
        lambda name, stack: changesets._find_change_set(name, stack)[1],
        caller,
        engine.sessions,
    )

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Reply:
        params = {key: found[0] for key, found in parse_qs(body.decode(errors="replace")).items()}
        request, role = Request("cloudformation", "", method, path, body, engine.place.region), principals.role(params)
        try:
            check_passed(request, asker(engine, headers), engine.sessions)
            for check in rights.of_template(params.get("TemplateURL", "")):
                ask(engine, router.extract_access_key_id(headers, query), check)
            _acting.set(principals.credentials(role, router.extract_access_key_id(headers, query)))
        except AwsError as error:
            refused: Reply = cfn_helpers._error(error.code.replace("DeniedException", "Denied"), error.message)
            return refused
        status, kept, content = await inner(method, path, headers, body, query)
        if status < 400:
            principals.remember(params, role)
        if params.get("Action") == "DescribeStacks":
            content = show_roles(content, cfn._stacks.values())
        return status, kept, content

    app.SERVICE_HANDLERS["cloudformation"] = handle


@HOOKS.applies("stack-conditions")
def _stack_conditions(_: Engine) -> None:
    evaluate = cfn_engine._evaluate_conditions

    def evaluate_all(template: Any, params: Any) -> Any:
        def resolve(value: Any) -> Any:
            return cfn_engine._resolve_refs(value, {}, params, {}, template.get("Mappings", {}), "", "")

        return evaluate(with_resolved_values(template, resolve), params)

    for module in (cfn_handlers, changesets, stacks):
        module._evaluate_conditions = evaluate_all


@HOOKS.applies("stack-types")
def _stack_types(engine: Engine) -> None:
    off_loop, tables = stacks._runs_on_worker_thread, provisioners

    call = StackCalls(engine.clients, _acting.get, engine.clock, engine.stack_resources.calling)

    def name(stack_name: str, logical_id: str, longest: int) -> str:
        # Drawn for each resource, as on AWS: a stack made again under its name has other names inside.
        provisioners._NAME_SEED.set(provisioners._NAME_SEED.get() or secrets.token_hex(4))
        return str(provisioners._physical_name(stack_name, logical_id, max_len=longest)).removeprefix("-")

    def set_system_tags(type_name: str, physical_id: str, tags: Mapping[str, str]) -> None:
        engine.sagemaker.set_system_tags(physical_id, tags)
        stack_tags.set_system_tags(type_name, physical_id, tags)

    def noted(type_name: str, handlers: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
        create = handlers["create"]

        def create_and_note(logical_id: str, props: Any, stack_name: str) -> Any:
            return engine.stack_resources.make(create, stack_name, logical_id, type_name, props)

        return {**handlers, "create": create_and_note}

    types = resource_types(engine.place.region)
    for type_name, kind in types.items():
        handlers = acts(kind, call, name, partial(set_system_tags, type_name))
        tables._RESOURCE_HANDLERS[type_name] = noted(type_name, handlers)
        tables._REPLACING_PROPERTIES[type_name] = kind.replaced_by
        tables._STACK_TAG_PROPERTY.pop(type_name, None)
        if kind.tags:
            tables._STACK_TAG_PROPERTY[type_name] = (kind.tags, kind.tags_shape)
    # The emulator makes the others past every check of rights: better none than such a one.
    for type_name in tables._RESOURCE_HANDLERS.keys() - types.keys():
        if not (rights.is_custom(type_name) or rights.is_free(type_name)):
            del tables._RESOURCE_HANDLERS[type_name]
    stacks._runs_on_worker_thread = lambda type_name: type_name in types or off_loop(type_name)


@HOOKS.applies("stack-rights")
def _stack_rights(engine: Engine) -> None:
    place = {"region": engine.place.region, "account": engine.place.account}
    resolve = ssm.resolve_parameter_value

    def read_parameter(name: str, *more: Any, **options: Any) -> Any:
        acting = _acting.get(None)
        if acting is not None:
            try:
                ask(engine, acting.access_key_id, rights.of_parameter(name, place))
            except AwsError as error:
                raise ValueError(error.message) from error
        return resolve(name, *more, **options)

    def checked(inner: Callable[..., Any], props_at: int) -> Callable[..., Any]:
        def act(kind: str, own: str, *args: Any) -> Any:
            if rights.is_custom(kind):
                try:
                    ask(engine, _acting.get().access_key_id, rights.of_provider(args[props_at]))
                except AwsError as error:
                    raise ResourceError(f'Resource handler returned message: "{error.message}"') from error
            return inner(kind, own, *args)

        return act

    update = stacks._update_resource

    def update_keeping_attributes(kind: str, own: str, old: Any, new: Any, stack_name: str, *args: Any) -> Any:
        held = ((cfn._stacks.get(stack_name) or {}).get("_resources") or {}).get(args[0]) or {}
        attributes_held = dict(held.get("Attributes") or {})
        physical_id, attributes = update(kind, own, old, new, stack_name, *args)
        return physical_id, attributes or (attributes_held if physical_id == own else {})

    stacks._provision_resource = checked(stacks._provision_resource, 0)
    stacks._update_resource = checked(update_keeping_attributes, 1)
    stacks._delete_resource = checked(stacks._delete_resource, 0)
    ssm.resolve_parameter_value = read_parameter
