"""The plan as a document: what a teardown would do, and what it would only report."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from lambdas.teardown.identified import arn_of
from lambdas.teardown.kinds import KINDS
from lambdas.teardown.ledger import Noted, Scan
from lambdas.teardown.planning import Action, plan
from lambdas.teardown.scope import Context


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class PlannedAction(_Part):
    """One line of the plan."""

    kind: str
    arn: str
    attendee: str | None
    proof: str
    verbs: tuple[str, ...]
    after: tuple[str, ...]  # ARNs


class Preview(_Part):
    """What ``plan_key`` holds."""

    classroom: str
    run: str
    at: datetime
    actions: list[PlannedAction]
    kept: list[Noted]
    unattributed: list[Noted]
    strangers_seen: int
    errors: dict[str, str]  # listers that did not answer: what they would have found is not in the plan


def preview_of(context: Context, scan: Scan, *, run: str) -> Preview:
    """The plan of a finished scan."""
    own = [Noted(kind=found.kind, arn=found.arn, why=found.kept) for found in scan.found.values() if found.kept]
    return Preview(
        classroom=context.scope.classroom,
        run=run,
        at=context.clock.now(),
        actions=[_line(action) for action in plan(scan.found.values(), KINDS)],
        kept=[*own, *scan.shared.values()],
        unattributed=list(scan.unattributed.values()),
        strangers_seen=len(scan.strangers),
        errors=scan.errors,
    )


def _line(action: Action) -> PlannedAction:
    return PlannedAction(
        kind=action.kind,
        arn=action.arn,
        attendee=action.attendee,
        proof=action.proof,
        verbs=action.verbs,
        after=tuple(arn_of(identity) for identity in action.needs),
    )
