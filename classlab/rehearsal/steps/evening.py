"""The end of the class: the deployed schedule, the deployed teardown, `classlab close`, and the judge."""

from datetime import UTC, datetime, timedelta

from classlab import schedule, stacks, teardown
from classlab.closing import Closing, close
from classlab.contract import WORK_PREFIX
from classlab.rehearsal import inventory
from classlab.rehearsal.day import Day, Progress, Step
from classlab.rehearsal.judge import judge_account
from classlab.rehearsal.steps.notebook import NOTES
from classlab.reporting.events import ignore
from classlab.waiting import Patience

_TEARDOWN = Patience(seconds=45 * 60, first=1.0, longest=5.0)
# On the embedded AWS a function's last line is written before its stack's deletion answers.
_SETTLE_SECONDS = 3.0


def _end(day: Day, progress: Progress) -> None:
    """Move the schedule: on and back to now, as an instructor may; then wait for what it starts."""
    aws, stack = day.instructor, day.class_stack
    now = datetime.now(UTC)
    schedule.extend(aws, stack, timedelta(minutes=15), now=now)
    schedule.end_now(aws, stack, now=now)

    def looked() -> None:
        left = len(stacks.attendee_stacks(aws, day.classroom.name))
        progress(len(day.seats) - left, len(day.seats), f"{left} attendee stacks left")

    teardown.wait_for_execution(aws, stack, since=now, patience=_TEARDOWN, tick=looked)
    day.teardown = teardown.report(aws, stack)
    if day.teardown is None:
        day.problem("the teardown wrote no report")
    elif day.teardown.verdict != "CLEAN":
        day.problem(f"the teardown ended {day.teardown.verdict}")
    elif day.teardown.strangers_touched:
        day.problem(f"the teardown touched {day.teardown.strangers_touched} strangers")


def _close(day: Day, _progress: Progress) -> None:
    day.teardown = close(
        Closing(
            aws=day.instructor,
            cdk=day.cdk,
            classroom=day.classroom.name,
            labs=day.labs,
            folder=day.workspace.closed,
            emit=ignore,
            settle_seconds=_SETTLE_SECONDS,
        )
    )
    if day.teardown.verdict != "CLEAN":
        day.problem(f"the class was closed, and the verdict is {day.teardown.verdict}")
    for attendee in {row.attendee for row in day.notebooks if row.status == "succeeded"}:
        if not list((day.workspace.closed / WORK_PREFIX / attendee).rglob(NOTES)):
            day.problem(f"{attendee}: the work was not fetched: {NOTES} is missing")


def _judge(day: Day, _progress: Progress) -> None:
    """Ask the embedded AWS itself, over every service, whatever the teardown says."""
    told = [kept.arn for kept in day.teardown.kept] if day.teardown else []
    day.judge = judge_account(day.baseline, inventory.take(day.engine), day.strangers, told)
    for problem in day.judge.problems:
        day.problem(problem)


END = Step(
    name="teardown", title="End the class by its schedule; the deployed teardown", run=_end, needs=("class-stack",)
)
CLOSE = Step(name="close", title="Close the class", run=_close, needs=("teardown",))
JUDGE = Step(name="judge", title="Judge what is left", run=_judge, needs=("strangers",))
