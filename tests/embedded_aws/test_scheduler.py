"""EventBridge Scheduler: what is refused, groups, and lists."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, code_of, fresh
from tests.embedded_aws.schedules import OFF, RATE, machine, schedule

NEVER = "at(2099-01-01T00:00:00)"


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
