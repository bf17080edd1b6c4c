"""Typed events of long work. The core emits them and never prints; renderers show them.

Events may come from several threads; a renderer handles each call completely.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["held", "failed", "skipped"]


@dataclass(frozen=True)
class StepStarted:
    """A step began; `name` is its id in the report, `title` what people read."""

    name: str
    title: str


@dataclass(frozen=True)
class StepProgressed:
    """`done` of `total` parts of a step are finished; `note` says what just happened."""

    name: str
    done: int
    total: int
    note: str = ""


@dataclass(frozen=True)
class StepEnded:
    """A step is over; `problems` says what did not hold."""

    name: str
    title: str
    outcome: Outcome
    seconds: float
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Note:
    """Something people should know; important ones are not lost among the steps."""

    text: str
    important: bool = False


@dataclass(frozen=True)
class Finished:
    """The whole run is over."""

    ok: bool
    seconds: float
    report: str = field(default="", metadata={"help": "path of the report, where one was written"})


Event = StepStarted | StepProgressed | StepEnded | Note | Finished
Emit = Callable[[Event], None]


def ignore(_event: Event) -> None:
    """An :data:`Emit` for whoever does not listen."""


@contextmanager
def step(emit: Emit, name: str, title: str) -> Iterator[None]:
    """Frame a piece of work with its events; an exception ends it as failed and goes on up."""
    started = time.monotonic()
    emit(StepStarted(name, title))
    try:
        yield
    except BaseException as error:
        problem = str(error) or type(error).__name__
        emit(StepEnded(name, title, "failed", time.monotonic() - started, (problem,)))
        raise
    emit(StepEnded(name, title, "held", time.monotonic() - started))
