"""EventBridge Scheduler: when a schedule fires, under which role, and what becomes of failures."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.embedded_aws.account import Account, allow, fresh, polls, trust
from tests.embedded_aws.schedules import OFF, RATE, machine, schedule


def soon(seconds: float = 2, zone: str = "UTC") -> str:
    moment = datetime.now(ZoneInfo(zone)) + timedelta(seconds=seconds)
    return moment.strftime("at(%Y-%m-%dT%H:%M:%S)")


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
