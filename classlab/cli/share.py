"""`classlab share LAB [ID]`: one seat's outputs of a lab for the whole class."""

from pathlib import Path

import click

from classlab import sharing
from classlab.aws import Aws
from classlab.cli.common import classroom_option, json_option, lab_of, listening, show_json
from classlab.contract import ClassroomOutput
from classlab.errors import UserError
from classlab.reporting.events import step
from classlab.settings import read_classroom
from classlab.stacks import attendee_stacks, class_stack


@click.command()
@classroom_option
@json_option
@click.argument("lab_name", metavar="LAB")
@click.argument("attendee", metavar="[ID]", required=False)
def share(*, classroom_file: Path, as_json: bool, lab_name: str, attendee: str | None) -> None:
    """Copy what LAB's pipeline left in the seat of ID into the class bucket, where all attendees may read it.

    Without ID it is the first seat that has finished. For a training that not everybody can run, and for `jump`.
    """
    classroom = read_classroom(classroom_file)
    lab = lab_of(classroom, lab_name)
    aws = Aws.of_region(classroom.region)
    shared = sharing.of_class(class_stack(aws, classroom.name).output(ClassroomOutput.BUCKET))
    seats = attendee_stacks(aws, classroom.name)
    if attendee is not None and attendee not in seats:
        raise UserError(f"no stack of {attendee} stands; deployed are {', '.join(seats) or 'none'}")
    asked = seats if attendee is None else {attendee: seats[attendee]}
    with listening(as_json=as_json) as emit, step(emit, "share", f"Share the outputs of {lab.name}"):
        whose = sharing.share(aws, lab, asked, shared)
    if as_json:
        show_json({"lab": lab.name, "attendee": whose, "shared": shared.uri})
    else:
        click.echo(f"{lab.name}: the outputs of {whose} are now in {shared.uri}")
