"""Hooks of CloudFormation: what it refuses, of properties, of templates, and of stacks in a state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ministack.services import cloudformation as cfn
from ministack.services.cloudformation import changesets, stacks
from ministack.services.cloudformation import engine as cfn_engine
from ministack.services.cloudformation import handlers as cfn_handlers
from ministack.services.cloudformation import helpers as cfn_helpers
from yaml import YAMLError

from embedded_aws.cloudformation import (
    exports,
    not_done,
    stack_states,
    template_checks,
    template_sections,
    template_shape,
)
from embedded_aws.cloudformation.property_checks import checks_of
from embedded_aws.cloudformation.resource_schemas import ResourceSchemas
from embedded_aws.engine import Engine
from embedded_aws.ministack_adapter.common import HOOKS, Reply

Handler = Callable[[dict[str, Any]], Reply]


@HOOKS.applies("stack-properties")
def _stack_properties(engine: Engine) -> None:
    check = checks_of(engine.place.region).check
    provision, update, tag = stacks._provision_resource, stacks._update_resource, stacks._with_stack_tags

    def tagged(kind: str, props: dict[str, Any], *more: Any) -> _Tagged:
        return _Tagged(tag(kind, props, *more), props)

    def provision_checked(kind: str, logical_id: str, props: Any, stack_name: str) -> Any:
        check(logical_id, kind, _own(props))
        return provision(kind, logical_id, props, stack_name)

    def update_checked(kind: str, own: str, old: Any, new: Any, stack_name: str, logical_id: Any, *more: Any) -> Any:
        if old != new:
            check(str(logical_id), kind, _own(new))
        return update(kind, own, old, new, stack_name, logical_id, *more)

    stacks._provision_resource = provision_checked
    stacks._update_resource = update_checked
    stacks._with_stack_tags = tagged


def _own(props: dict[str, Any]) -> dict[str, Any]:
    return props.own if isinstance(props, _Tagged) else props


class _Tagged(dict[str, Any]):
    """Properties with the stack's tags among them, and as the template has them: only those are checked."""

    def __init__(self, all_of_them: dict[str, Any], own: dict[str, Any]) -> None:
        super().__init__(all_of_them)
        self.own = own


@HOOKS.applies("stack-templates")
def _stack_templates(engine: Engine) -> None:
    schemas = checks_of(engine.place.region).schemas
    validate = partial(_validate, schemas, cfn_engine.validate_template_support)
    resolve = partial(_resolve, cfn_engine._resolve_parameters)
    for module in (cfn_handlers, changesets):
        module.validate_template_support = validate
        module._resolve_parameters = resolve


def _validate(
    schemas: ResourceSchemas, inner: Callable[..., None], template: Any, conditions: Any, params: Any = None
) -> None:
    """The emulator's checks of a template, and those it lacks.

    A macro may still make everything of what a template says that is only validated (it has no `params`).
    """
    expanded = not template.get("Transform")
    if expanded:
        _raise(
            template_shape.shape_problem(template)
            or template_sections.section_problem(template)
            or not_done.attribute_not_done(template)
        )
    try:
        inner(template, conditions, params=params)
    except ValueError as error:
        raise ValueError(template_checks.unrecognized(str(error), schemas.known)) from error
    if params is not None:
        _raise(not_done.macro_not_done(template))
    if expanded:
        references = cfn_engine._intrinsic_references
        _raise(
            template_checks.unresolved(template, references, conditions)
            or template_checks.unsupported_attribute(template, references, schemas.has_attribute)
        )
        try:
            cfn_engine._topological_sort(template["Resources"], conditions)
        except ValueError as error:
            raise ValueError(template_checks.circular(str(error))) from error


def _resolve(inner: Callable[..., Any], template: Any, given: Any, previous: Any = None) -> Any:
    _raise(template_shape.members_problem(template))
    _raise(template_checks.parameter_problem(template.get("Parameters") or {}, given))
    try:
        return inner(template, given, previous)
    except ValueError as error:
        raise ValueError(template_checks.value_problem(str(error))) from error


def _raise(problem: str | None) -> None:
    if problem:
        raise ValueError(problem)


@HOOKS.applies("stack-states")
def _stack_states(_: Engine) -> None:
    for action in (
        "CreateStack",
        "UpdateStack",
        "DeleteStack",
        "CreateChangeSet",
        "ExecuteChangeSet",
        "SetStackPolicy",
    ):
        cfn_handlers._ACTION_HANDLERS[action] = partial(_guarded, action, cfn_handlers._ACTION_HANDLERS[action])


