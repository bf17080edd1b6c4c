"""`classlab run LAB [ID…]`: a lab's pipeline, for some attendees or for all."""

from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from classlab import data_source, pipelines
from classlab.aws import Aws
from classlab.cli.common import chosen, classroom_option, json_option, lab_of, listening, show_json
from classlab.contract import AttendeeOutput, ClassroomOutput, PipelineData
from classlab.errors import UserError
from classlab.labs import Lab
from classlab.reporting.events import Emit, StepProgressed, step
from classlab.reporting.rows import pipeline_row
from classlab.settings import read_classroom
from classlab.stacks import Stack, attendee_stacks, class_stack


@click.command()
@classroom_option
@json_option
@click.option(
    "--set", "wishes", metavar="STEP.NAME=VALUE", multiple=True,
    help="Otherwise than in the manifest: train.epochs=3, prepare.IMAGE_SIZE=64; may be repeated.",
)  # fmt: skip
@click.argument("lab_name", metavar="LAB")
@click.argument("attendees", metavar="[ID]...", nargs=-1)
def run(
    *, classroom_file: Path, as_json: bool, wishes: tuple[str, ...], lab_name: str, attendees: tuple[str, ...]
) -> None:
    """Run the pipeline of LAB for the attendees ID..., or for all; status 1 where one did not succeed.

    On generated data it runs with the small settings of the lab's manifest.
    """
    classroom = read_classroom(classroom_file)
    lab = lab_of(classroom, lab_name)
    settings = pipelines.wishes_of(lab, wishes)
    aws = Aws.of_region(classroom.region)
    class_bucket = class_stack(aws, classroom.name).output(ClassroomOutput.BUCKET)
    seats = chosen(attendee_stacks(aws, classroom.name), attendees)
    data = {id_: _data_of(aws, lab, class_bucket, id_, seat) for id_, seat in seats.items()}
    with listening(as_json=as_json) as emit:
        title = f"Run {lab.name} for {len(seats)} attendees"
        with step(emit, "pipelines", title):
            outcomes = pipelines.run_all(
                aws, seats, lab=lab, data=data, wishes=settings, heard=_Heard(emit, len(seats))
            )
    if as_json:
        show_json([pipeline_row(outcome).model_dump() for outcome in outcomes])
    else:
        Console().print(_table(outcomes))
    if any(outcome.result["status"] != "succeeded" for outcome in outcomes):
        raise SystemExit(1)


def _data_of(aws: Aws, lab: Lab, class_bucket: str, attendee: str, seat: Stack) -> PipelineData:
    """Before anything is started: whoever lacks the data is named."""
    try:
        return data_source.of_seat(aws, lab, class_bucket=class_bucket, seat_bucket=seat.output(AttendeeOutput.BUCKET))
    except UserError as error:
        raise UserError(f"{attendee}: {error}") from error


def _table(outcomes: list[pipelines.Outcome]) -> Table:
    table = Table("attendee", "status", "gate", "test metrics", Column("reason", overflow="fold"), box=None)
    for outcome in outcomes:
        row = pipeline_row(outcome)
        gate = f"{row.gate.metric} {row.gate.value} ≥ {row.gate.at_least}" if row.gate else ""
        metrics = ", ".join(f"{name} {value:.4g}" for name, value in row.metrics.items())
        table.add_row(row.attendee, row.status, gate, metrics, escape(row.reason))
    return table


class _Heard:
    """Turns ended pipelines into progress."""

    def __init__(self, emit: Emit, total: int) -> None:
        self._emit, self._total, self._done = emit, total, 0

    def __call__(self, outcome: pipelines.Outcome) -> None:
        self._done += 1
        note = f"{outcome.run.attendee}: {outcome.result['status']}"
        self._emit(StepProgressed("pipelines", self._done, self._total, note))
