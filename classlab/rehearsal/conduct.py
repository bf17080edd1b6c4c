"""Conducts the day: one step after another, each framed by its events; what failed is known at the end."""

import logging
import time
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from classlab.aws import explain
from classlab.errors import UserError
from classlab.rehearsal.day import Day, Step
from classlab.reporting.events import Outcome, StepEnded, StepProgressed, StepStarted
from classlab.reporting.report import StepRow

_LOG = logging.getLogger(__name__)


def conduct(day: Day, steps: Sequence[Step]) -> None:
    """Run the steps in their order. A step that needs one which failed or was skipped is skipped."""
    began = time.monotonic()
    done: set[str] = set()
    for step in steps:
        started = time.monotonic() - began
        known = len(day.problems)
        outcome: Outcome = "skipped"
        if done.issuperset(step.needs):
            day.emit(StepStarted(step.name, step.titled(day)))
            if _perform(day, step):
                done.add(step.name)
            outcome = "failed" if len(day.problems) > known else "held"
        row = StepRow(
            name=step.name,
            title=step.titled(day),
            started=round(started, 3),
            seconds=round(time.monotonic() - began - started, 3),
            outcome=outcome,
            problems=day.problems[known:],
        )
        day.steps.append(row)
        day.emit(StepEnded(row.name, row.title, row.outcome, row.seconds, tuple(row.problems)))


def _perform(day: Day, step: Step) -> bool:
    """Whether the step did its work, whatever held or not. Whatever goes wrong, the day must reach its teardown."""
    try:
        step.run(day, lambda done, total, note: day.emit(StepProgressed(step.name, done, total, note)))
    except UserError as error:
        day.problem(str(error))
        return False
    except (BotoCoreError, ClientError) as error:
        _LOG.exception("step %s", step.name)
        day.problem(explain(error))
        return False
    except Exception as error:  # noqa: BLE001 # a fault of ours is a failed step too: the rest of the day must come
        _LOG.exception("step %s", step.name)
        day.problem(f"{type(error).__name__}: {error} (see {day.workspace.log})")
        return False
    return True
