"""What a kind of resource is to the teardown: list, prove, stop, prepare, delete, and what must go first."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from lambdas.shared.clock import Budget
from lambdas.teardown.ledger import Item
from lambdas.teardown.ownership import Judgement, Seen
from lambdas.teardown.scope import Context

Step = Literal["wait", "stop", "delete", "keep", "done"]
Link = Literal["user", "parent", "attendee"]


@dataclass(frozen=True)
class After:
    """Must not go before resources of another kind: those that use it, its parent, or all of its attendee."""

    kind: str
    link: Link


@dataclass(frozen=True)
class Listed:
    """A resource as a list call names it."""

    arn: str
    name: str


@dataclass(frozen=True)
class Page:
    """One page of a list, and the token of the next."""

    listed: Sequence[Listed]
    token: str | None = None


class Kind(ABC):
    """One file below this folder each. Methods raise AWS's errors; who calls sorts and retries them."""

    name: ClassVar[str]
    after: ClassVar[tuple[After, ...]] = ()
    verbs: ClassVar[tuple[str, ...]] = ("delete",)  # what the plan says will be done
    deadline: ClassVar[timedelta] = timedelta(minutes=10)  # from the first look at one resource to giving it up
    costs: ClassVar[str] = ""  # what it costs while it stands idle
    keeps: ClassVar[str] = ""  # why it is kept, where it cannot be deleted

    @abstractmethod
    def page(self, context: Context, token: str | None) -> Page:
        """One page of everything of this kind in the account and region, whoever owns it."""

    @abstractmethod
    def describe(self, context: Context, listed: Listed) -> Seen | None:
        """The resource as it is now; None once it is gone."""

    @abstractmethod
    def prove(self, context: Context, seen: Seen) -> Judgement:
        """Whose it is, asked afresh."""

    def learn(self, context: Context, seen: Seen, judgement: Judgement) -> None:
        """Keeps what the judgement means for other kinds."""
        context.facts.note(seen, judgement)

    def step(self, seen: Seen) -> Step:  # noqa: ARG002 - most kinds can be deleted in any state
        """What its state allows next."""
        return "delete"

    def refusal(self, seen: Seen) -> str:  # noqa: ARG002 - most kinds have no such protection
        """Why deleting it must not even be tried, nor anything that would go with it; empty for nothing."""
        return ""

    def hands_over(self, seen: Seen) -> bool:  # noqa: ARG002 - only what holds others can
        """Whether it failed to take along what it holds, so that this must be deleted by itself."""
        return False

    def stop(self, context: Context, seen: Seen) -> None:
        """Ends what runs; only for kinds whose step can be ``stop``."""
        raise NotImplementedError(f"{self.name} has nothing to stop")

    def prepare(self, context: Context, item: Item, budget: Budget) -> bool:  # noqa: ARG002 - most kinds need none
        """Whatever must be done before it can be deleted; False while there is more of it to do."""
        return True

    def delete(self, context: Context, seen: Seen) -> None:
        """Deletes it; only for kinds whose step can be ``delete``."""
        raise NotImplementedError(f"{self.name} has no delete API")


def stamp(moment: datetime) -> str:
    """A time as AWS tells it, as identities hold it."""
    return moment.isoformat()
