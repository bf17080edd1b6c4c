"""One attendee at work: the labs' notebooks by hand, then the instance is stopped and started again."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from classlab import environments
from classlab.contract import AttendeeOutput, seat_notebook
from classlab.labs import Lab
from classlab.notebook_session import Executed, NotebookSession, presigned_url
from classlab.rehearsal.day import Day, Progress, Step, StepFailedError
from classlab.rehearsal.steps.work import unfinished
from classlab.reporting.report import NotebookRow
from classlab.waiting import Patience

NOTES = "my-notes.txt"
CLEAN_UP = "clean-up"  # tag of the last cell, which deletes what the notebook made
_WORDS = "what an attendee wrote by hand\n"
_STATUS = Patience(seconds=15 * 60, first=0.5, longest=3.0)


def _execute(day: Day, progress: Progress) -> None:
    """Every notebook of every lab in the first ready environment, through its registered kernel.

    The attendee forgets to clean up in the first lab, as somebody always does: the teardown must find what is left.
    """
    attendee = _first_ready(day)
    with NotebookSession(environment_url(day, attendee)) as session:
        session.write_text(NOTES, _WORDS)
        for lab in day.labs:
            skipped = CLEAN_UP if lab == day.labs[0] else ""
            for notebook in (lab.name, *lab.notebooks):
                row = _execute_one(day, session, _Reading(attendee, lab, notebook, skipped), progress)
                day.notebooks.append(row)
                if row.status != "succeeded":
                    day.problem(f"{attendee}: the notebook {notebook} {row.status}: {row.reason}")


@dataclass(frozen=True)
class _Reading:
    """Who works through which notebook, and which cells they leave out."""

    attendee: str
    lab: Lab
    notebook: str
    skipped_tag: str


def _execute_one(day: Day, session: NotebookSession, reading: _Reading, progress: Progress) -> NotebookRow:
    lab, started = reading.lab, time.monotonic()
    if missing := unfinished(day, lab, reading.attendee):
        done = Executed(0, 0, f"it starts from {missing}, whose pipeline did not succeed")
    else:
        done = session.execute(
            seat_notebook(lab.name, reading.notebook),
            kernel=lab.kernel,
            skipped_tag=reading.skipped_tag,
            heard=lambda cell, cells: progress(cell, cells, reading.notebook),
        )
    return NotebookRow(
        attendee=reading.attendee,
        lab=lab.name,
        notebook=reading.notebook,
        status="skipped" if missing else "failed" if done.error else "succeeded",
        cells=done.cells,
        seconds=round(time.monotonic() - started, 3),
        reason=done.error,
    )


def _restart(day: Day, _progress: Progress) -> None:
    """Stop and start: only the `SageMaker` folder survives, and the kernels are registered anew."""
    attendee = _first_ready(day)
    again = restart(day, attendee)
    if again.state != "ready":
        raise StepFailedError(f"{attendee}: after a restart the environment is {again.state}: {again.reason}")
    _compare(day, attendee)


def restart(day: Day, attendee: str) -> environments.Seat:
    """Stop and start an attendee's environment; returns how it came back."""
    instance, before = day.seats[attendee].output(AttendeeOutput.NOTEBOOK), datetime.now(UTC)
    day.instructor.sagemaker.stop_notebook_instance(NotebookInstanceName=instance)
    _await_status(day, instance, "Stopped")
    day.instructor.sagemaker.start_notebook_instance(NotebookInstanceName=instance)
    _await_status(day, instance, "InService")
    seats = {attendee: day.seats[attendee]}
    return environments.wait_until_settled(day.instructor, seats, _STATUS, after=before)[attendee]


def _compare(day: Day, attendee: str) -> None:
    """What the attendee had before the restart is there after it."""
    with NotebookSession(environment_url(day, attendee)) as session:
        if session.read_text(NOTES) != _WORDS:
            day.problem(f"{attendee}: a file written before the restart has changed")
        there = session.kernels()
        for kernel in {lab.kernel: None for lab in day.labs}:
            if kernel not in there:
                day.problem(f"{attendee}: the kernel {kernel} is gone after a restart")
            elif session.run_code("print(6 * 7)", kernel=kernel).strip() != "42":
                day.problem(f"{attendee}: the kernel {kernel} does not answer after a restart")


def environment_url(day: Day, attendee: str) -> str:
    """A fresh URL that opens an attendee's environment."""
    return presigned_url(day.instructor, day.seats[attendee].output(AttendeeOutput.NOTEBOOK))


def _first_ready(day: Day) -> str:
    for attendee, seat in day.environments.items():
        if seat.state == "ready":
            return attendee
    raise StepFailedError("no environment is ready")


def _await_status(day: Day, instance: str, wanted: str) -> None:
    for _ in _STATUS.rounds():
        answer = day.instructor.sagemaker.describe_notebook_instance(NotebookInstanceName=instance)
        status = answer["NotebookInstanceStatus"]
        if status == wanted:
            return
        if status == "Failed":
            break
    raise StepFailedError(f"{instance} is {status}, and {wanted} was expected: {answer.get('FailureReason', '')}")


NOTEBOOK = Step(
    name="notebook",
    title="Execute the notebooks as {first} would",
    run=_execute,
    needs=("environments", "data"),
)
RESTART = Step(
    name="restart",
    title="Stop and start {first}'s environment",
    run=_restart,
    needs=("notebook",),
)
