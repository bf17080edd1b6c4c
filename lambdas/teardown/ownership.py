"""Whose is it? Evidence in, judgement out; pure, and the only place that decides.

Proofs: S a stack of ours made it, T our class tag, R it acts under a role of ours, P its parent is ours, A it lies
under the class's role path and bears its tag, L a stack of ours that is gone by now was seen to hold it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from classlab.contract import ATTENDEE_PATTERN, TAG_ATTENDEE, TAG_CLASSROOM
from lambdas.teardown.identified import Identified

Standing = Literal["ours", "class", "shared", "unattributed", "stranger"]


@dataclass(frozen=True, kw_only=True)
class Seen(Identified):
    """A resource as Describe shows it."""

    kind: str
    arn: str
    name: str
    created: str  # ISO 8601
    state: str = ""  # AWS's word; empty where the kind has none
    detail: str = ""  # what else decides about the next step
    roles: tuple[str, ...] = ()  # ARNs it acts under
    uses: tuple[str, ...] = ()  # keys of what must stay while it stands
    parent: str | None = None  # key of what it belongs to
    tags: Mapping[str, str] | None = None  # where Describe tells them


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Whose it is, by which proof, and for what is not ours, why."""

    standing: Standing
    proof: str = ""
    why: str = ""
    attendee: str | None = None
    stack: str | None = None  # ARN of the standing attendee stack that will take it along


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What speaks for the class, what against it, and what only resembles it."""

    proofs: tuple[str, ...] = ()
    contradictions: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    attendee: str | None = None
    stack: str | None = None

    def __add__(self, other: "Evidence") -> "Evidence":
        return Evidence(
            proofs=self.proofs + other.proofs,
            contradictions=self.contradictions + other.contradictions,
            hints=self.hints + other.hints,
            attendee=self.attendee or other.attendee,
            stack=self.stack or other.stack,
        )


def judge(evidence: Evidence) -> Judgement:
    """Ours on a proof without contradiction. A contradicted proof or a mere resemblance is reported, not touched."""
    if evidence.proofs and evidence.contradictions:
        why = f"proof {','.join(evidence.proofs)} is contradicted: {'; '.join(evidence.contradictions)}"
        return Judgement(standing="unattributed", why=why)
    if evidence.proofs:
        proof = ",".join(dict.fromkeys(evidence.proofs))
        return Judgement(standing="ours", proof=proof, attendee=evidence.attendee, stack=evidence.stack)
    if evidence.hints:
        reasons = "; ".join((*evidence.hints, *evidence.contradictions))
        return Judgement(standing="unattributed", why=f"no proof: {reasons}")
    return Judgement(standing="stranger", why="; ".join(evidence.contradictions))


def by_tags(tags: Mapping[str, str], classroom: str) -> Evidence:
    """The class tag: forced on what attendees create and protected from them afterwards."""
    value = tags.get(TAG_CLASSROOM)
    if value is None:
        return Evidence()
    if value != classroom:
        return Evidence(contradictions=(f"tagged as the class {value!r}",))
    return Evidence(proofs=("T",), attendee=tagged_attendee(tags))


def tagged_attendee(tags: Mapping[str, str]) -> str | None:
    """The attendee a resource is tagged with."""
    attendee = tags.get(TAG_ATTENDEE, "")
    return attendee if ATTENDEE_PATTERN.fullmatch(attendee) else None


def by_roles(roles: tuple[str, ...], own: Mapping[str, str | None], role_prefix: str) -> Evidence:
    """The roles it acts under; one under the class's path that is not there any more says nothing either way."""
    found = Evidence()
    for role in roles:
        if role in own:
            found += Evidence(proofs=("R",), attendee=own[role])
        elif not role.startswith(role_prefix):
            found += Evidence(contradictions=(f"acts under {role}, which is no role of the class",))
        else:
            found += Evidence(hints=(f"acts under {role}, which is not proven to be the class's",))
    return found


def by_name(name: str, *, resembles: bool) -> Evidence:
    """A name proves nothing."""
    return Evidence(hints=(f"only its name {name!r} looks like the class's",)) if resembles else Evidence()
