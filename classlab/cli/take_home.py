"""`classlab take-home [ID…]`: a folder for each attendee that works without AWS."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from classlab.aws import Aws
from classlab.cli.common import FOLDER, classroom_option, json_option, labs_of, listening, show_json
from classlab.contract import ClassroomOutput
from classlab.errors import UserError
from classlab.reporting.events import Note, StepProgressed, step
from classlab.settings import read_classroom
from classlab.stacks import attendee_stacks, class_stack
from classlab.take_home import archived, fetch_seat, taking_home

_MADE = Path("build/take-home")


@click.command("take-home")
@classroom_option
@json_option
@click.option("--into", type=FOLDER, help="Gets a folder for each attendee [build/take-home/CLASSROOM].")
@click.argument("attendees", metavar="[ID]...", nargs=-1)
def take_home(*, classroom_file: Path, as_json: bool, into: Path | None, attendees: Sequence[str]) -> None:
    """Pack what ID..., or everybody, takes home: notebooks as pages, scripts, data, outputs, and run.py.

    From the seats that stand and from what the teardown kept of the others; `close` does so for all by itself.
    """
    classroom = read_classroom(classroom_file)
    labs, folder = labs_of(classroom), into or _MADE / classroom.name
    aws = Aws.of_region(classroom.region)
    bucket = class_stack(aws, classroom.name).output(ClassroomOutput.BUCKET)
    seats = attendee_stacks(aws, classroom.name)
    asked = _asked(attendees, sorted({*seats, *archived(aws, bucket)}))
    packed = []
    with (
        listening(as_json=as_json) as emit,
        step(emit, "take-home", f"Pack what {len(asked)} attendees take home"),
        taking_home(aws, bucket, classroom.name, labs, folder) as home,
    ):
        for done, attendee in enumerate(asked, start=1):
            with tempfile.TemporaryDirectory(prefix=".fetched-", dir=folder) as scratch:
                packed.append(
                    home.pack(attendee, fetch_seat(aws, bucket, attendee, seats.get(attendee), Path(scratch)))
                )
            emit(StepProgressed("take-home", done, len(asked), f"{attendee}: {packed[-1].pages} pages"))
        for problem in (f"{one.attendee}: {problem}" for one in packed for problem in one.problems):
            emit(Note(problem, important=True))
    if as_json:
        show_json([asdict(one) for one in packed])
    else:
        click.echo(f"{folder}: {', '.join(asked)}")


def _asked(attendees: Sequence[str], known: list[str]) -> list[str]:
    """Those named, all where none is; raises :class:`UserError` for who has neither a seat nor archived work."""
    unknown = [attendee for attendee in attendees if attendee not in known]
    if unknown or not known:
        wanted = ", ".join(unknown) or "anybody"
        raise UserError(
            f"there is neither a seat nor archived work of {wanted}; there is of {', '.join(known) or 'none'}"
        )
    return [attendee for attendee in known if not attendees or attendee in attendees]
