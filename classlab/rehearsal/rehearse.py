"""`classlab rehearse`: from a clean folder to a report."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from classlab.fitting import fitted
from classlab.rehearsal.conduct import conduct
from classlab.rehearsal.day import Day, Step
from classlab.rehearsal.judge import judge_machine, still_at_work, temporary_entries
from classlab.rehearsal.keeping import keep
from classlab.rehearsal.options import Options
from classlab.rehearsal.outcome import report_of
from classlab.rehearsal.today import (
    attendees_of_today,
    labs_of_today,
    move_to_today,
    with_labs,
    write_classroom,
    write_roster,
)
from classlab.rehearsal.workspace import Workspace
from classlab.reporting import html
from classlab.reporting.events import Emit, Finished, Note
from classlab.reporting.report import Report
from classlab.roster import read_roster
from classlab.settings import read_classroom
from embedded_aws import launcher

_SECONDS_TO_GO = 5.0  # for what was told to end, to be gone


def rehearse(options: Options, emit: Emit, steps: Sequence[Step]) -> Report:
    """Run the day and write its report. Raises :class:`UserError` where it cannot begin.

    Interrupted, everything it started is ended first; killed, the next start does that.
    """
    workspace = Workspace(options.folder.resolve())
    with workspace.alone():
        day = morning(options, workspace, emit)
        if left := workspace.clean():
            emit(Note(left))
        with _logging_to(workspace):
            write_class(day)
            try:
                with workspace.marking():
                    conduct(day, steps)
            except BaseException:
                workspace.leave()
                raise
            if options.keep:
                keep(day)
            else:
                _leave(day)
            return _write(day)


def morning(options: Options, workspace: Workspace, emit: Emit) -> Day:
    """Today's class. Nothing is written or ended yet: a mistyped file must not cost a class that was kept."""
    classroom = move_to_today(read_classroom(options.classroom_file), datetime.now(UTC))
    labs = labs_of_today(classroom, options.labs)
    classroom = with_labs(classroom, labs) if options.labs else classroom
    fitted(classroom, labs, options.classroom_file)
    attendees, made_up = attendees_of_today(read_roster(options.roster_file), options.attendees)
    day = Day(
        options=options,
        workspace=workspace,
        classroom=classroom,
        attendees=attendees,
        labs=labs,
        emit=emit,
        temporary_before=temporary_entries(),
    )
    if made_up:
        day.note(f"{len(made_up)} attendees are made up: {', '.join(made_up)}")
    return day


def write_class(day: Day) -> None:
    """The class's files, where the CDK app and `classlab` read them."""
    write_classroom(day.classroom, day.workspace.classroom)
    write_roster(day.attendees, day.workspace.roster)


def _leave(day: Day) -> None:
    """End the embedded AWS and sweep; what remains on this machine, before or after, belongs to the judge's findings.

    The engine has to end what it started by itself: a sweep that came first would hide what a class leaks.
    """
    if not hasattr(day, "engine"):
        day.workspace.leave()
        return
    endpoint, mark = day.engine.endpoint, f"{launcher.STATE_VARIABLE}={day.workspace.state}"
    folders = (day.workspace.state, day.workspace.scratch)
    launcher.end(day.engine)
    remains = still_at_work(endpoint=endpoint, mark=mark, folders=folders, patience=_SECONDS_TO_GO)
    day.workspace.leave()
    remains += judge_machine(endpoint=endpoint, mark=mark, folders=folders, temporary_before=day.temporary_before)
    found = list(dict.fromkeys(remains))
    if day.judge is not None:
        day.judge = day.judge.model_copy(update={"machine": found})
    for what in found:
        day.problem(f"left on this machine: {what}")


def _write(day: Day) -> Report:
    report = report_of(day)
    report.write(day.workspace.report)
    html.write(report, day.workspace.page)
    day.emit(Finished(report.ok, report.seconds, str(day.workspace.page)))
    return report


@contextmanager
def _logging_to(workspace: Workspace) -> Iterator[None]:
    """Send our own log records to the rehearsal's log file."""
    handler = logging.FileHandler(workspace.log, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logger = logging.getLogger("classlab")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
