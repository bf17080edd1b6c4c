"""Stacks: each type's life with the rights that its public schema names, and its failure without any of them."""

from __future__ import annotations

import json

import pytest

from tests.embedded_aws.account import Account, Key, Stack, Template, allow, fresh
from tests.embedded_aws.stack_cases_makers import MAKERS
from tests.embedded_aws.stack_cases_others import OTHERS
from tests.embedded_aws.stack_cases_stores import STORES
from tests.embedded_aws.stack_schemas import schema_of
from tests.embedded_aws.stack_type_cases import Case, Given, Props, given, is_there

CASES = [*MAKERS, *OTHERS, *STORES]
KINDS = pytest.mark.parametrize("case", CASES, ids=[case.kind for case in CASES])


@pytest.fixture(scope="module", name="given")
def _given(account: Account) -> Given:
    return given(account)


def of(case: Case, props: Props) -> Template:
    """A template with one resource, and its Ref."""
    return {
        "Resources": {"Thing": {"Type": case.kind, "Properties": props}},
        "Outputs": {"Ref": {"Value": {"Ref": "Thing"}}},
    }


def rights(*actions: str) -> tuple[dict[str, object], ...]:
    """Statements that let a user make stacks, and do this."""
    return allow("cloudformation:*"), *(allow(action) for action in sorted(set(actions)))


@KINDS
def test_life_with_the_documented_rights_and_no_others(account: Account, given: Given, case: Case) -> None:
    """`handlers.*.permissions` of the type's public schema are enough, and deleting leaves nothing."""
    user = account.user(*rights(*case.create, *case.update, *case.delete))
    props = case.first(given)
    stack = account.deploy(of(case, props), user)
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    assert is_there(case, given, stack.outputs["Ref"], props)
    if case.changed:
        props = case.changed(given)
        updated = account.deploy(of(case, props), user, StackName=stack.name)
        assert (updated.status, updated.outputs) == ("UPDATE_COMPLETE", stack.outputs), updated.reasons
        assert is_there(case, given, stack.outputs["Ref"], props)
    if case.replaced:
        before, old = props, stack.outputs["Ref"]
        props = case.replaced(given)
        stack = account.deploy(of(case, props), StackName=stack.name)
        assert stack.status == "UPDATE_COMPLETE", stack.reasons
        assert stack.outputs["Ref"] != old
        assert is_there(case, given, stack.outputs["Ref"], props)
        assert not is_there(case, given, old, before)
    assert account.destroy(stack, user).status == "DELETE_COMPLETE"
    assert not is_there(case, given, stack.outputs["Ref"], props)


@KINDS
def test_attributes_are_the_public_schemas(account: Account, given: Given, case: Case) -> None:
    """Fn::GetAtt gives every `readOnlyProperties` of the type's schema, but those of features that are refused here."""
    paths = [path.removeprefix("/properties/") for path in schema_of(case.kind).get("readOnlyProperties", [])]
    names = [path.replace("/", ".") for path in paths if not path.startswith(("Metadata", "SnapStartResponse"))]
    wanted = of(case, case.first(given))
    wanted["Outputs"] |= {f"A{i}": {"Value": {"Fn::GetAtt": ["Thing", name]}} for i, name in enumerate(names)}
    stack = account.deploy(wanted)
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    assert len(stack.outputs) == len(names) + 1
    assert all(stack.outputs.values()), dict(zip(names, stack.outputs.values(), strict=False))
    assert account.destroy(stack).status == "DELETE_COMPLETE"


@KINDS
def test_creating_without_one_right(account: Account, given: Given, case: Case) -> None:
    """AccessDenied is the stack's event, as the API said it: a stack acts as its caller ("Using IAM roles")."""
    for action in case.create:
        failed = account.deploy(of(case, case.first(given)), account.user(*rights(*_without(action, case.create))))
        assert failed.status == "ROLLBACK_COMPLETE", action
        assert _denied(failed, action), failed.reasons


@pytest.mark.parametrize("case", [case for case in CASES if case.changed], ids=lambda case: case.kind)
def test_updating_without_one_right(account: Account, given: Given, case: Case) -> None:
    """The same for the update handler; the stack can be updated again afterwards."""
    stack = account.deploy(of(case, case.first(given)))
    for action in case.update:
        assert case.changed
        poor = account.user(*rights(*_without(action, case.update)))
        failed = account.deploy(of(case, case.changed(given)), poor, StackName=stack.name)
        assert failed.status == "UPDATE_ROLLBACK_COMPLETE", action
        assert _denied(failed, action), failed.reasons
    assert account.destroy(stack).status == "DELETE_COMPLETE"


@KINDS
def test_deleting_without_one_right(account: Account, given: Given, case: Case) -> None:
    """The same for the delete handler; the stack can be deleted again afterwards."""
    stack = account.deploy(of(case, case.first(given)))
    for action in case.delete:
        failed = account.destroy(stack, account.user(*rights(*_without(action, case.delete))))
        assert failed.status == "DELETE_FAILED", action
        assert _denied(failed, action), failed.reasons
    assert account.destroy(stack).status == "DELETE_COMPLETE"


def _without(action: str, actions: tuple[str, ...]) -> list[str]:
    return [held for held in actions if held != action]


def _denied(stack: Stack, action: str) -> bool:
    return f"is not authorized to perform: {action}" in stack.reasons["Thing"]


@KINDS
def test_rights_limited_to_its_own_resource(account: Account, given: Given, case: Case) -> None:
    """Resource types of the Service Authorization Reference; with another resource's the stack fails."""

    def limited(stack: str) -> Key:
        fields = {
            "account": account.engine.account,
            "place": f"{account.engine.region}:{account.engine.account}",
            "stack": stack,
            "role": given.role,
            "function": given.function,
            "queue": f"arn:aws:sqs:{account.engine.region}:{account.engine.account}:{given.queue.rsplit('/')[-1]}",
            "topic": given.topic,
            "key": given.key,
            "bucket": f"arn:aws:s3:::{given.bucket}",
        }
        arns = [arn.format_map(fields) for arn in case.arns]
        held = {*case.create, *case.update, *case.delete}
        own = allow(*sorted(held - set(case.anywhere)), resource=arns)
        return account.user(allow("cloudformation:*", *case.anywhere), own)

    name = fresh("limited")
    stack = _with_name(account, name, of(case, case.first(given)), limited(name))
    assert stack.status == "CREATE_COMPLETE", stack.reasons
    if case.changed:
        stack = account.deploy(of(case, case.changed(given)), limited(name), StackName=name)
        assert stack.status == "UPDATE_COMPLETE", stack.reasons
    assert account.destroy(stack, limited(name)).status == "DELETE_COMPLETE"
    if any("{stack}" in arn for arn in case.arns):
        failed = _with_name(account, fresh("stranger"), of(case, case.first(given)), limited(name))
        assert "is not authorized to perform" in failed.reasons["Thing"]


def _with_name(account: Account, name: str, template: Template, key: Key) -> Stack:
    stacks = account.client("cloudformation", key)
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"])
    return account.settled(name)
