"""What tasks call and how it ends: names of errors, other executions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.control import Control
from tests.embedded_aws.account import Account, polls
from tests.embedded_aws.state_runs import ALL, END, output
from tests.embedded_aws.task_states import queue, received, run, task

NOBODY = "arn:aws:states:us-east-1:123456789012:stateMachine:nobody"

EVENT = {"Source": "s", "DetailType": "d", "Detail": {}}


# --- names of errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "error", "in_cause"),
    [
        (
            task("states:startExecution", {"StateMachineArn": NOBODY}),
            "StepFunctions.StateMachineDoesNotExistException",
            "Service: AWSStepFunctions; Status Code: 400; Error Code: StateMachineDoesNotExist",
        ),
        (task("lambda:invoke", {"FunctionName": "nobody"}), "Lambda.ResourceNotFoundException", "AWSLambda"),
        (
            task("dynamodb:getItem", {"TableName": "nothing", "Key": {"k": {"S": "v"}}}),
            "DynamoDB.ResourceNotFoundException",
            "AmazonDynamoDBv2",
        ),
        (
            task("sqs:sendMessage", {"QueueUrl": "http://sqs.us-east-1.amazonaws.com/1/none", "MessageBody": "x"}),
            "SQS.",
            "AmazonSQS",
        ),
    ],
)
def test_optimized_integrations_name_errors_as_java_1_does(
    account: Account, state: dict[str, Any], error: str, in_cause: str
) -> None:
    """Recorded against AWS in LocalStack's public tests of error handling (test_task_service_sfn, _sqs, _dynamodb)."""
    done = run(account, state)
    assert done["error"].startswith(error)
    assert in_cause in done["cause"]


@pytest.mark.parametrize(
    ("state", "action", "error"),
    [
        (task("sqs:sendMessage", {"MessageBody": "x"}), "sqs:SendMessage", "SQS.AmazonSQSException"),
        (task("events:putEvents", {"Entries": [EVENT]}), "events:PutEvents", "EventBridge."),
        (task("states:startExecution", {"StateMachineArn": NOBODY}), "states:StartExecution", "StepFunctions.AWSS"),
        (task("lambda:invoke", {"FunctionName": "nobody"}), "lambda:InvokeFunction", "Lambda.AWSLambdaException"),
    ],
)
def test_optimized_integrations_need_the_roles_rights(
    account: Account, state: dict[str, Any], action: str, error: str
) -> None:
    """Developer guide, "How Step Functions generates IAM policies for integrated services"."""
    if "MessageBody" in state["Parameters"]:
        state["Parameters"]["QueueUrl"] = queue(account)
    done = run(account, state, role=account.role())
    assert (done["error"].startswith(error), action in done["cause"]) == (True, True)


@pytest.mark.parametrize(
    ("state", "named"),
    [
        (task("lambda:invoke", {"FunctionName": "f", "TaskToken": "t"}), "TaskToken"),
        (task("aws-sdk:s3:getObject", {"bucket": "b", "Key": "k"}), "bucket"),
        (
            task("aws-sdk:s3:putObjectTagging", {"Bucket": "b", "Key": "k", "Tagging": {"TagSet": [{"key": "a"}]}}),
            "key",
        ),
        (task("sagemaker:createModel", {"ModelName": "m", "Tags": [{"key": "a"}]}), "key"),
    ],
)
def test_parameters_are_known_and_in_pascal_case(account: Account, state: dict[str, Any], named: str) -> None:
    """Developer guide, "Passing parameters to a service API in Step Functions": Pascal case; the text is AWS's."""
    with pytest.raises(ClientError, match=f'The field "{named}" is not supported by Step Functions at /States/Do/'):
        run(account, state)


def test_parameters_by_path_are_refused_when_they_are_used(account: Account) -> None:
    """Users of AWS report it: a definition with `TaskToken.$` beside a Payload is made, and its execution fails."""
    parameters = {"FunctionName": "f", "Payload": {}, "TaskToken.$": "$$.Execution.Name"}
    done = run(account, task("lambda:invoke", parameters))
    text = 'The field "TaskToken" is not supported by Step Functions'
    assert (done["error"], done["cause"]) == ("States.Runtime", text)


def test_throttled_function_can_be_caught_by_name(account: Account) -> None:
    """Developer guide, "Handling errors": Lambda.TooManyRequestsException, here by a concurrency of 0."""
    function = account.function("def handler(event, context): return 1\n", account.role())
    account.client("lambda").put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    catch = [
        {"ErrorEquals": ["Lambda.ServiceException"], "Next": "Wrong"},
        {"ErrorEquals": ["Lambda.TooManyRequestsException"], "Next": "Right"},
    ]
    call = {**task("lambda:invoke", {"FunctionName": function}), "Catch": catch, "Next": "Wrong"}
    del call["End"]
    states = {"Call": call, "Wrong": {"Type": "Fail"}, "Right": END}
    assert (
        output(account.execute(account.machine(states, account.role(ALL))))["Error"]
        == "Lambda.TooManyRequestsException"
    )


