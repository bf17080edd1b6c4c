"""EventBridge Scheduler without an engine: retries, dates, expressions, and engines that follow one another."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from unittest.mock import Mock

import pytest

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.scheduler.expressions import parse
from embedded_aws.scheduler.scheduling import Delivery, Scheduler, Store, next_moment, window_seconds
from tests.embedded_aws.schedules import OFF

# --- failures ----------------------------------------------------------------------------------------------


@dataclass
class Answers:
    """Clients whose target fails a few times; notes what is called."""

    failures: list[AwsError]
    model: Mock = field(default_factory=lambda: Mock(**{"return_value.operation_model.return_value.input_shape": None}))
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def call(self, _: object, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Fails while there are failures left."""
        self.calls.append((operation, params))
        if operation == "StartExecution" and self.failures:
            raise self.failures.pop(0)
        return {}


class NoWait(threading.Event):
    """An end that never comes and whose waiting takes no time."""

    def wait(self, timeout: float | None = None) -> bool:
        """At once."""
        return False


def deliver(failures: list[AwsError], **policy: int) -> list[tuple[str, dict[str, Any]]]:
    machine_arn, queue_arn = "arn:aws:states:us-east-1:1:stateMachine:m", "arn:aws:sqs:us-east-1:1:dead"
    target = {"Arn": machine_arn, "RoleArn": "r", "RetryPolicy": policy, "DeadLetterConfig": {"Arn": queue_arn}}
    held = {"Name": "s", "Arn": "arn:aws:scheduler:us-east-1:1:schedule/default/s", "Target": target}
    answers, sessions = Answers(failures), Mock()
    Delivery(held, datetime.now(UTC), cast("Any", answers), sessions, NoWait()).run()
    return answers.calls


def test_target_that_fails_for_a_while_is_tried_again() -> None:
    """SQS throttles with status 403 (API reference, SendMessage, RequestThrottled)."""
    throttled, broken = AwsError("ThrottlingException", "slow"), AwsError("InternalFailure", "oops", 500)
    of_sqs = AwsError("RequestThrottled", "slow", 403)
    assert [name for name, _ in deliver([throttled, broken, of_sqs])] == ["StartExecution"] * 4


def test_target_that_goes_on_failing_is_buried_after_its_retries() -> None:
    calls = deliver([AwsError("InternalFailure", "oops", 500)] * 9, MaximumRetryAttempts=2)
    assert [name for name, _ in calls] == ["StartExecution"] * 3 + ["SendMessage"]
    attributes = {key: value["StringValue"] for key, value in calls[-1][1]["MessageAttributes"].items()}
    assert (attributes["EXHAUSTED_RETRY_CONDITION"], attributes["RETRY_ATTEMPTS"]) == ("MaximumRetryAttempts", "2")


def test_event_that_is_too_old_is_buried() -> None:
    calls = deliver([AwsError("InternalFailure", "oops", 500)] * 9, MaximumEventAgeInSeconds=0)
    assert [name for name, _ in calls] == ["StartExecution", "SendMessage"]


def test_failure_that_is_not_retried_names_no_condition() -> None:
    """EventBridge Scheduler user guide, "Configuring a dead-letter queue": the retry condition that was exhausted."""
    calls = deliver([AwsError("AccessDeniedException", "no", 403)])
    assert [name for name, _ in calls] == ["StartExecution", "SendMessage"]
    assert "EXHAUSTED_RETRY_CONDITION" not in calls[-1][1]["MessageAttributes"]


# --- expressions -------------------------------------------------------------------------------------------

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def recurring(**more: Any) -> dict[str, Any]:  # noqa: ANN401 # members of a schedule
    changed = {"LastModificationDate": START.timestamp(), "ScheduleExpressionTimezone": "UTC"}
    return {"ScheduleExpression": "rate(1 hour)", **changed, **more}


@pytest.mark.parametrize(
    ("schedule_given", "since", "expected"),
    [
        (recurring(), None, START),
        (recurring(), START + timedelta(seconds=1), START + timedelta(hours=1)),
        (recurring(StartDate=(START + timedelta(minutes=7)).timestamp()), None, START + timedelta(minutes=7)),
        (recurring(EndDate=(START + timedelta(minutes=30)).timestamp()), START + timedelta(seconds=1), None),
        (
            recurring(ScheduleExpression="at(2026-03-02T00:00:00)", EndDate=START.timestamp()),
            None,
            START + timedelta(hours=14),
        ),
        (
            recurring(ScheduleExpression="cron(0 9 * * ? *)", StartDate="2026-03-05T00:00:00Z"),
            None,
            datetime(2026, 3, 5, 9, tzinfo=UTC),
        ),
    ],
)
def test_dates_bound_recurring_schedules_only(
    schedule_given: dict[str, Any], since: datetime | None, expected: datetime | None
) -> None:
    """API reference, CreateSchedule: StartDate and EndDate; one-time schedules ignore both."""
    assert next_moment(schedule_given, since) == expected


