"""Tasks that wait for whoever has their token: timeouts and heartbeats."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, code_of, fresh, polls
from tests.embedded_aws.state_runs import ALL, output
from tests.embedded_aws.task_states import queue, received, task


def waiting(account: Account, **more: Any) -> tuple[str, str, str]:  # noqa: ANN401 # a state's fields
    """An execution that waits: its ARN, and the token and queue that its message was sent with."""
    url = queue(account)
    body = {"token.$": "$$.Task.Token"}
    state = task("sqs:sendMessage.waitForTaskToken", {"QueueUrl": url, "MessageBody": body}, **more)
    machine = account.machine({"Wait": state}, account.role(ALL))
    given = json.dumps({"seconds": 2})
    started = account.client("stepfunctions").start_execution(stateMachineArn=machine, input=given)["executionArn"]
    return started, received(account, url)["token"], url


def ended(account: Account, arn: str) -> dict[str, Any]:
    for _ in polls(20):
        found: dict[str, Any] = account.client("stepfunctions").describe_execution(executionArn=arn)
        if found["status"] != "RUNNING":
            return found
    return {}


def test_token_ends_a_task_with_what_is_sent(account: Account) -> None:
    """Developer guide, "Wait for a Callback with Task Token": SendTaskSuccess and SendTaskFailure."""
    machines = account.client("stepfunctions")
    arn, token, _ = waiting(account)
    with pytest.raises(ClientError) as caught:
        machines.send_task_success(taskToken=token, output="no json")
    assert code_of(caught.value) == "InvalidOutput"
    machines.send_task_success(taskToken=token, output='{"ok": true}')
    assert output(ended(account, arn)) == {"ok": True}
    arn, token, _ = waiting(account)
    machines.send_task_failure(taskToken=token, error="Own", cause="why")
    failed = ended(account, arn)
    assert (failed["error"], failed["cause"]) == ("Own", "why")


@pytest.mark.parametrize(
    "times",
    [
        {"TimeoutSeconds": 1},
        {"TimeoutSecondsPath": "$.seconds"},
        {"HeartbeatSeconds": 1, "TimeoutSeconds": 60},
        {"HeartbeatSecondsPath": "$.seconds"},
    ],
)
def test_token_that_nobody_uses_times_out(account: Account, times: dict[str, Any]) -> None:
    """Recorded against AWS in LocalStack's public tests (test_heartbeats): a missed heartbeat is States.Timeout."""
    arn, _, _ = waiting(account, **times)
    assert ended(account, arn)["error"] == "States.Timeout"


def test_heartbeats_keep_a_task_alive(account: Account) -> None:
    """API reference, SendTaskHeartbeat: resets the heartbeat's clock."""
    arn, token, _ = waiting(account, HeartbeatSeconds=2)
    machines = account.client("stepfunctions")
    for beat, _ in enumerate(polls(20)):
        machines.send_task_heartbeat(taskToken=token)
        if beat == 30:
            break
    machines.send_task_success(taskToken=token, output="1")
    assert output(ended(account, arn)) == 1


def test_activity_keeps_to_its_timeout(account: Account) -> None:
    """Developer guide, "Learn about Activities in Step Functions": a worker's time runs from GetActivityTask on."""
    machines = account.client("stepfunctions")
    activity = machines.create_activity(name=fresh("activity"))["activityArn"]
    state = {"Type": "Task", "Resource": activity, "TimeoutSeconds": 2, "End": True}
    machine = account.machine({"Work": state}, account.role())
    for answer in ('{"done": 1}', None):
        arn = machines.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        given = machines.get_activity_task(activityArn=activity)
        if answer:
            machines.send_task_success(taskToken=given["taskToken"], output=answer)
            assert output(ended(account, arn)) == {"done": 1}
        else:
            assert ended(account, arn)["error"] == "States.Timeout"


def test_activity_of_a_stopped_execution_reaches_no_worker(account: Account) -> None:
    """API reference, "GetActivityTask": a worker gets what a running state machine has scheduled."""
    machines = account.client("stepfunctions")
    activity = machines.create_activity(name=fresh("activity"))["activityArn"]
    machine = account.machine({"Work": {"Type": "Task", "Resource": activity, "End": True}}, account.role())
    first = machines.start_execution(stateMachineArn=machine, input='{"n": 1}')["executionArn"]
    for _ in polls(15):
        events = machines.get_execution_history(executionArn=first)["events"]
        if "TaskStateEntered" in [event["type"] for event in events]:
            break
    machines.stop_execution(executionArn=first)
    time.sleep(1)  # the task looks every tenth of a second whether it is still wanted
    second = machines.start_execution(stateMachineArn=machine, input='{"n": 2}')["executionArn"]
    given = machines.get_activity_task(activityArn=activity)
    assert json.loads(given["input"]) == {"n": 2}
    machines.send_task_success(taskToken=given["taskToken"], output="{}")
    assert output(ended(account, second)) == {}


def test_heartbeat_must_be_shorter_than_the_timeout(account: Account) -> None:
    """Developer guide, "Task workflow state": HeartbeatSeconds is smaller than TimeoutSeconds."""
    with pytest.raises(ClientError, match="HeartbeatSeconds must be smaller than TimeoutSeconds"):
        waiting(account, HeartbeatSeconds=5, TimeoutSeconds=5)
