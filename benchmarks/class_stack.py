"""A class stack on a fresh embedded AWS, for benchmarks that measure seats.

The seats' kernel may be a small one, so that what is measured is the stack and not the unpacking of wheels.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from classlab.contract import TAG_ATTENDEE, TAG_CLASSROOM, attendee_stack_name
from classlab.labs import Lab
from classlab.rehearsal.day import Day
from classlab.rehearsal.options import Options
from classlab.rehearsal.rehearse import morning, write_class
from classlab.rehearsal.steps import deploy
from classlab.rehearsal.steps import morning as first_steps
from classlab.rehearsal.workspace import Workspace
from classlab.stacks import Stack, find
from classlab.waiting import Patience, WaitedTooLongError

Template = dict[str, Any]

_ENTRY = re.compile(r"^(?P<package>\S+)==.*\\\n(?: +--hash=\S+ ?\\?\n)+", re.MULTILINE)  # of a hash lock
_SMALL_KERNEL = "six"
_STEPS = (
    first_steps.PREPARE,
    first_steps.ENGINE,
    first_steps.BOOTSTRAP,
    first_steps.INSTRUCTOR,
    deploy.BUILD,
    deploy.CLASS_STACK,
)


@contextmanager
def class_stack(folder: Path, *, small_kernel: bool, labs: tuple[str, ...] = ()) -> Iterator[Day]:
    """A day whose class stack stands and which has no seats yet; everything is gone at the end.

    ``labs`` are named in place of the sample class's.
    """
    workspace = Workspace(folder.resolve())
    with workspace.alone():
        workspace.clean()
        day = morning(Options(folder=folder, labs=labs), workspace, lambda _event: None)
        if small_kernel:
            day.labs = [_with_small_kernel(lab, workspace.scratch) for lab in day.labs]
        write_class(day)
        try:
            with workspace.marking():
                for step in _STEPS:
                    print(f"  {step.titled(day)}", flush=True)
                    step.run(day, lambda _done, _total, _note: None)
                yield day
        finally:
            workspace.leave()


def seat_template(day: Day, change: Callable[[Template], None] = lambda _template: None) -> str:
    """Address of the attendee template, synthesised by the app, changed, and uploaded as the CDK command line does.

    A request's own body may hold 51,200 bytes, which a class of several labs does not fit.
    """
    output = day.workspace.scratch / "cdk.out.seat"
    day.cdk.run("synth", "-c", f"attendee={day.attendees[0].id}", "--quiet", "--output", str(output))
    (file,) = output.glob("*.template.json")
    template = json.loads(file.read_text(encoding="utf-8"))
    change(template)
    bucket = f"cdk-hnb659fds-assets-{day.engine.account}-{day.engine.region}"
    day.root.s3.put_object(Bucket=bucket, Key=file.name, Body=json.dumps(template))
    return f"https://s3.{day.engine.region}.amazonaws.com/{bucket}/{file.name}"


def create_seat(day: Day, attendee: str, template_url: str) -> None:
    """Ask for a seat's stack under the bootstrap's role, as the CDK command line does; does not wait."""
    role = (
        f"arn:aws:iam::{day.engine.account}:role/cdk-hnb659fds-cfn-exec-role-{day.engine.account}-{day.engine.region}"
    )
    day.root.cloudformation.create_stack(
        StackName=attendee_stack_name(day.classroom.name, attendee),
        TemplateURL=template_url,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        RoleARN=role,
        Tags=[{"Key": TAG_CLASSROOM, "Value": day.classroom.name}, {"Key": TAG_ATTENDEE, "Value": attendee}],
    )


def wait_for_seats(day: Day, attendees: list[str], wanted: str) -> dict[str, Stack]:
    """Wait until every seat's stack is in the wanted status (``DELETE_COMPLETE`` is being gone)."""
    seats: dict[str, Stack] = {}
    open_ = set(attendees)
    for _ in Patience(seconds=1800, first=0.2, longest=0.5).rounds():
        for attendee in sorted(open_):
            stack = find(day.root, attendee_stack_name(day.classroom.name, attendee))
            status = stack.status if stack else "DELETE_COMPLETE"
            if status == wanted:
                open_.discard(attendee)
                if stack:
                    seats[attendee] = stack
            elif not status.endswith("_IN_PROGRESS"):
                raise WaitedTooLongError(f"{attendee}: {status}: {stack.reason if stack else 'gone'}")
        if not open_:
            return seats
    raise WaitedTooLongError(f"{', '.join(sorted(open_))}: not {wanted} in half an hour")


def _with_small_kernel(lab: Lab, scratch: Path) -> Lab:
    """The same lab with a lock of next to nothing."""
    folder = scratch / "labs" / lab.folder.name
    shutil.copytree(lab.folder, folder)
    lock = (lab.folder / "requirements.txt").read_text(encoding="utf-8")
    kept = [entry.group() for entry in _ENTRY.finditer(lock) if entry["package"] == _SMALL_KERNEL]
    (folder / "requirements.txt").write_text("".join(kept), encoding="utf-8")
    return lab.model_copy(update={"folder": folder})