def test_function_answers_with_its_version(account: Account) -> None:
    """Developer guide, "Invoke an AWS Lambda function with Step Functions": ExecutedVersion, Payload, StatusCode."""
    function = account.function("def handler(event, context): return event\n", account.role())
    state = task("lambda:invoke", {"FunctionName": function, "Payload": {"a": [1]}})
    assert output(run(account, state)) == {"ExecutedVersion": "$LATEST", "Payload": {"a": [1]}, "StatusCode": 200}
    direct = {"Type": "Task", "Resource": function, "End": True}
    assert output(run(account, direct, {"b": 2})) == {"b": 2}


def test_result_above_the_limit_fails_by_name(account: Account) -> None:
    """Recorded against AWS in LocalStack's public test_states_errors: the text, and that it can be caught."""
    function = account.function("def handler(event, context): return 'x' * 300_000\n", account.role())
    call = {**task("lambda:invoke", {"FunctionName": function}), "Next": "Caught"}
    call["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    del call["End"]
    caught = output(account.execute(account.machine({"Call": call, "Caught": END}, account.role(ALL))))
    assert caught == {
        "Error": "States.DataLimitExceeded",
        "Cause": (
            "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit."
        ),
    }


def test_objects_become_the_text_of_messages(account: Account) -> None:
    """Developer guide, "Send messages to an Amazon SQS queue with Step Functions": MessageBody may be JSON."""
    url = queue(account)
    sent = output(run(account, task("sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"n.$": "$.n"}}), {"n": 1}))
    assert sent["MessageId"]
    assert received(account, url) == {"n": 1}


# --- other executions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pattern", "given"), [("sync", '{"deep":1}'), ("sync:2", {"deep": 1})])
def test_nested_output_is_text_or_json(account: Account, pattern: str, given: Any) -> None:  # noqa: ANN401 # any JSON value
    """Developer guide, "Start a new AWS Step Functions state machine from a running execution": .sync and .sync:2."""
    child = account.machine({"P": {**END, "Result": {"deep": 1}}}, account.role())
    done = output(run(account, task(f"states:startExecution.{pattern}", {"StateMachineArn": child, "Input": {"a": 1}})))
    found = done["Output"] if pattern == "sync:2" else done["Output"].replace(" ", "")
    assert (found, done["Status"], done["StateMachineArn"]) == (given, "SUCCEEDED", child)
    assert isinstance(done["StartDate"], int)


def test_waiting_for_an_execution_outlives_a_throttle(account: Account) -> None:
    """Developer guide, "Run a Job (.sync)": Step Functions looks after the job by itself; how, is its own affair."""
    child = account.machine({"W": {"Type": "Wait", "Seconds": 2, "End": True}}, account.role())
    looked_at = f"*:execution:{child.rsplit(':', 1)[-1]}:*"
    with Control(account.engine).fault(
        "throttle", operation="states:DescribeExecution", resource=looked_at, count=2
    ) as fault:
        done = run(account, task("states:startExecution.sync:2", {"StateMachineArn": child}))
        assert (done["status"], fault.strikes) == ("SUCCEEDED", 2)


def test_failed_nested_execution_fails_the_task_with_its_description(account: Account) -> None:
    """Developer guide, "Run a Job (.sync)": the task fails as States.TaskFailed, the cause is the execution."""
    child = account.machine({"F": {"Type": "Fail", "Error": "Own", "Cause": "c"}}, account.role())
    done = run(account, task("states:startExecution.sync:2", {"StateMachineArn": child}))
    cause = json.loads(done["cause"])
    assert (done["error"], cause["Error"], cause["Status"]) == ("States.TaskFailed", "Own", "FAILED")


def test_stopping_an_execution_stops_the_one_it_waits_for(account: Account) -> None:
    """Developer guide, "Run a Job (.sync)": a stopped execution stops what it started, with states:StopExecution."""
    child = account.machine({"W": {"Type": "Wait", "Seconds": 60, "End": True}}, account.role())
    parent = account.machine({"S": task("states:startExecution.sync:2", {"StateMachineArn": child})}, account.role(ALL))
    machines = account.client("stepfunctions")
    started = machines.start_execution(stateMachineArn=parent)["executionArn"]
    for _ in polls(20):
        if running := machines.list_executions(stateMachineArn=child)["executions"]:
            break
    machines.stop_execution(executionArn=started)
    for _ in polls(20):
        if machines.describe_execution(executionArn=running[0]["executionArn"])["status"] == "ABORTED":
            break
