"""`classlab status`: every environment, whether they are the same, when the class ends, what the teardown said."""

from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from classlab import environments, schedule, teardown
from classlab.aws import Aws
from classlab.cli.common import classroom_option, json_option, show_json
from classlab.reporting.rows import environment_rows
from classlab.settings import read_classroom
from classlab.stacks import attendee_stacks, class_stack

_SHORT = 12
_COLOURS = {"ready": "green", "broken": "red", "preparing": "yellow", "absent": "dim"}


@click.command()
@classroom_option
@json_option
def status(*, classroom_file: Path, as_json: bool) -> None:
    """Show the class as it is now; status 1 where an environment is broken or differs.

    Lab files that an attendee has changed are work, and no difference.
    """
    classroom = read_classroom(classroom_file)
    aws = Aws.of_region(classroom.region)
    stack = class_stack(aws, classroom.name)
    stacks = attendee_stacks(aws, classroom.name)
    seats = {attendee: environments.look(aws, attendee, seat) for attendee, seat in stacks.items()}
    as_prepared = {attendee: seat.without_work() for attendee, seat in seats.items()}
    differing = environments.differences(as_prepared)
    ends = schedule.ends_at(aws, stack)
    report = teardown.report(aws, stack)
    if as_json:
        show_json(
            {
                "classroom": classroom.name,
                "teardown_at": ends.isoformat(),
                "environments": [row.model_dump() for row in environment_rows(seats, differing)],
                "environments_identical": environments.identical(as_prepared),
                "teardown": report.model_dump() if report else None,
            }
        )
    else:
        console = Console()
        console.print(_table(seats, differing))
        console.print(f"the teardown begins at {ends:%Y-%m-%d %H:%M:%S} UTC", highlight=False)
        if report:
            console.print(f"the last teardown ended {report.verdict}: {report.deleted} of {report.planned} deleted")
    if any(seat.state == "broken" for seat in seats.values()) or any(differing.values()):
        raise SystemExit(1)


def _table(seats: dict[str, environments.Seat], differing: dict[str, list[str]]) -> Table:
    table = Table("attendee", "state", "ready after", "fingerprint", Column("remarks", overflow="fold"), box=None)
    for attendee, seat in seats.items():
        remarks = "\n".join([*filter(None, [seat.reason]), *differing.get(attendee, []), *_work(seat)])
        ready = f"{seat.seconds_to_ready:.0f} s" if seat.settled else ""
        state = f"[{_COLOURS[seat.state]}]{seat.state}"
        table.add_row(attendee, state, ready, seat.fingerprint[:_SHORT], escape(remarks))
    return table


def _work(seat: environments.Seat) -> list[str]:
    files = len(seat.changed_files)
    return [f"work: {files} {'file' if files == 1 else 'files'} changed"] if files else []
