"""Whose twins the strangers are, and what they are called."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import count
from typing import TypedDict

from classlab.aws import Aws
from classlab.contract import CLASSROOM_MAX, TAG_ATTENDEE, TAG_CLASSROOM, attendee_stack_name
from classlab.errors import UserError
from classlab.waiting import Patience

_PATIENCE = Patience(seconds=300.0, first=0.2, longest=3.0)


class Tag(TypedDict):
    """A tag as most services take it."""

    Key: str
    Value: str


@dataclass(frozen=True, kw_only=True)
class Twin:
    """Names of strangers in one account, chosen to be mistaken for one class's."""

    aws: Aws
    classroom: str
    attendee: str  # a real one, whose names are almost copied
    nobody: str  # an id that could be an attendee's and is not
    image: str  # URI of an image that serves and processes

    @property
    def stack(self) -> str:
        """The name of a seat that is nobody's."""
        return attendee_stack_name(self.classroom, self.nobody)

    @property
    def other_class(self) -> str:
        """Another class, whose name begins as ours."""
        return self.classroom[: CLASSROOM_MAX - 2].rstrip("-") + "-2"

    def tags(self, classroom: str) -> list[Tag]:
        """The tags of a seat of a class."""
        return [Tag(Key=TAG_CLASSROOM, Value=classroom), Tag(Key=TAG_ATTENDEE, Value=self.nobody)]

    def wait(self, what: str, status: Callable[[], str], wanted: str, patience: Patience = _PATIENCE) -> None:
        """Until a status is reached; raises :class:`UserError` where it fails or stays away."""
        seen = ""
        for _ in patience.rounds():
            seen = status()
            if seen == wanted:
                return
            if "FAILED" in seen.upper():
                break
        raise UserError(f"the stranger's {what} is {seen}, and {wanted} was expected")


def nobody_among(attendees: Collection[str]) -> str:
    """An id that no attendee has."""
    return next(id_ for id_ in (f"zoe-{number}" for number in count(1)) if id_ not in attendees)


def policy(statement: Mapping[str, object]) -> str:
    """A policy document of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [dict(statement)]})