@pytest.mark.parametrize(("share", "seconds"), [(0.0, 0), (0.5, 450), (1.0, 900)])
def test_flexible_window_spreads_deliveries(share: float, seconds: float) -> None:
    """EventBridge Scheduler user guide, "Configuring flexible time windows": within the window from the moment on."""
    flexible = {"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}}
    assert window_seconds(flexible, share) == seconds
    assert window_seconds({"FlexibleTimeWindow": OFF}, share) == 0


@pytest.mark.parametrize(
    ("expression", "zone", "expected"),
    [
        ("at(2026-03-02T09:00:00)", "Asia/Seoul", datetime(2026, 3, 2, 0, 0, tzinfo=UTC)),
        ("at(2026-02-01T00:00:00)", "UTC", None),
        ("rate(90 minutes)", "UTC", START),
        ("rate(999999999 days)", "UTC", START),
        ("cron(30 9 * * ? *)", "UTC", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("cron(0 9 ? * MON-FRI *)", "America/New_York", datetime(2026, 3, 2, 14, 0, tzinfo=UTC)),
        ("cron(10/20 10 1 3 ? 2026)", "UTC", datetime(2026, 3, 1, 10, 10, tzinfo=UTC)),
        ("cron(0 0 1 1 ? 2020)", "UTC", None),
        ("cron(0 0 1 1 ? 2199)", "UTC", datetime(2199, 1, 1, tzinfo=UTC)),
        ("cron(0-15/1 8-8 ? * 2,3,4,5,6,7 *)", "UTC", datetime(2026, 3, 2, 8, 0, tzinfo=UTC)),
        ("cron(0 0 L * ? *)", "UTC", datetime(2026, 3, 31, tzinfo=UTC)),
        ("cron(0 0 15W * ? *)", "UTC", datetime(2026, 3, 16, tzinfo=UTC)),
        ("cron(0 0 1W 8 ? *)", "UTC", datetime(2026, 8, 3, tzinfo=UTC)),
        ("cron(0 0 31W 5 ? *)", "UTC", datetime(2026, 5, 29, tzinfo=UTC)),
        ("cron(0 0 ? * L *)", "UTC", datetime(2026, 3, 7, tzinfo=UTC)),
        ("cron(0 0 ? * 5L *)", "UTC", datetime(2026, 3, 26, tzinfo=UTC)),
        ("cron(0 0 ? * 3#2 *)", "UTC", datetime(2026, 3, 10, tzinfo=UTC)),
        ("cron(0 0 ? * MON#5 *)", "UTC", datetime(2026, 3, 30, tzinfo=UTC)),
    ],
)
def test_next_moment(expression: str, zone: str, expected: datetime | None) -> None:
    """EventBridge Scheduler user guide, "Schedule types": fields, wildcards, and rates that begin at once."""
    assert parse(expression, zone).next_after(START, START) == expected


def test_rate_whose_next_time_no_calendar_has_comes_due_once() -> None:
    assert parse("rate(999999999 days)", "UTC").next_after(START + timedelta(seconds=1), START) is None


@pytest.mark.parametrize(
    ("expression", "moments"),
    [
        ("cron(30 2 8 3 ? *)", []),
        ("cron(30 3 8 3 ? *)", [datetime(2026, 3, 8, 7, 30, tzinfo=UTC)]),
        ("cron(30 1 1 11 ? *)", [datetime(2026, 11, 1, 5, 30, tzinfo=UTC)]),
        ("cron(30 2 1 11 ? *)", [datetime(2026, 11, 1, 7, 30, tzinfo=UTC)]),
    ],
)
def test_hours_that_daylight_saving_time_skips_and_repeats(expression: str, moments: list[datetime]) -> None:
    """EventBridge Scheduler user guide, "Schedule types", "Daylight savings time": skipped, and run only once."""
    found, since = [], START
    parsed = parse(expression, "America/New_York")
    while (moment := parsed.next_after(since, START)) is not None and moment.year == START.year:
        found.append(moment)
        since = moment + timedelta(microseconds=1)
    assert found == moments


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "at(2026-03-02)",
        "at(2099-12-31T23:59:59Z)",
        "rate(1 day",
        "rate( 10 minutes )",
        " rate(10 minutes)",
        "rate(10 seconds)",
        "rate(-10 minutes)",
        "rate(99999999999 days)",
        "cron(* * * *)",
        "cron(60 1 * * ? *)",
        "cron(7 20 * * NOT *)",
        "cron(0 dummy ? * MON-FRI *)",
        "cron(0 0 ? ? * *)",
        "cron(0 ? * * ? *)",
        "cron(0 0 3W,5W * ? *)",
        "cron(0 0 ? * 3#1,6#3 *)",
        "cron(0 0 ? * 3#6 *)",
    ],
)
def test_what_is_no_expression(expression: str) -> None:
    """EventBridge Scheduler user guide, "Schedule types"; some recorded against AWS in LocalStack's public tests."""
    with pytest.raises(AwsError, match="Invalid Schedule Expression"):
        parse(expression, "UTC")


