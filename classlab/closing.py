"""`classlab close`: fetch the attendees' work, pack their take-home, destroy the class stack, sweep up, judge."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from classlab.aws import Aws, code_of
from classlab.cdk import Cdk
from classlab.contract import TEARDOWN_PREFIX, WORK_PREFIX, ClassroomOutput, classroom_stack_name
from classlab.errors import UserError
from classlab.fetching import fetch
from classlab.labs import Lab
from classlab.reporting.events import Emit, StepProgressed, step
from classlab.reporting.report import KeptItem, TeardownReport
from classlab.stacks import Stack, attendee_stacks, class_stack, find
from classlab.staging import Staging, split_by_reference
from classlab.take_home import archived, taking_home
from classlab.teardown import report as read_report

REPORT_NAME = "report.json"
TAKE_HOME_FOLDER = "take-home"  # a folder an attendee
SETTLE_SECONDS = 60.0  # how long after its stack's end a function's log may still come


@dataclass(frozen=True)
class Closing:
    """What `close` needs."""

    aws: Aws
    cdk: Cdk
    classroom: str
    labs: Sequence[Lab]
    folder: Path  # of what is kept: work, teardown documents, the final report
    emit: Emit
    settle_seconds: float = SETTLE_SECONDS
    sleep: Callable[[float], None] = time.sleep


def close(closing: Closing) -> TeardownReport:
    """Close the class; the final report is also written to the folder.

    Refused while attendee stacks stand, before a teardown has reported, and where it did not end CLEAN.
    """
    stack = class_stack(closing.aws, closing.classroom)
    report = _accepted_report(closing, stack)
    log_groups = [name for name in stack.output(ClassroomOutput.LOG_GROUPS).split(",") if name]
    with step(closing.emit, "fetch", "Fetch the attendees' work and the teardown's documents"):
        for prefix in (WORK_PREFIX, TEARDOWN_PREFIX):
            fetch(closing.aws, stack.output(ClassroomOutput.BUCKET), closing.folder, prefix=prefix)
    with step(closing.emit, "take-home", "Pack what the attendees take home"):
        _take_home(closing, stack.output(ClassroomOutput.BUCKET))
    staging = Staging.of(closing.aws)
    removable, kept = split_by_reference(staging.keys_of(closing.classroom), closing.aws, closing.classroom)
    with step(closing.emit, "destroy", "Destroy the class stack"):
        destroy_class_stack(closing.cdk)
    with step(closing.emit, "sweep", "Sweep late logs and the class's staged assets"):
        swept = _sweep_logs(closing, log_groups)
        removed = staging.remove(removable)
    final = _final(closing, report, kept, {"log_groups_swept": swept, "staged_assets_removed": removed})
    (closing.folder / REPORT_NAME).write_text(final.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return final


def destroy_class_stack(cdk: Cdk) -> None:
    """Without an attendee the app has this one stack; the CLI refuses a `cdk.out` that another command of it reads."""
    with tempfile.TemporaryDirectory(prefix="cdk.out-") as output:
        cdk.run("destroy", "--force", "--output", output)


def _accepted_report(closing: Closing, stack: Stack) -> TeardownReport:
    standing = attendee_stacks(closing.aws, closing.classroom)
    if standing:
        raise UserError(f"attendee stacks stand ({', '.join(standing)}): run `classlab end` and wait for the teardown")
    report = read_report(closing.aws, stack)
    if report is None:
        raise UserError("no teardown has reported yet: run `classlab end`, so that nothing of the class stays behind")
    if report.verdict != "CLEAN":
        raise UserError(
            f"the teardown ended {report.verdict} with {len(report.leftovers)} leftovers: see `classlab status`, "
            "put right what it names and run `classlab end` again; the class stack holds the tools to clean up"
        )
    return report


def _take_home(closing: Closing, bucket: str) -> None:
    """A folder for everybody whose work was archived, from what was fetched."""
    attendees, into = archived(closing.aws, bucket), closing.folder / TAKE_HOME_FOLDER
    with taking_home(closing.aws, bucket, closing.classroom, closing.labs, into) as home:
        for done, attendee in enumerate(attendees, start=1):
            packed = home.pack(attendee, closing.folder / WORK_PREFIX / attendee)
            closing.emit(StepProgressed("take-home", done, len(attendees), f"{attendee}: {packed.pages} pages"))


def _sweep_logs(closing: Closing, names: list[str]) -> int:
    """Delete the log groups that a late writer brought back; returns how many."""
    closing.sleep(closing.settle_seconds)
    swept = 0
    for name in names:
        try:
            closing.aws.logs.delete_log_group(logGroupName=name)
            swept += 1
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
    return swept


def _final(closing: Closing, report: TeardownReport, kept: list[KeptItem], counts: dict[str, int]) -> TeardownReport:
    """The teardown's report, completed; CLEAN only if the class stack is gone too."""
    remaining = find(closing.aws, classroom_stack_name(closing.classroom))
    leftovers = list(report.leftovers)
    if remaining is not None:
        leftovers.append({"arn": remaining.id, "reason": f"{remaining.status}: {remaining.reason}"})
    return report.model_copy(
        update={
            "verdict": "LEFTOVERS" if leftovers else "CLEAN",
            "leftovers": leftovers,
            "kept": [*report.kept, *kept],
            "closed": counts,
        }
    )
