"""From what was found to what is to be done, in order. Pure: asks nobody, changes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from lambdas.teardown.kinds import After, Kind
from lambdas.teardown.ledger import Found, Item


@dataclass(frozen=True, kw_only=True)
class Action:
    """What will be done to one resource, and after which others."""

    kind: str
    arn: str
    name: str
    created: str
    proof: str
    attendee: str | None
    stack: str | None  # ARN of the stack that takes it along
    verbs: tuple[str, ...]
    needs: tuple[str, ...]  # identities

    @property
    def identity(self) -> str:
        """Tells it from a later resource of the same name."""
        return f"{self.arn}@{self.created}"

    def item(self) -> Item:
        """The action as the ledger follows it."""
        return Item(
            kind=self.kind,
            arn=self.arn,
            name=self.name,
            created=self.created,
            proof=self.proof,
            attendee=self.attendee,
            stack=self.stack,
            needs=self.needs,
        )


def plan(found: Iterable[Found], kinds: Mapping[str, Kind]) -> tuple[Action, ...]:
    """Frozen actions in an order that no action breaks; the same finds give the same plan."""
    resources = sorted(found, key=lambda resource: resource.identity)
    rank = {name: number for number, name in enumerate(_order(kinds))}
    by_kind: dict[str, list[Found]] = {}
    for resource in resources:
        by_kind.setdefault(resource.kind, []).append(resource)
    actions = (_action(resource, kinds[resource.kind], by_kind) for resource in resources)
    return tuple(sorted(actions, key=lambda action: (rank[action.kind], action.arn)))


def _order(kinds: Mapping[str, Kind]) -> Iterable[str]:
    return TopologicalSorter(
        {name: {after.kind for after in kind.after} for name, kind in kinds.items()}
    ).static_order()


def _action(resource: Found, kind: Kind, by_kind: Mapping[str, list[Found]]) -> Action:
    needs = (
        other.identity
        for after in kind.after
        for other in by_kind.get(after.kind, [])
        if other.identity != resource.identity and _must_wait(resource, other, after)
    )
    return Action(
        kind=resource.kind,
        arn=resource.arn,
        name=resource.name,
        created=resource.created,
        proof=resource.proof,
        attendee=resource.attendee,
        stack=resource.stack,
        verbs=_verbs(kind, resource),
        needs=tuple(needs),
    )


def _must_wait(resource: Found, other: Found, after: After) -> bool:
    match after.link:
        case "user":
            return resource.key in other.uses
        case "parent":
            return resource.parent == other.key
        case "attendee":
            return resource.attendee is not None and resource.attendee == other.attendee


def _verbs(kind: Kind, resource: Found) -> tuple[str, ...]:
    """A stack deletes what it holds; only what it cannot do itself is done before."""
    if resource.stack is None:
        return kind.verbs
    return (*(verb for verb in kind.verbs if verb not in ("strip", "delete")), "delete with its stack")