@pytest.mark.parametrize(
    ("expression", "zone"),
    [("at(9999-12-31T23:59:59)", "America/New_York"), ("at(0001-01-01T00:00:00)", "Asia/Tokyo")],
)
def test_moment_that_utc_does_not_have_is_no_expression(expression: str, zone: str) -> None:
    with pytest.raises(AwsError, match="Invalid Schedule Expression"):
        parse(expression, zone)


# --- engines that follow one another -----------------------------------------------------------------------

PAST = datetime.now(UTC) - timedelta(days=2)


def kept_schedule(expression: str) -> dict[str, Any]:
    """A schedule that an engine two days ago has left."""
    return {
        "Name": "it",
        "Arn": "arn:aws:scheduler:us-east-1:123456789012:schedule/default/it",
        "State": "ENABLED",
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": "UTC",
        "LastModificationDate": PAST.timestamp(),
        "Target": {
            "Arn": "arn:aws:sqs:us-east-1:123456789012:q",
            "RoleArn": "r",
            "Input": "<aws.scheduler.scheduled-time>",
        },
    }


def calls_of(schedules: dict[Any, Any], **kept: dict[Any, Any]) -> tuple[list[str], dict[str, dict[Any, Any]]]:
    """The messages that a new scheduler sends within a few of its ticks, and what it leaves to the next."""
    clients, tables = (
        Mock(),
        {"fired": {}, "under way": {}, "tokens": {}, **{name.replace("_", " "): held for name, held in kept.items()}},
    )
    scheduler = Scheduler(Store(lambda: schedules, lambda key: schedules.pop(key, None)), clients, Mock())
    scheduler.adopt(lambda name, _: tables[name])
    scheduler.start()
    time.sleep(1.8)
    scheduler.stop()
    return [call.args[3]["MessageBody"] for call in clients.call.call_args_list], tables


@pytest.mark.parametrize("expression", ["rate(1 minutes)", "cron(* * * * ? *)"])
def test_recurring_schedule_that_was_missed_often_fires_once(expression: str) -> None:
    """AWS would have fired each time; whoever starts an engine after two days is not flooded with them."""
    sent, tables = calls_of({"k": kept_schedule(expression)})
    assert len(sent) == 1
    assert datetime.now(UTC) - datetime.fromisoformat(sent[0]) < timedelta(minutes=2)
    assert tables["under way"] == {}
    again, _ = calls_of({"k": kept_schedule(expression)}, fired=tables["fired"])
    assert again in ([], [soon_after(sent[0])])


def soon_after(moment: str) -> str:
    """A minute later, in case one began meanwhile."""
    return (datetime.fromisoformat(moment) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_schedule_that_goes_after_its_completion_leaves_nothing() -> None:
    moment = PAST + timedelta(hours=1)
    once = kept_schedule(moment.strftime("at(%Y-%m-%dT%H:%M:%S)")) | {"ActionAfterCompletion": "DELETE"}
    schedules = {"k": once}
    sent, tables = calls_of(schedules)
    assert len(sent) == 1
    assert (schedules, tables["fired"], tables["under way"]) == ({}, {}, {})


def test_what_was_not_delivered_is_delivered_by_the_next_engine() -> None:
    once = kept_schedule(PAST.strftime("at(%Y-%m-%dT%H:%M:%S)"))
    sent, tables = calls_of({}, under_way={"d": (once, PAST)})
    assert sent == [PAST.strftime("%Y-%m-%dT%H:%M:%SZ")]
    assert tables["under way"] == {}


def test_schedule_that_breaks_keeps_no_other_from_firing() -> None:
    """Schedules have nothing to do with each other, whatever is wrong with one."""
    moment = (PAST + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    sent, _ = calls_of({"broken": kept_schedule("nonsense"), "right": kept_schedule(f"at({moment})")})
    assert sent == [f"{moment}Z"]
