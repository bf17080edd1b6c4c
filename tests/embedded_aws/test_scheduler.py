"""EventBridge Scheduler: what is refused, when a schedule fires, under which role, and what becomes of failures."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.scheduler.expressions import parse
from embedded_aws.scheduler.scheduling import Delivery, Scheduler, Store, next_moment, window_seconds
from tests.embedded_aws.account import Account, allow, code_of, fresh, polls, trust

OFF = {"Mode": "OFF"}
NEVER = "at(2099-01-01T00:00:00)"


def soon(seconds: float = 2, zone: str = "UTC") -> str:
    moment = datetime.now(ZoneInfo(zone)) + timedelta(seconds=seconds)
    return moment.strftime("at(%Y-%m-%dT%H:%M:%S)")


def schedule(account: Account, target: dict[str, Any], expression: str, **more: Any) -> str:  # noqa: ANN401 # CreateSchedule's parameters
    name = fresh("schedule")
    account.client("scheduler").create_schedule(
        Name=name, ScheduleExpression=expression, FlexibleTimeWindow=OFF, Target=target, **more
    )
    return name


def machine(account: Account) -> str:
    return account.machine({"P": {"Type": "Pass", "End": True}}, account.role())


def executions(account: Account, arn: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]
    return found


def queue(account: Account) -> tuple[str, str]:
    url = account.client("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:{account.engine.account}:{url.rsplit('/', 1)[-1]}"


def received(account: Account, url: str, seconds: float = 15) -> dict[str, Any]:
    for _ in polls(seconds):
        answer = account.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])
        for message in answer.get("Messages", []):
            return dict(message)
    return {}


# --- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        ("at(2020-01-01T00:00:00)", "UTC"),
        ("at(2099-13-01T00:00:00)", "UTC"),
        ("at(tomorrow)", "UTC"),
        ("rate(0 minutes)", "UTC"),
        ("rate(5 fortnights)", "UTC"),
        ("cron(0 25 * * ? *)", "UTC"),
        ("cron(0 1 * * * *)", "UTC"),
        (NEVER, "Mars/Olympus"),
    ],
)
def test_bad_expressions_and_past_times_are_refused(account: Account, expression: str, zone: str) -> None:
    target = {"Arn": machine(account), "RoleArn": account.role()}
    with pytest.raises(ClientError, match=r"ValidationException.*Invalid Schedule Expression"):
        schedule(account, target, expression, ScheduleExpressionTimezone=zone)


def test_update_is_checked_too(account: Account) -> None:
    target = {"Arn": machine(account), "RoleArn": account.role()}
    name = schedule(account, target, NEVER)
    with pytest.raises(ClientError, match="Invalid Schedule Expression"):
        account.client("scheduler").update_schedule(
            Name=name, ScheduleExpression="at(2020-01-01T00:00:00)", FlexibleTimeWindow=OFF, Target=target
        )
    assert account.client("scheduler").get_schedule(Name=name)["ScheduleExpression"] == NEVER


@pytest.mark.parametrize(
    "target",
    [
        {"Arn": "arn:aws:kinesis:us-east-1:123456789012:stream/s"},
        {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:makeCoffee"},
        {"Arn": "arn:aws:scheduler:::aws-sdk:coffee:make"},
        {"Input": "not json"},
    ],
)
def test_unknown_targets_and_broken_input_are_refused(account: Account, target: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        schedule(account, {"Arn": machine(account), "RoleArn": account.role(), **target}, NEVER)


RATE = "rate(1 day)"


def refusal(account: Account, **more: Any) -> str:  # noqa: ANN401 # CreateSchedule's parameters
    """What a schedule with these members, else right, is refused with."""
    target = {"Arn": machine(account), "RoleArn": account.role(), **more.pop("Target", {})}
    given = {"FlexibleTimeWindow": OFF, "ScheduleExpression": RATE, "Name": fresh("refused"), **more}
    with pytest.raises(ClientError) as caught:
        account.client("scheduler").create_schedule(Target=target, **given)
    assert code_of(caught.value) == "ValidationException", caught.value
    return str(caught.value)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"Target": {"RetryPolicy": {"MaximumRetryAttempts": 186}}}, "less than or equal to 185"),
        ({"Target": {"RetryPolicy": {"MaximumEventAgeInSeconds": 86_401}}}, "less than or equal to 86400"),
        (
            {"Target": {"DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:dead.fifo"}}},
            "deadLetterConfig.arn",
        ),
        ({"State": "RESTING"}, "enum value set"),
        ({"ActionAfterCompletion": "KEEP"}, "enum value set"),
        ({"Description": "x" * 513}, "less than or equal to 512"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
        ({"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}}, "MaximumWindowInMinutes"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1441}}, "1440"),
        (
            {"StartDate": datetime(2020, 1, 1, tzinfo=UTC)},
            "The StartDate you specify cannot be earlier than 5 minutes ago.",
        ),
        ({"EndDate": datetime(2020, 1, 1, tzinfo=UTC)}, "EndDate"),
        (
            {"StartDate": datetime(2098, 1, 1, tzinfo=UTC), "EndDate": datetime(2097, 1, 1, tzinfo=UTC)},
            "before the EndDate",
        ),
        ({"KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k"}, "KmsKeyArn is not implemented"),
        (
            {"Target": {"EcsParameters": {"TaskDefinitionArn": "arn:aws:ecs:us-east-1:1:task-definition/t"}}},
            "EcsParameters is not implemented",
        ),
        ({"Target": {"SqsParameters": {"MessageGroupId": "g"}}}, "SqsParameters is not supported"),
        (
            {"Target": {"Arn": "arn:aws:events:us-east-1:123456789012:event-bus/default"}},
            "EventBridgeParameters are required",
        ),
        ({"Target": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q.fifo", "Input": "x"}}, "MessageGroupId"),
        ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:s3:getObject"}}, "is not valid"),
    ],
)
def test_schedules_that_can_not_be_are_refused(account: Account, more: dict[str, Any], text: str) -> None:
    """API reference, CreateSchedule, RetryPolicy, DeadLetterConfig, FlexibleTimeWindow, Target and SqsParameters."""
    assert text in refusal(account, **more)


def test_name_is_taken_once_and_a_token_repeats_the_answer(account: Account) -> None:
    """API reference, CreateSchedule: ConflictException, and ClientToken for requests that are sent again."""
    client = account.client("scheduler")
    target = {"Arn": machine(account), "RoleArn": account.role()}
    given = {"Name": fresh("schedule"), "ScheduleExpression": NEVER, "FlexibleTimeWindow": OFF, "Target": target}
    first = client.create_schedule(ClientToken="once", **given)
    assert client.create_schedule(ClientToken="once", **given)["ScheduleArn"] == first["ScheduleArn"]
    for token in ("once", "twice"):
        with pytest.raises(ClientError) as caught:
            client.create_schedule(ClientToken=token, **{**given, "Description": token})
        assert code_of(caught.value) == "ConflictException"


def test_groups_take_their_schedules_with_them(account: Account) -> None:
    """API reference, DeleteScheduleGroup: its schedules are deleted; the default group stays."""
    client, group = account.client("scheduler"), fresh("group")
    target = {"Arn": machine(account), "RoleArn": account.role()}
    with pytest.raises(ClientError) as caught:
        schedule(account, target, NEVER, GroupName=group)
    assert code_of(caught.value) == "ResourceNotFoundException"
    client.create_schedule_group(Name=group)
    name = schedule(account, target, NEVER, GroupName=group)
    assert [held["Name"] for held in client.list_schedules(GroupName=group)["Schedules"]] == [name]
    client.delete_schedule_group(Name=group)
    with pytest.raises(ClientError) as caught:
        client.get_schedule(Name=name, GroupName=group)
    assert code_of(caught.value) == "ResourceNotFoundException"
    with pytest.raises(ClientError) as caught:
        client.delete_schedule_group(Name="default")
    assert code_of(caught.value) == "ValidationException"


def test_lists_come_in_pages(account: Account) -> None:
    """API reference, ListSchedules: MaxResults and NextToken."""
    client, group = account.client("scheduler"), fresh("group")
    client.create_schedule_group(Name=group)
    target = {"Arn": machine(account), "RoleArn": account.role()}
    names = {schedule(account, target, NEVER, GroupName=group) for _ in range(3)}
    first = client.list_schedules(GroupName=group, MaxResults=2)
    second = client.list_schedules(GroupName=group, MaxResults=2, NextToken=first["NextToken"])
    assert {held["Name"] for page in (first, second) for held in page["Schedules"]} == names
    assert "NextToken" not in second


# --- firing ------------------------------------------------------------------------------------------------


def test_one_shot_in_a_time_zone_starts_a_machine_with_its_input(account: Account) -> None:
    arn = machine(account)
    context = {"why": "end", "when": "<aws.scheduler.scheduled-time>", "try": "<aws.scheduler.attempt-number>"}
    role = account.role(allow("states:StartExecution", resource=arn))
    target = {"Arn": arn, "RoleArn": role, "Input": json.dumps(context)}
    schedule(account, target, soon(zone="Asia/Seoul"), ScheduleExpressionTimezone="Asia/Seoul")
    assert executions(account, arn) == []
    for _ in polls(10):
        if started := executions(account, arn):
            break
    shown = account.client("stepfunctions").describe_execution(executionArn=started[0]["executionArn"])
    given = json.loads(shown["input"])
    assert (given["why"], given["try"]) == ("end", "1")
    assert datetime.fromisoformat(given["when"]) <= datetime.now(UTC)


def test_update_arms_a_schedule_that_has_fired_again(account: Account) -> None:
    arn = machine(account)
    target = {"Arn": arn, "RoleArn": account.role(allow("states:StartExecution"))}
    name = schedule(account, target, soon())
    for count in (1, 2):
        for _ in polls(10):
            if len(executions(account, arn)) == count:
                break
        if count == 1:
            account.client("scheduler").update_schedule(
                Name=name, ScheduleExpression=soon(), FlexibleTimeWindow=OFF, Target=target
            )


def test_disabled_schedule_rests_and_a_finished_one_can_go(account: Account) -> None:
    arn = machine(account)
    target = {"Arn": arn, "RoleArn": account.role(allow("states:StartExecution"))}
    schedule(account, target, soon(), State="DISABLED")
    name = schedule(account, target, soon(), ActionAfterCompletion="DELETE")
    for _ in polls(10):
        if executions(account, arn):
            break
    for _ in polls(5):
        names = [held["Name"] for held in account.client("scheduler").list_schedules()["Schedules"]]
        if name not in names:
            break
    assert len(executions(account, arn)) == 1


def test_universal_target_calls_any_service(account: Account) -> None:
    url, arn = queue(account)
    given = json.dumps({"QueueUrl": url, "MessageBody": "hello"})
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
        "RoleArn": account.role(allow("sqs:SendMessage", resource=arn)),
        "Input": given,
    }
    schedule(account, target, soon())
    assert received(account, url)["Body"] == "hello"


def test_rate_begins_at_once_and_plain_text_reaches_a_queue(account: Account) -> None:
    """User guide, "Schedule types": without StartDate at once; "Managing targets": SQS takes any text."""
    url, arn = queue(account)
    target = {"Arn": arn, "RoleArn": account.role(allow("sqs:SendMessage", resource=arn)), "Input": "no json"}
    schedule(account, target, RATE)
    assert received(account, url)["Body"] == "no json"


def test_fifo_queue_gets_its_group(account: Account) -> None:
    """API reference, SqsParameters: the message group of a FIFO queue."""
    name = f"{fresh('queue')}.fifo"
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = account.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{account.engine.account}:{name}"
    role = account.role(allow("sqs:SendMessage", resource=arn))
    target = {"Arn": arn, "RoleArn": role, "Input": "x", "SqsParameters": {"MessageGroupId": "g"}}
    schedule(account, target, RATE)
    for _ in polls(15):
        answer = account.client("sqs").receive_message(QueueUrl=url, AttributeNames=["MessageGroupId"])
        if messages := answer.get("Messages"):
            break
    assert messages[0]["Attributes"]["MessageGroupId"] == "g"


def test_event_bus_gets_source_and_detail_type(account: Account) -> None:
    """API reference, EventBridgeParameters: DetailType and Source of the event; the input is its detail."""
    url, queue_arn = queue(account)
    events, rule = account.client("events"), fresh("rule")
    events.put_rule(Name=rule, EventPattern='{"source": ["class"]}')
    events.put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": queue_arn}])
    allowed = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
            }
        ]
    }
    account.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(allowed)})
    bus = f"arn:aws:events:us-east-1:{account.engine.account}:event-bus/default"
    role = account.role(allow("events:PutEvents", resource=bus))
    parameters = {"DetailType": "ends", "Source": "class"}
    target = {"Arn": bus, "RoleArn": role, "Input": '{"n": 1}', "EventBridgeParameters": parameters}
    schedule(account, target, RATE)
    event = json.loads(received(account, url)["Body"])
    assert (event["source"], event["detail-type"], event["detail"]) == ("class", "ends", {"n": 1})


def test_target_without_input_gets_a_notification(account: Account) -> None:
    """API reference, Target: without Input a default notification is delivered."""
    arn = machine(account)
    name = schedule(account, {"Arn": arn, "RoleArn": account.role(allow("states:StartExecution"))}, RATE)
    for _ in polls(10):
        if started := executions(account, arn):
            break
    shown = account.client("stepfunctions").describe_execution(executionArn=started[0]["executionArn"])
    given = json.loads(shown["input"])
    assert (given["source"], given["detail-type"]) == ("aws.scheduler", "Scheduled Event")
    assert given["resources"][0].endswith(f"schedule/default/{name}")


def test_recurring_schedule_goes_after_its_end(account: Account) -> None:
    """API reference, CreateSchedule: ActionAfterCompletion DELETE, after the last time before EndDate."""
    arn = machine(account)
    target = {"Arn": arn, "RoleArn": account.role(allow("states:StartExecution"))}
    end = datetime.now(UTC) + timedelta(seconds=30)
    name = schedule(account, target, RATE, EndDate=end, ActionAfterCompletion="DELETE")
    for _ in polls(10):
        names = [held["Name"] for held in account.client("scheduler").list_schedules()["Schedules"]]
        if name not in names:
            break
    for _ in polls(10):
        if len(executions(account, arn)) == 1:
            break


# --- failures ----------------------------------------------------------------------------------------------


def test_denied_target_goes_to_the_dead_letter_queue(account: Account) -> None:
    url, dead = queue(account)
    arn = machine(account)
    role = account.role(allow("sqs:SendMessage", resource=dead))
    target = {"Arn": arn, "RoleArn": role, "Input": '{"a": 1}', "DeadLetterConfig": {"Arn": dead}}
    name = schedule(account, target, soon())
    message = received(account, url)
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert message["Body"] == '{"a": 1}'
    assert "AccessDenied" in attributes["ERROR_CODE"]
    assert "states:StartExecution" in attributes["ERROR_MESSAGE"]
    assert attributes["TARGET_ARN"] == arn
    assert attributes["SCHEDULE_ARN"].endswith(f"schedule/default/{name}")
    assert executions(account, arn) == []


def test_role_that_no_longer_trusts_the_scheduler_fires_nothing(account: Account) -> None:
    arn, role = machine(account), account.role(allow("*"))
    schedule(account, {"Arn": arn, "RoleArn": role}, soon(3))
    document = json.dumps(trust("ec2"))
    account.client("iam").update_assume_role_policy(RoleName=role.rsplit("/", 1)[-1], PolicyDocument=document)
    probe = machine(account)
    schedule(account, {"Arn": probe, "RoleArn": account.role(allow("*"))}, soon(4))
    for _ in polls(10):
        if executions(account, probe):
            break
    assert executions(account, arn) == []


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
