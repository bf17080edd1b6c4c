"""What is known to be the class's own: the ground on which everything else is judged."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict

from lambdas.teardown.ownership import Judgement, Seen

_SKEW = timedelta(seconds=1)  # log streams tell milliseconds, jobs more


class Proven(BaseModel):
    """A resource that was proven to be the class's."""

    model_config = ConfigDict(frozen=True)

    arn: str
    created: str  # ISO 8601
    attendee: str | None


def resource_key(resource_type: str, physical_id: str) -> str:
    """Key of a stack's resource; SageMaker lower-cases ARNs, so that case says nothing there."""
    physical = physical_id.lower() if resource_type.startswith("AWS::SageMaker::") else physical_id
    return f"{resource_type}|{physical}"


class Facts(BaseModel):
    """Filled by a scan in the order stacks, roles, everything else."""

    class_stack: str = ""  # ARN
    class_created: str = ""  # ISO 8601
    stacks: dict[str, str] = {}  # ARN of a standing attendee stack -> attendee
    others: set[str] = set()  # ARNs of standing stacks that are not the class's
    owners: dict[str, str] = {}  # resource_key -> ARN of the stack of ours that made it
    roles: dict[str, str | None] = {}  # ARN of a proven attendee role -> attendee
    proven: dict[str, Proven] = {}  # "<kind>/<name>" -> the resource that was proven under this name
    remembered: dict[str, Proven] = {}  # identity -> what a stack was once seen to hold; the stack may be gone by now

    def stack_of(self, resource_type: str, *physical_ids: str) -> str | None:
        """ARN of the stack of ours that holds one of these physical ids."""
        keys = (resource_key(resource_type, physical) for physical in physical_ids)
        return next((self.owners[key] for key in keys if key in self.owners), None)

    def physical_ids(self, resource_type: str) -> list[str]:
        """Physical ids of one type in the attendees' stacks."""
        start = resource_key(resource_type, "")
        return sorted(
            key.removeprefix(start)
            for key, stack in self.owners.items()
            if key.startswith(start) and stack in self.stacks
        )

    def note(self, seen: Seen, judgement: Judgement) -> None:
        """Keeps what was judged; a name that another resource bears now proves nothing about its children."""
        if judgement.standing == "ours":
            proven = Proven(arn=seen.arn, created=seen.created, attendee=judgement.attendee)
            self.proven[seen.key] = proven
            if {"S", "L"} & set(judgement.proof.split(",")):
                self.remembered[seen.identity] = proven
        else:
            self.proven.pop(seen.key, None)

    def parent_of(self, key: str, child_created: str) -> Proven | None:
        """The proven resource under a name, unless the child is older than it."""
        parent = self.proven.get(key)
        if parent is None or datetime.fromisoformat(child_created) + _SKEW < datetime.fromisoformat(parent.created):
            return None
        return parent

    def memory(self) -> Self:
        """What stays true for a later, independent scan: no stacks, no owners, only what was proven once."""
        return type(self)(roles=dict(self.roles), proven=dict(self.proven), remembered=dict(self.remembered))

    def with_memory_of(self, older: "Facts") -> Self:
        """These facts and what an older scan proved; which stacks stand is for the newer one to say."""
        return type(self)(
            class_stack=self.class_stack or older.class_stack,
            class_created=self.class_created or older.class_created,
            stacks=dict(self.stacks),
            others=set(self.others),
            owners={**older.owners, **self.owners},
            roles={**older.roles, **self.roles},
            proven={**older.proven, **self.proven},
            remembered={**older.remembered, **self.remembered},
        )
