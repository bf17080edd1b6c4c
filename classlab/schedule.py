"""The schedule that ends the class: moved to now by `classlab end`, moved on by `classlab extend`.

A moved schedule is never created anew: target, role, retries and dead-letter queue stay those of the class stack.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from classlab.aws import Aws
from classlab.contract import ClassroomOutput
from classlab.errors import UserError
from classlab.stacks import Stack

# A one-shot schedule must lie in the future when AWS stores it, and the clocks may differ by a little.
SOON = timedelta(seconds=5)
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_KEPT = (
    "ActionAfterCompletion",
    "Description",
    "FlexibleTimeWindow",
    "GroupName",
    "KmsKeyArn",
    "Name",
    "State",
    "Target",
)


def ends_at(aws: Aws, stack: Stack) -> datetime:
    """When the teardown begins, in UTC."""
    schedule = _get(aws, stack)
    match = _AT.fullmatch(str(schedule["ScheduleExpression"]))
    if match is None:
        raise UserError(f"the schedule {schedule['Name']} is no one-shot schedule: {schedule['ScheduleExpression']}")
    zone = ZoneInfo(str(schedule.get("ScheduleExpressionTimezone", "UTC")))
    return datetime.fromisoformat(match[1]).replace(tzinfo=zone).astimezone(UTC)


def end_now(aws: Aws, stack: Stack, *, now: datetime) -> datetime:
    """Let the teardown begin in a few seconds; returns when."""
    return _move(aws, stack, now + SOON)


def extend(aws: Aws, stack: Stack, by: timedelta, *, now: datetime) -> datetime:
    """Let the class last longer; returns the new end. Refused where the teardown has begun or would begin at once."""
    old = ends_at(aws, stack)
    if old <= now:
        raise UserError(f"the teardown began at {old:%Y-%m-%d %H:%M:%S} UTC: there is nothing left to extend")
    new = old + by
    if new <= now + SOON:
        raise UserError(f"{new:%Y-%m-%d %H:%M:%S} UTC is past: to end the class now, use `classlab end`")
    return _move(aws, stack, new)


def _get(aws: Aws, stack: Stack) -> dict[str, Any]:
    return dict(
        aws.scheduler.get_schedule(
            GroupName=stack.output(ClassroomOutput.SCHEDULE_GROUP), Name=stack.output(ClassroomOutput.SCHEDULE)
        )
    )


def _move(aws: Aws, stack: Stack, moment: datetime) -> datetime:
    moment = moment.astimezone(UTC).replace(microsecond=0)
    schedule = _get(aws, stack)
    kept = {key: schedule[key] for key in _KEPT if key in schedule}
    aws.scheduler.update_schedule(
        **kept, ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})", ScheduleExpressionTimezone="UTC"
    )
    return moment
