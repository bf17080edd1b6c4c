"""What the app is given: the classroom, its labs, the last build, and for one attendee's stack the id.

The CDK context names the files: ``-c classroom=FILE -c roster=FILE -c build=FOLDER -c attendee=ID``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from classlab.build.manifest import BUILD_FOLDER, BuildManifest, read_build
from classlab.contract import ATTENDEE_PATTERN
from classlab.errors import UserError
from classlab.fitting import fitted
from classlab.labs import Lab, in_order, read_lab
from classlab.roster import read_roster
from classlab.settings import Classroom, read_classroom

PROJECT = Path(__file__).resolve().parent.parent
LIFECYCLE_FOLDER = PROJECT / "lifecycle"

Context = Callable[[str], object]  # a key of the CDK context to its value, or None


@dataclass(frozen=True, kw_only=True)
class ClassInputs:
    """A classroom and the labs it uses."""

    classroom: Classroom
    labs: tuple[Lab, ...]


@dataclass(frozen=True, kw_only=True)
class BuildInputs:
    """What ``classlab build`` made, and where it lies."""

    manifest: BuildManifest
    folder: Path


def read_class(context: Context) -> ClassInputs:
    """The classroom and its labs; raises :class:`UserError` where a file is missing or they do not fit together."""
    path = Path(str(context("classroom") or "classroom.yaml"))
    classroom = read_classroom(path)
    labs = tuple(read_lab(name) for name in classroom.labs)
    names = [lab.name for lab in labs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"{path}: labs: {', '.join(twice)} stands there twice; every seat has one pipeline a lab")
    return ClassInputs(classroom=fitted(classroom, labs, path), labs=tuple(in_order(labs)))


def read_last_build(context: Context, classroom: str) -> BuildInputs:
    """The last build of this classroom."""
    folder = Path(str(context("build") or BUILD_FOLDER))
    return BuildInputs(manifest=read_build(classroom, folder), folder=folder)


def read_attendee(context: Context) -> str | None:
    """The id of the one attendee whose stack is meant, or None for the class stack.

    Where a roster is there, the id must stand in it.
    """
    attendee = context("attendee")
    if attendee is None:
        return None
    if not (isinstance(attendee, str) and ATTENDEE_PATTERN.fullmatch(attendee)):
        raise UserError(f"-c attendee={attendee}: no attendee id (a-z, 0-9 and single hyphens, 20 at most)")
    path = Path(str(context("roster") or "roster.csv"))
    if (context("roster") or path.exists()) and attendee not in {line.id for line in read_roster(path)}:
        raise UserError(f"-c attendee={attendee}: {path} names no such attendee; add a line for them")
    return attendee
