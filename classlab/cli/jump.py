"""`classlab jump LAB [ID…]`: earlier labs' outputs for whoever was late."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from classlab import sharing
from classlab.aws import Aws
from classlab.cli.common import chosen, classroom_option, json_option, lab_of, listening, show_json
from classlab.contract import ClassroomOutput
from classlab.labs import earlier, read_too
from classlab.reporting.events import Emit, StepProgressed, step
from classlab.settings import read_classroom
from classlab.sharing import Handed
from classlab.stacks import attendee_stacks, class_stack


@click.command()
@classroom_option
@json_option
@click.option("--force", is_flag=True, help="Replace outputs that attendees made themselves.")
@click.argument("lab_name", metavar="LAB")
@click.argument("attendees", metavar="[ID]...", nargs=-1)
def jump(*, classroom_file: Path, as_json: bool, force: bool, lab_name: str, attendees: tuple[str, ...]) -> None:
    """Put the outputs of all labs before LAB into the buckets of the attendees ID..., or of all who lack them.

    They come from the class's shared outputs; what is not shared yet is first, from a seat that has finished. What
    LAB's notebooks only compare with comes along where somebody has finished it.
    """
    classroom = read_classroom(classroom_file)
    lab = lab_of(classroom, lab_name)
    aws = Aws.of_region(classroom.region)
    shared = sharing.of_class(class_stack(aws, classroom.name).output(ClassroomOutput.BUCKET))
    donors = attendee_stacks(aws, classroom.name)
    seats = chosen(donors, attendees)
    compared = read_too(lab)
    there = sharing.available(aws, compared, donors, shared)
    labs = [*earlier(lab), *there]
    with listening(as_json=as_json) as emit, step(emit, "jump", f"Bring {len(seats)} attendees to {lab.name}"):
        heard = _heard(emit, len(labs) * len(seats))
        done = sharing.jump(aws, labs, seats, donors, shared, force=force, heard=heard)
    for missing in (one for one in compared if one not in there):
        click.echo(f"{missing.name} is left out: nobody has finished it, and {lab.name} can do without it", err=True)
    if as_json:
        show_json([asdict(handed) for handed in done])
    elif not labs:
        click.echo(f"{lab.name} starts from the class's raw data: there is nothing to put in place")


def _heard(emit: Emit, total: int) -> Callable[[Handed], None]:
    """Turns what is handed over into progress."""
    done: list[Handed] = []

    def heard(handed: Handed) -> None:
        done.append(handed)
        amount = f" ({handed.objects} objects, {handed.size / 2**20:.1f} MiB)" if handed.objects else ""
        emit(StepProgressed("jump", len(done), total, f"{handed.attendee}: {handed.lab}: {handed.outcome}{amount}"))

    return heard
