"""Is anything left? Fresh scans, at least a minute apart, that rest on nothing the plan was made of."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from lambdas.shared.clock import Budget
from lambdas.teardown.applying import apply_slice, seconds_to_wait
from lambdas.teardown.kinds import KINDS
from lambdas.teardown.ledger import STUCK, Found, Ledger, Scan
from lambdas.teardown.planning import Action, plan
from lambdas.teardown.scanning import new_scan, scan_slice
from lambdas.teardown.scope import Context

APART = timedelta(seconds=60)
ROUNDS_MAX = 8
_AT_REST = STUCK | {"kept", "unproven"}


@dataclass(frozen=True)
class Verified:
    """Whether the verification is over, and if not, after how many seconds to go on."""

    done: bool
    wait_seconds: int = 1


def verify_slice(context: Context, ledger: Ledger, *, budget: Budget, save: Callable[[], None]) -> Verified:
    """One slice: scan; what comes to light is planned and deleted too; done after two quiet scans in a row."""
    while not budget.spent:
        if ledger.pending:
            if not apply_slice(replace(context, facts=ledger.memory), ledger, budget=budget, save=save):
                return Verified(done=False, wait_seconds=seconds_to_wait(context, ledger))
            continue
        if _is_over(ledger):
            return Verified(done=True)
        wait = _seconds_until_next(context, ledger)
        if wait > 0:
            return Verified(done=False, wait_seconds=wait)
        if not _scan(context, ledger, budget, save):
            break
    return Verified(done=False)


def _is_quiet(ledger: Ledger, scan: Scan) -> bool:
    """Whether a finished scan found nothing that one could still act on."""
    return scan.finished is not None and not _fresh(ledger, scan)


def _is_over(ledger: Ledger) -> bool:
    last = ledger.rounds[-2:]
    quiet = len(last) == 2 and all(_is_quiet(ledger, scan) for scan in last)
    exhausted = len(ledger.rounds) >= ROUNDS_MAX and ledger.rounds[-1].finished is not None
    return quiet or exhausted


def _seconds_until_next(context: Context, ledger: Ledger) -> int:
    if not ledger.rounds or (finished := ledger.rounds[-1].finished) is None:
        return 0
    left = (finished + APART - context.clock.now()).total_seconds()
    return max(0, -int(-left // 1))


def _scan(context: Context, ledger: Ledger, budget: Budget, save: Callable[[], None]) -> bool:
    """Whether this round's scan is finished, and what it found taken into the plan."""
    if not ledger.rounds or ledger.rounds[-1].finished is not None:
        ledger.rounds.append(new_scan(context, ledger.memory))
    scan = ledger.rounds[-1]
    if not scan_slice(replace(context, facts=scan.facts), scan, KINDS, budget=budget, save=save):
        return False
    take_in(ledger, scan, _fresh(ledger, scan))
    save()
    return True


def take_in(ledger: Ledger, scan: Scan, fresh: list[Found]) -> None:
    """Plans what is fresh among all that the scan found, and remembers what it proved.

    Where something that must go first could not be listed, it may be there unseen: nothing after it is dared, nor
    what a stack holds that is not dared.
    """
    ledger.memory = scan.facts.with_memory_of(ledger.memory)
    identities = {found.identity for found in fresh}
    for action in _dared(plan(scan.found.values(), KINDS), scan, ledger):
        if action.identity in identities:
            item = ledger.items[action.identity] = action.item()
            if refusal := scan.found[action.identity].refused:
                item.settle("quarantined", refusal)


def _dared(actions: Iterable[Action], scan: Scan, ledger: Ledger) -> list[Action]:
    """Without what must come after an unlisted kind, or after something that is not dared, or with such a stack."""
    dared = [action for action in actions if not any(after.kind in scan.unlisted for after in KINDS[action.kind].after)]
    while True:
        known = ledger.items.keys() | {action.identity for action in dared}
        stacks = {action.arn for action in dared if action.kind == "stack"} | {None}
        kept = [action for action in dared if known.issuperset(action.needs) and action.stack in stacks]
        if len(kept) == len(dared):
            return dared
        dared = kept


def _fresh(ledger: Ledger, scan: Scan) -> list[Found]:
    """Found, ours, not merely kept, and not given up already."""
    return [
        found
        for found in scan.found.values()
        if not found.kept and (found.identity not in ledger.items or ledger.items[found.identity].state not in _AT_REST)
    ]
