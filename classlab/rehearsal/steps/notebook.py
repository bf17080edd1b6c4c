"""One attendee at work: the lab's notebook by hand, then the instance is stopped and started again."""

import time
from datetime import UTC, datetime

from classlab import environments
from classlab.contract import AttendeeOutput, seat_notebook
from classlab.labs import Lab
from classlab.notebook_session import NotebookSession, presigned_url
from classlab.rehearsal.day import Day, Progress, Step, StepFailedError
from classlab.reporting.report import NotebookRow
from classlab.waiting import Patience

NOTES = "my-notes.txt"
_WORDS = "what an attendee wrote by hand\n"
_STATUS = Patience(seconds=15 * 60, first=0.5, longest=3.0)


def _execute(day: Day, progress: Progress) -> None:
    """Every lab's notebook in the first ready environment, through its registered kernel."""
    attendee = _first_ready(day)
    with NotebookSession(environment_url(day, attendee)) as session:
        session.write_text(NOTES, _WORDS)
        for lab in day.labs:
            row = _execute_one(session, attendee, lab, progress)
            day.notebooks.append(row)
            if row.status != "succeeded":
                day.problem(f"{attendee}: the notebook of {lab.name} failed: {row.reason}")


def _execute_one(session: NotebookSession, attendee: str, lab: Lab, progress: Progress) -> NotebookRow:
    started = time.monotonic()
    done = session.execute(
        seat_notebook(lab.name), kernel=lab.kernel, heard=lambda cell, cells: progress(cell, cells, lab.name)
    )
    return NotebookRow(
        attendee=attendee,
        lab=lab.name,
        status="failed" if done.error else "succeeded",
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
        for lab in day.labs:
            if lab.kernel not in session.kernels():
                day.problem(f"{attendee}: the kernel {lab.kernel} is gone after a restart")
            elif session.run_code("print(6 * 7)", kernel=lab.kernel).strip() != "42":
                day.problem(f"{attendee}: the kernel {lab.kernel} does not answer after a restart")


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
    title="Execute the notebook as {first} would",
    run=_execute,
    needs=("environments", "data"),
)
RESTART = Step(
    name="restart",
    title="Stop and start {first}'s environment",
    run=_restart,
    needs=("notebook",),
)
