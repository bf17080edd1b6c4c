"""The day: what is known so far, and the steps it is made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from classlab.aws import Aws
from classlab.cdk import Cdk
from classlab.environments import Seat
from classlab.errors import UserError
from classlab.labs import Lab
from classlab.rehearsal.account import Keys
from classlab.rehearsal.inventory import Inventory, Item
from classlab.rehearsal.options import Options
from classlab.rehearsal.workspace import Workspace
from classlab.reporting.events import Emit, Note
from classlab.reporting.report import JudgeReport, NotebookRow, PipelineRow, StepRow, TeardownReport
from classlab.roster import Attendee
from classlab.settings import Classroom
from classlab.stacks import Stack
from embedded_aws.launcher import Engine


class StepFailedError(UserError):
    """A step could not do its work; what needs it is skipped."""


@dataclass(kw_only=True, repr=False)
class Day:
    """What the steps learn, one after another. A step may read what the steps that it needs have filled in.

    Fields without a default do not exist until then.
    """

    options: Options
    workspace: Workspace
    classroom: Classroom
    attendees: list[Attendee]
    labs: list[Lab]
    emit: Emit
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    temporary_before: frozenset[str] = frozenset()

    engine: Engine = field(init=False)
    root: Aws = field(init=False)
    instructor: Aws = field(init=False)
    instructor_keys: Keys = field(init=False)
    cdk: Cdk = field(init=False)
    baseline: Inventory = field(default_factory=dict)
    strangers: frozenset[Item] = frozenset()
    class_stack: Stack = field(init=False)
    seats: dict[str, Stack] = field(default_factory=dict)
    template_sha256: list[str] = field(default_factory=list)
    environments: dict[str, Seat] = field(default_factory=dict)
    pipelines: list[PipelineRow] = field(default_factory=list)
    notebooks: list[NotebookRow] = field(default_factory=list)
    teardown: TeardownReport | None = None
    judge: JudgeReport | None = None

    steps: list[StepRow] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def problem(self, text: str) -> None:
        """Something did not hold; the day goes on."""
        self.problems.append(text)

    def note(self, text: str, *, important: bool = False) -> None:
        """Something worth knowing, now and in the report."""
        self.notes.append(text)
        self.emit(Note(text, important=important))


Progress = Callable[[int, int, str], None]
"""Done, total, and what just happened."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the day. It runs if every step in `needs` did its work, else it is skipped.

    `run` raises where it could not do its work, and calls :meth:`Day.problem` for what did not hold.
    """

    name: str
    title: str  # may hold {attendees} and {first}
    run: Callable[[Day, Progress], None]
    needs: tuple[str, ...] = ()

    def titled(self, day: Day) -> str:
        """The title for this class."""
        return self.title.format(attendees=len(day.attendees), first=day.attendees[0].id)
