"""The report of a run: the ``teardown`` part of the class's report, as JSON."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from classlab.contract import TeardownVerdict
from lambdas.teardown.kinds import KINDS
from lambdas.teardown.kinds.jobs import LOOK_BACK
from lambdas.teardown.ledger import Item, Ledger, Noted, Scan
from lambdas.teardown.scope import Context
from lambdas.teardown.verdict import doubts, last_finished, leftovers, verdict

_DONE = ("deleted", "gone", "stopped")
_NOT_LOOKED_FOR = (
    "CloudTrail was not read: kinds outside the table of kinds were not looked for",
    f"jobs begun more than {LOOK_BACK.days} days before the class stack were not looked at: they have ended",
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class ReportItem(_Part):
    """One action of the plan and its outcome."""

    arn: str
    kind: str
    proof: str
    outcome: str
    attempts: int
    states: list[str]
    why: str
    last_error: str


class ReportedLeftover(_Part):
    """What still stands, and what it costs."""

    arn: str
    kind: str
    why: str
    costs: str


class Report(_Part):
    """What ``TEARDOWN_REPORT_KEY`` holds."""

    classroom: str
    run: str
    reason: str
    verdict: TeardownVerdict
    error: str
    started_at: datetime
    finished_at: datetime
    seconds: float
    regions: list[str]
    kinds: list[str]
    planned: int
    deleted: int  # no longer there, or stopped where there is nothing to delete
    items: list[ReportItem]
    leftovers: list[ReportedLeftover]
    kept: list[Noted]
    unattributed: list[Noted]
    strangers_seen: int
    strangers_touched: int
    scans: int
    lister_errors: int
    doubts: list[str]
    notes: list[str]
    api_calls: int
    slices: int


def report_of(context: Context, ledger: Ledger, *, error: str) -> Report:
    """The report of a ledger, whole or cut."""
    items = list(ledger.items.values())
    scans = [scan for scan in (ledger.scan, *ledger.rounds) if scan is not None]
    now = context.clock.now()
    return Report(
        classroom=ledger.classroom,
        run=ledger.run,
        reason=ledger.reason,
        verdict=verdict(ledger, error=error),
        error=error,
        started_at=ledger.started,
        finished_at=now,
        seconds=round((now - ledger.started).total_seconds(), 1),
        regions=[context.scope.region],
        kinds=sorted(KINDS),
        planned=len(items),
        deleted=sum(item.state in _DONE for item in items),
        items=[_item(item) for item in items],
        leftovers=[
            ReportedLeftover(arn=left.arn, kind=left.kind, why=left.why, costs=KINDS[left.kind].costs)
            for left in leftovers(ledger)
        ],
        kept=_kept(ledger),
        unattributed=_unattributed(ledger, scans),
        strangers_seen=len(strangers(scans)),
        strangers_touched=sum(item.arn in strangers(scans) and item.attempts > 0 for item in items),
        scans=sum(scan.finished is not None for scan in scans),
        lister_errors=sum(len(scan.errors) for scan in scans),
        doubts=doubts(ledger),
        notes=list(_NOT_LOOKED_FOR),
        api_calls=ledger.api_calls,
        slices=ledger.slices,
    )


def strangers(scans: list[Scan]) -> set[str]:
    """ARNs of what was never proven to be the class's, in any scan."""
    seen = {arn for scan in scans for arn in scan.strangers}
    seen |= {arn for scan in scans for arn in scan.unattributed}
    return seen - {found.arn for scan in scans for found in scan.found.values()}


def _item(item: Item) -> ReportItem:
    return ReportItem(
        arn=item.arn,
        kind=item.kind,
        proof=item.proof,
        outcome=item.state,
        attempts=item.attempts,
        states=item.seen_states,
        why=item.why,
        last_error=item.last_error,
    )


def _kept(ledger: Ledger) -> list[Noted]:
    """What has no delete call, and what the account shares."""
    last = last_finished(ledger) or ledger.scan
    if last is None:
        return []
    own = [Noted(kind=found.kind, arn=found.arn, why=found.kept) for found in last.found.values() if found.kept]
    return [*own, *last.shared.values()]


def _unattributed(ledger: Ledger, scans: list[Scan]) -> list[Noted]:
    last = scans[-1].unattributed.values() if scans else ()
    alone = [
        Noted(kind=item.kind, arn=item.arn, why=item.why) for item in ledger.items.values() if item.state == "unproven"
    ]
    listed = {noted.arn for noted in alone}
    return alone + [noted for noted in last if noted.arn not in listed]
