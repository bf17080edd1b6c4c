"""One pass over every kind in pages: whose is what. Resumable page by page; a lister's error is part of the answer."""

from collections.abc import Callable, Iterable

from lambdas.shared.clock import Budget
from lambdas.shared.faults import AWS_ERRORS, describe
from lambdas.shared.retries import patiently
from lambdas.teardown.facts import Facts
from lambdas.teardown.kinds import KINDS, Kind, Listed
from lambdas.teardown.ledger import Found, Noted, Progress, Scan
from lambdas.teardown.ownership import Judgement, Seen
from lambdas.teardown.scope import Context

Save = Callable[[], None]


def new_scan(context: Context, memory: Facts) -> Scan:
    """A scan that has asked nothing yet."""
    return Scan(started=context.clock.now(), facts=memory.memory())


def scan_slice(context: Context, scan: Scan, kinds: Iterable[str], *, budget: Budget, save: Save) -> bool:
    """Whether the scan is finished; goes on where the last slice stopped, and saves after every page.

    ``context.facts`` must be the scan's own facts.
    """
    for name in kinds:
        progress = scan.progress.setdefault(name, Progress())
        while not progress.done:
            if budget.spent or not _page(context, scan, KINDS[name], progress, budget):
                save()
                return False
            save()
    scan.finished = scan.finished or context.clock.now()
    save()
    return True


def _page(context: Context, scan: Scan, kind: Kind, progress: Progress, budget: Budget) -> bool:
    """Whether the page was read to its end; an error that lasts is kept, and the scan is not complete then."""
    try:
        page = patiently(lambda: kind.page(context, progress.token), clock=context.clock)
    except AWS_ERRORS as error:
        progress.error, progress.unlisted, progress.done = describe(error), True, True
        return True
    for listed in page.listed:
        if listed.arn in progress.judged:
            continue
        if budget.spent:
            return False
        try:
            _judge(context, scan, kind, listed)
        except AWS_ERRORS as error:
            if _stands(context, kind, listed):
                progress.error = f"{listed.arn} could not be judged: {describe(error)}"
                progress.unlisted |= context.scope.resembles(listed.name)
        progress.judged.append(listed.arn)
    progress.listed += len(page.listed)
    progress.token, progress.judged, progress.done = page.token, [], page.token is None
    return True


def _stands(context: Context, kind: Kind, listed: Listed) -> bool:
    """Whether it is there, for all one can tell: what went while it was judged is no error."""
    try:
        return patiently(lambda: kind.describe(context, listed), clock=context.clock) is not None
    except AWS_ERRORS:
        return True


def _judge(context: Context, scan: Scan, kind: Kind, listed: Listed) -> None:
    seen = patiently(lambda: kind.describe(context, listed), clock=context.clock)
    if seen is None:
        return
    judgement = patiently(lambda: kind.prove(context, seen), clock=context.clock)
    patiently(lambda: kind.learn(context, seen, judgement), clock=context.clock)
    _record(scan, kind, seen, judgement)


def _record(scan: Scan, kind: Kind, seen: Seen, judgement: Judgement) -> None:
    noted = Noted(kind=kind.name, arn=seen.arn, why=judgement.why)
    if judgement.standing == "ours":
        scan.found[seen.identity] = found(kind, seen, judgement)
    elif judgement.standing == "shared":
        scan.shared[seen.arn] = noted
    elif judgement.standing == "unattributed":
        scan.unattributed[seen.arn] = noted
    elif judgement.standing == "stranger":
        scan.strangers.add(seen.arn)


def found(kind: Kind, seen: Seen, judgement: Judgement) -> Found:
    """A proven resource as the ledger keeps it."""
    return Found(
        kind=kind.name,
        arn=seen.arn,
        name=seen.name,
        created=seen.created,
        state=seen.state,
        proof=judgement.proof,
        attendee=judgement.attendee,
        uses=seen.uses,
        parent=seen.parent,
        stack=judgement.stack,
        kept=kind.keeps if kind.step(seen) == "keep" else "",
        refused=kind.refusal(seen),
    )
