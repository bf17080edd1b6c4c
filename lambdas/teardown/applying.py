"""Works through the plan, a look at a time: nothing is waited for, so that nothing stuck holds up the rest."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from lambdas.shared.clock import Budget
from lambdas.shared.faults import AWS_ERRORS, Fault, classify, describe
from lambdas.shared.retries import full_jitter
from lambdas.shared.telemetry import LOGGER
from lambdas.teardown.kinds import KINDS, Kind, Listed
from lambdas.teardown.ledger import SETTLED, STUCK, Item, Ledger
from lambdas.teardown.ownership import Seen
from lambdas.teardown.scope import Context

OVERALL = timedelta(hours=5)  # from the run's start; what is left then is given up and reported
REFUSALS_MAX = 4  # denied calls; rights need seconds to arrive, not minutes
_FIRST_LOOK = 1.0  # seconds
_DOUBLINGS = 5  # of the time between two looks, to about half a minute
_LAST_LOOK = 30.0
_LONG = timedelta(minutes=10)
_LONG_RUNS_LEAST = 10  # seconds; a state machine's history holds 25,000 events, some ten a slice
_SAVES = 20  # a ledger of many items is large: so many saves while all of them are looked at once
_LOOKS_MIN = 10  # between two saves


def apply_slice(context: Context, ledger: Ledger, *, budget: Budget, save: Callable[[], None]) -> bool:
    """Whether every item is settled or given up; goes on as long as something is due."""
    looks = 0
    while not budget.spent and (due := _due(context, ledger)):
        for item in due:
            before = item.archived
            _look(context, ledger, item, budget)
            looks += 1
            if item.archived != before or looks >= max(_LOOKS_MIN, len(ledger.items) // _SAVES):
                save()
                looks = 0
            if budget.spent:
                break
    save()
    return not ledger.pending


def seconds_to_wait(context: Context, ledger: Ledger) -> int:
    """Until the next item is due, at most thirty; a long run asks less often, for its history has an end."""
    now = context.clock.now()
    least = 1 if now - ledger.started < _LONG else _LONG_RUNS_LEAST
    waits = [(item.due - now).total_seconds() for item in ledger.pending if item.due and _is_ready(item, ledger)]
    return max(least, min(round(min(waits, default=1)), int(_LAST_LOOK)))


def _due(context: Context, ledger: Ledger) -> list[Item]:
    now = context.clock.now()
    _settle_dependants(ledger)
    return [item for item in ledger.items.values() if (item.due is None or item.due <= now) and _is_ready(item, ledger)]


def _is_ready(item: Item, ledger: Ledger) -> bool:
    return item.pending and _is_free(item, ledger)


def _settle_dependants(ledger: Ledger) -> None:
    """What waits for something given up is blocked, and so is what waits for that; a stack's end is its content's."""
    stacks = {item.arn: item for item in ledger.items.values() if item.kind == "stack"}
    left, before = len(ledger.pending), -1
    while left != before:
        for item in ledger.pending:
            stuck = next((need for need in _needs(item, ledger) if need.state in STUCK), None)
            if item.pending and stuck:
                item.settle("blocked", f"must go after {stuck.arn}, which was given up")
            elif item.stack is not None:
                _follow(item, stacks[item.stack])
        left, before = len(ledger.pending), left


def _needs(item: Item, ledger: Ledger) -> Iterator[Item]:
    return (ledger.items[need] for need in item.needs if need in ledger.items)


def _follow(item: Item, stack: Item) -> None:
    if stack.state in ("deleted", "gone"):
        item.asked = True
        item.release(stack)
    elif stack.state in STUCK:
        item.settle("blocked", f"goes with {stack.arn}, which was given up")
    elif stack.state in SETTLED:
        item.settle("unproven", f"its stack {stack.arn} was left alone: {stack.why}")


def _is_free(item: Item, ledger: Ledger) -> bool:
    return all(_is_out_of_the_way(need, item) for need in _needs(item, ledger))


def _is_out_of_the_way(need: Item, item: Item) -> bool:
    """Settled, or at rest and about to go with the stack that the item is, or goes with too."""
    return need.state in SETTLED or (need.state == "prepared" and need.stack in (item.arn, item.stack))


def _look(context: Context, ledger: Ledger, item: Item, budget: Budget) -> None:
    """One look at one item, and one step at most."""
    now = context.clock.now()
    item.since = item.since or now
    item.visits += 1
    kind = KINDS[item.kind]
    try:
        _step(context, ledger, item, kind, budget)
    except AWS_ERRORS as error:
        _note(item, error)
    item.due = now + timedelta(seconds=_next_look(item))
    if item.pending:
        _give_up_if_late(item, kind, ledger, context.clock.now())


def _step(context: Context, ledger: Ledger, item: Item, kind: Kind, budget: Budget) -> None:
    seen = kind.describe(context, Listed(item.arn, item.name))
    if seen is None:
        item.settle("deleted" if item.asked else "gone")
        return
    if seen.identity != item.identity:
        item.settle("replaced", "another resource bears its name now")
        return
    if not item.seen_states or item.seen_states[-1] != seen.state:
        item.seen_states.append(seen.state)
        item.visits = 0
    match kind.step(seen):
        case "wait":
            return
        case "done":
            item.settle("stopped")
        case "keep":
            item.settle("kept", kind.keeps)
        case "stop":
            if _still_ours(context, item, kind, seen):
                item.attempts += 1
                kind.stop(context, seen)
        case "delete":
            _delete(context, ledger, item, kind, seen, budget)


def _delete(context: Context, ledger: Ledger, item: Item, kind: Kind, seen: Seen, budget: Budget) -> None:
    if kind.hands_over(seen):
        _take_over(ledger, item)
    if not _is_free(item, ledger) or not _still_ours(context, item, kind, seen):
        return
    if not kind.prepare(context, item, budget):
        item.visits = 0  # it goes on at once: what is slow here is our own work
        return
    if item.stack is not None:
        item.settle("prepared")
        return
    item.attempts, item.asked = item.attempts + 1, True
    kind.delete(context, seen)
    LOGGER.info("asked for deletion", extra={"arn": item.arn, "proof": item.proof})


def _take_over(ledger: Ledger, stack: Item) -> None:
    """What a failed stack held is deleted by itself, and the stack again after that: nothing is ever retained."""
    for item in ledger.items.values():
        if item.stack == stack.arn and item.state in ("planned", "prepared"):
            item.release(stack)


def _still_ours(context: Context, item: Item, kind: Kind, seen: Seen) -> bool:
    """The proof, asked for again just before anything is changed."""
    judgement = kind.prove(context, seen)
    if judgement.standing != "ours":
        item.settle("unproven", f"its proof {item.proof} does not hold any more: {judgement.why or 'no proof is left'}")
    return judgement.standing == "ours"


def _note(item: Item, error: Exception) -> None:
    item.last_error = describe(error)
    if classify(error) is Fault.DENIED:
        item.refusals += 1
    LOGGER.warning("a step failed", extra={"arn": item.arn, "fault": classify(error), "error": item.last_error})


def _next_look(item: Item) -> float:
    """Seconds: soon after a change, then ever later, with jitter."""
    if item.visits == 0:
        return _FIRST_LOOK if item.seen_states and item.seen_states[-1] else 0.0
    doublings = min(item.visits, _DOUBLINGS)
    return (_FIRST_LOOK * 2.0**doublings + full_jitter(doublings, base=_FIRST_LOOK, cap=_LAST_LOOK)) / 2


def _give_up_if_late(item: Item, kind: Kind, ledger: Ledger, now: datetime) -> None:
    state = item.seen_states[-1] if item.seen_states else "there"
    reason = f"; last error: {item.last_error}" if item.last_error else ""
    if item.refusals >= REFUSALS_MAX:
        item.settle("quarantined", f"denied {item.refusals} times{reason}")
    elif item.since and now - item.since > kind.deadline:
        item.settle("quarantined", f"still {state or 'there'} after {kind.deadline}{reason}")
    elif now - ledger.started > OVERALL:
        item.settle("quarantined", f"still {state or 'there'} when the run's time was up{reason}")