def _guarded(action: str, inner: Handler, params: dict[str, Any]) -> Reply:
    """An action unless the stack's state forbids it, or the same request has been answered before."""
    stack = _stack_of(params)
    token = cfn_helpers._p(params, "ClientRequestToken")
    if token and stack and stack.get("_tokens", {}).get(action) == token:
        told = f"<{action}Result><StackId>{stack['StackId']}</StackId></{action}Result>"
        return _xml(f"{action}Response", told)
    given = {name: str(cfn_helpers._p(params, name)) for name in params}
    source = template_checks.source_problem(body=bool(given.get("TemplateBody")), url=bool(given.get("TemplateURL")))
    ignored = source or not_done.parameter_not_done(given)
    refusal = ("ValidationError", ignored) if ignored else _refused(action, stack, params)
    if not refusal and stack and action in ("UpdateStack", "CreateChangeSet"):
        refusal = _changed_types(stack, params)
    if refusal:
        return _error(*refusal)
    if action == "DeleteStack" and stack and stack["StackStatus"] == "DELETE_IN_PROGRESS":
        return _xml("DeleteStackResponse", "")
    reply, made = inner(params), _stack_of(params)
    if token and made and reply[0] < 400 and action in ("CreateStack", "UpdateStack"):
        made.setdefault("_tokens", {})[action] = token
    return reply


def _changed_types(stack: Any, params: dict[str, Any]) -> stack_states.Refusal | None:
    """A template that cannot be read is refused later, in words of its own."""
    body, _ = cfn_helpers._resolve_template(params)
    try:
        after = cfn_engine._parse_template(body) if body else {}
    except (ValueError, YAMLError):
        return None
    unreadable = after.get("Transform") or template_shape.members_problem(after)
    problem = None if unreadable else template_checks.changed_types(stack["_template"], after)
    return ("ValidationError", problem) if problem else None


def _refused(action: str, stack: Any, params: dict[str, Any]) -> stack_states.Refusal | None:
    kept = cfn_helpers._p(params, "DisableRollback").lower() == "true"
    name = cfn_helpers._p(params, "ChangeSetName")
    match action:
        case "CreateStack":
            return stack_states.create_refused(stack)
        case "CreateChangeSet":
            return stack_states.change_set_refused(stack, cfn_helpers._p(params, "ChangeSetType", "UPDATE"), name)
        case "UpdateStack":
            return stack_states.update_refused(stack, disable_rollback=kept)
        case "ExecuteChangeSet":
            stack_name = (stack or {}).get("StackName", cfn_helpers._p(params, "StackName"))
            _, found = changesets._find_change_set(name, stack_name)
            updated = stack or (found and cfn_handlers._resolve_stack(found["StackName"]))
            wanted = found and found.get("ChangeSetType") == "UPDATE"
            return stack_states.update_refused(updated, disable_rollback=kept) if wanted else None
        case "DeleteStack":
            retains = bool(cfn_helpers._extract_string_members(params, "RetainResources"))
            return stack_states.delete_refused(stack, retains=retains)
    return None


def _stack_of(params: dict[str, Any]) -> Any:
    return cfn_handlers._resolve_stack(cfn_helpers._p(params, "StackName"))


def _xml(root: str, inner: str) -> Reply:
    reply: Reply = cfn_helpers._xml(200, root, inner)
    return reply


def _error(code: str, message: str) -> Reply:
    reply: Reply = cfn_helpers._error(code, message)
    return reply


@HOOKS.applies("stack-exports")
def _stack_exports(_: Engine) -> None:
    resolve, delete = stacks._resolve_stack_outputs, cfn_handlers._ACTION_HANDLERS["DeleteStack"]

    def resolve_checked(*args: Any) -> Any:
        outputs, made = resolve(*args)
        stack_name, stack_id = args[-2:]
        named = [output["ExportName"] for output in outputs if output.get("ExportName")]
        problem = exports.twice(stack_name, named) or exports.changes_refused(
            stack_id, dict(cfn._exports), made, importers_beside(stack_name)
        )
        if problem:
            raise ValueError(problem)
        for name in [name for name, held in cfn._exports.items() if held["StackId"] == stack_id and name not in made]:
            del cfn._exports[name]
        return outputs, made

    def delete_checked(params: dict[str, Any]) -> Reply:
        stack = _stack_of(params)
        if stack and not stack.get("EnableTerminationProtection"):
            importers = importers_beside(stack["StackName"])
            problem = exports.deletion_refused(stack["StackId"], dict(cfn._exports), importers)
            if problem:
                return _error("ValidationError", problem)
        reply: Reply = delete(params)
        return reply

    def importers_beside(owner: str) -> exports.Importers:
        def importers(export: str) -> list[str]:
            return sorted(name for name, stack in _living() if name != owner and export in _imported(name, stack))

        return importers

    stacks._resolve_stack_outputs = resolve_checked
    cfn_handlers._ACTION_HANDLERS["DeleteStack"] = delete_checked


def _living() -> list[tuple[str, Mapping[str, Any]]]:
    return [
        (name, stack)
        for name, stack in cfn._stacks.items()
        if stack["StackStatus"] not in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")
    ]


def _imported(name: str, stack: Mapping[str, Any]) -> set[str]:
    found: set[str] = cfn_handlers._imported_export_names(stack, name)
    return found
