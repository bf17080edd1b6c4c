"""The verdict: CLEAN only if two scans in a row, a minute apart, heard every lister and found nothing of the class."""

from dataclasses import dataclass

from classlab.contract import TeardownVerdict
from lambdas.teardown.kinds import KINDS
from lambdas.teardown.ledger import STUCK, Found, Ledger, Scan
from lambdas.teardown.verifying import APART

_SCANS_NEEDED = 2


@dataclass(frozen=True)
class Leftover:
    """Something of the class's that still stands."""

    arn: str
    kind: str
    why: str


def verdict(ledger: Ledger, *, error: str = "") -> TeardownVerdict:
    """LEFTOVERS as soon as one is known; UNKNOWN for whatever could not be asked; else CLEAN."""
    if leftovers(ledger):
        return "LEFTOVERS"
    return "UNKNOWN" if error or doubts(ledger) else "CLEAN"


def doubts(ledger: Ledger) -> list[str]:
    """Why nothing found does not mean that nothing is there."""
    last = ledger.rounds[-_SCANS_NEEDED:]
    if len(last) < _SCANS_NEEDED or any(scan.finished is None for scan in last):
        return [f"fewer than {_SCANS_NEEDED} full scans were made"]
    found = [f"{kind} was not listed in full: {error}" for scan in last for kind, error in sorted(scan.errors.items())]
    found += [f"{kind} was not asked for" for scan in last for kind in sorted(KINDS.keys() - scan.progress.keys())]
    first, second = last
    if first.finished is None or second.started - first.finished < APART:
        found.append(f"the last two scans were less than {APART.seconds} seconds apart")
    return list(dict.fromkeys(found))


def leftovers(ledger: Ledger) -> list[Leftover]:
    """What the last finished scan still found, and what was given up in kinds that it could not list."""
    last = last_finished(ledger)
    if last is None:
        return [Leftover(item.arn, item.kind, item.why) for item in ledger.items.values() if item.state in STUCK]
    standing = [found for found in last.found.values() if not found.kept and not _left_alone(ledger, found)]
    unlisted = [
        item
        for item in ledger.items.values()
        if item.state in STUCK and item.kind in last.errors and item.identity not in last.found
    ]
    return [Leftover(found.arn, found.kind, _why(ledger, found)) for found in standing] + [
        Leftover(item.arn, item.kind, item.why) for item in unlisted
    ]


def last_finished(ledger: Ledger) -> Scan | None:
    """The last round that came to its end."""
    return next((scan for scan in reversed(ledger.rounds) if scan.finished is not None), None)


def _left_alone(ledger: Ledger, found: Found) -> bool:
    return found.identity in ledger.items and ledger.items[found.identity].state == "unproven"


def _why(ledger: Ledger, found: Found) -> str:
    item = ledger.items.get(found.identity)
    if item:
        return item.why or item.last_error or item.state
    return "it was not dared: what must go before it could not be listed"
