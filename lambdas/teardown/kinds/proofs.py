"""Proofs that rest on what a scan knows of the class's stacks."""

from collections.abc import Mapping

from lambdas.teardown.ownership import Evidence, Seen
from lambdas.teardown.scope import Context

_MAKER = "aws:cloudformation:stack-id"  # set by AWS alone


def by_stack(context: Context, stack: str | None) -> Evidence:
    """Proof S: the stack of ours that made it."""
    if stack is None:
        return Evidence()
    return Evidence(proofs=("S",), stack=stack, attendee=context.facts.stacks.get(stack))


def by_memory(context: Context, seen: Seen) -> Evidence:
    """Proof L: a stack of ours held this very resource when it still stood."""
    known = context.facts.remembered.get(seen.identity)
    return Evidence(proofs=("L",), attendee=known.attendee) if known else Evidence()


def by_maker(context: Context, tags: Mapping[str, str]) -> Evidence:
    """AWS's own tag for the stack that made it: ours proves, a standing one that is not ours contradicts."""
    maker = tags.get(_MAKER)
    if maker in context.facts.stacks:
        return by_stack(context, maker)
    if maker is None or is_gone_seat(context, tags):
        return Evidence()
    return Evidence(contradictions=(f"made by the stack {maker}",))


def is_gone_seat(context: Context, tags: Mapping[str, str]) -> bool:
    """Whether AWS's own tag names a seat of this class that does not stand any more."""
    maker = tags.get(_MAKER, "")
    return _seat(context, maker) is not None and maker not in _standing(context)


def seat_stands(context: Context, attendee: str) -> bool:
    """Whether a stack of that attendee's name stands, the class's or not."""
    return any(_seat(context, stack) == attendee for stack in _standing(context))


def _standing(context: Context) -> set[str]:
    return context.facts.others | context.facts.stacks.keys()


def _seat(context: Context, stack: str) -> str | None:
    return context.scope.attendee_of(stack.partition(":stack/")[2].partition("/")[0])
