"""`classlab rehearse`: a whole class on this machine."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from classlab.cli.common import FILE, FOLDER, json_option
from classlab.errors import UserError
from classlab.labs import lab_folders
from classlab.rehearsal.options import Options
from classlab.rehearsal.rehearse import rehearse as rehearse_class
from classlab.rehearsal.steps import KEPT_DAY, WHOLE_DAY
from classlab.reporting.console import ConsoleRenderer
from classlab.reporting.events import Emit
from classlab.reporting.json_lines import JsonLines

_DEFAULTS = Options()
_INTERRUPTED = 130  # as shells say it of Ctrl-C


@click.command()
@click.option(
    "--classroom",
    "classroom_file",
    type=FILE,
    default=_DEFAULTS.classroom_file,
    show_default="classroom.example.yaml",
    help="The classroom file; its dates are moved to today.",
)
@click.option(
    "--roster",
    "roster_file",
    type=FILE,
    default=_DEFAULTS.roster_file,
    show_default="roster.example.csv",
    help="The roster file.",
)
@click.option("--attendees", type=click.IntRange(min=1), help="How many attend; beyond the roster they are made up.")
@click.option(
    "--labs",
    metavar="all|NAME,NAME",
    default="",
    help="Other labs than the classroom's, with those they start from; the volume grows with their kernels.",
)
@click.option("--data", type=FOLDER, help="Folder that holds the labs' files, such as churn.csv.")
@click.option("--keep", is_flag=True, help="Leave class and embedded AWS running: no teardown, no judge.")
@json_option
def rehearse(
    *,
    classroom_file: Path,
    roster_file: Path,
    attendees: int | None,
    labs: str,
    data: Path | None,
    keep: bool,
    as_json: bool,
) -> None:
    """Run a whole class on the embedded AWS of this machine: deploy, work, tear down, judge.

    Status 0 only if everything held, with --keep everything up to the end of class. The report is
    build/rehearsal/report.json and report.html.
    """
    if data is not None and not data.is_dir():
        raise UserError(f"--data {data}: there is no such folder")
    options = Options(
        classroom_file=classroom_file,
        roster_file=roster_file,
        attendees=attendees,
        labs=_named(labs),
        data=data,
        keep=keep,
    )
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _renderer(as_json=as_json) as emit:
            report = rehearse_class(options, emit, KEPT_DAY if keep else WHOLE_DAY)
    except KeyboardInterrupt:
        click.echo("interrupted: everything the rehearsal started has been ended", err=True)
        raise SystemExit(_INTERRUPTED) from None
    if not report.ok:
        raise SystemExit(1)


def _named(labs: str) -> tuple[str, ...]:
    """The names in `all|NAME,NAME`."""
    if labs == "all":
        return tuple(lab_folders())
    return tuple(name.strip() for name in labs.split(",") if name.strip())


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """End as with Ctrl-C."""
    raise KeyboardInterrupt


@contextmanager
def _renderer(*, as_json: bool) -> Iterator[Emit]:
    if as_json:
        yield JsonLines(sys.stdout)
        return
    with ConsoleRenderer(Console()) as renderer:
        yield renderer
