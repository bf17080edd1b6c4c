"""The ledger of one run: what was found, what is planned, what became of it. Resumable after any cut."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from lambdas.teardown.facts import Facts
from lambdas.teardown.identified import Identified

State = Literal[
    "planned",
    "prepared",  # stopped and emptied; its stack takes it along
    "deleted",
    "gone",  # not there any more when we came to delete it, or a delete whose answer was lost
    "stopped",
    "kept",
    "replaced",  # another resource bears its ARN now; that one is judged on its own
    "unproven",  # its proof did not hold when it was asked for again, so it was left alone
    "quarantined",  # given up for this run
    "blocked",  # waits for something given up
]
SETTLED: frozenset[State] = frozenset({"deleted", "gone", "stopped", "kept", "replaced", "unproven"})
STUCK: frozenset[State] = frozenset({"quarantined", "blocked"})


class Found(Identified, BaseModel):
    """A resource that a scan proved to be the class's."""

    model_config = ConfigDict(frozen=True)

    kind: str
    arn: str
    name: str
    created: str
    state: str
    proof: str
    attendee: str | None = None
    uses: tuple[str, ...] = ()
    parent: str | None = None
    stack: str | None = None
    kept: str = ""  # why it stays, for what cannot be deleted and does no more
    refused: str = ""  # why it must not even be tried


class Noted(BaseModel):
    """A resource that is only reported."""

    model_config = ConfigDict(frozen=True)

    kind: str
    arn: str
    why: str


class Progress(BaseModel):
    """How far a scan is with one kind."""

    token: str | None = None
    judged: list[str] = []  # ARNs of this page, so that a page that is read again goes on where it was
    listed: int = 0
    done: bool = False
    error: str = ""
    unlisted: bool = False  # whether something of the class's may have gone unseen


class Scan(BaseModel):
    """One pass over every kind."""

    started: datetime
    finished: datetime | None = None
    progress: dict[str, Progress] = {}
    facts: Facts = Facts()
    found: dict[str, Found] = {}  # identity -> ours
    shared: dict[str, Noted] = {}  # by ARN, as the following: what is listed twice counts once
    unattributed: dict[str, Noted] = {}
    strangers: set[str] = set()

    @property
    def errors(self) -> dict[str, str]:
        """Listers that did not answer in full."""
        return {kind: progress.error for kind, progress in self.progress.items() if progress.error}

    @property
    def unlisted(self) -> set[str]:
        """Kinds of which something of the class's may have gone unseen."""
        return {kind for kind, progress in self.progress.items() if progress.unlisted}


class Item(BaseModel):
    """One action of the plan, and what became of it."""

    kind: str
    arn: str
    name: str
    created: str
    proof: str
    attendee: str | None
    stack: str | None  # ARN of the stack that takes it along; None once it is to be deleted by itself
    needs: tuple[str, ...]  # identities of what must go first
    state: State = "planned"
    seen_states: list[str] = []
    attempts: int = 0  # calls that change something
    asked: bool = False  # whether its deletion was asked for, of itself or with its stack
    visits: int = 0  # since something changed last
    refusals: int = 0  # denied calls
    since: datetime | None = None
    due: datetime | None = None
    cursor: str = ""  # key of the last object archived
    archived: bool = False
    why: str = ""
    last_error: str = ""

    @property
    def identity(self) -> str:
        """Tells it from a later resource of the same name."""
        return f"{self.arn}@{self.created}"

    @property
    def pending(self) -> bool:
        """Whether there is something left to do for it by itself."""
        return self.state == "planned"

    def settle(self, state: State, why: str = "") -> None:
        """Ends the work on it."""
        self.state, self.why = state, why

    def release(self, stack: "Item") -> None:
        """From here on it is dealt with by itself, not with its stack, nor after it."""
        self.state, self.stack, self.due, self.visits = "planned", None, None, 0
        self.needs = tuple(need for need in self.needs if need != stack.identity)


class Ledger(BaseModel):
    """Everything one run knows; stored after every step that a cut must not lose."""

    classroom: str
    run: str
    reason: str
    started: datetime
    dry_run: bool
    stop_scan: Scan | None = None
    scan: Scan | None = None
    rounds: list[Scan] = []  # of verification
    items: dict[str, Item] = {}  # identity -> item
    memory: Facts = Facts()
    api_calls: int = 0
    slices: int = 0
    finished: datetime | None = None

    @property
    def latest(self) -> Scan | None:
        """The scan that was begun last."""
        return self.rounds[-1] if self.rounds else self.scan

    @property
    def pending(self) -> list[Item]:
        """What apply still has to do."""
        return [item for item in self.items.values() if item.state in ("planned", "prepared")]
