"""What tasks call and how it ends: names of errors, other executions, tokens and heartbeats, roles and passed roles."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.control import Control
from tests.embedded_aws.account import Account, allow, code_of, fresh, polls
from tests.embedded_aws.bench import Bench, bench
from tests.embedded_aws.test_tuning import BOWL, start

ALL = allow("*")
END = {"Type": "Pass", "End": True}
NOBODY = "arn:aws:states:us-east-1:123456789012:stateMachine:nobody"
EVENT = {"Source": "s", "DetailType": "d", "Detail": {}}
TUNING_RULE = "StepFunctionsGetEventsForSageMakerTuningJobsRule"


@pytest.fixture(scope="module")
def at(account: Account) -> Bench:
    return bench(account)


def task(integration: str, parameters: Any = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 # any JSON value, a state's fields
    given = {} if parameters is None else {"Parameters": parameters}
    return {"Type": "Task", "Resource": f"arn:aws:states:::{integration}", "End": True, **given, **more}


def run(account: Account, state: dict[str, Any], given: Any = None, role: str = "") -> dict[str, Any]:  # noqa: ANN401 # any JSON value
    return account.execute(account.machine({"Do": state}, role or account.role(ALL)), given)


def output(done: dict[str, Any]) -> Any:  # noqa: ANN401 # any JSON value
    assert done["status"] == "SUCCEEDED", done
    return json.loads(done["output"])


def queue(account: Account) -> str:
    return str(account.client("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"])


def received(account: Account, url: str) -> Any:  # noqa: ANN401 # any JSON value
    for _ in polls(15):
        for message in account.client("sqs").receive_message(QueueUrl=url).get("Messages", []):
            return json.loads(message["Body"])
    return None


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


# --- tokens ------------------------------------------------------------------------------------------------


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


def test_heartbeat_must_be_shorter_than_the_timeout(account: Account) -> None:
    """Developer guide, "Task workflow state": HeartbeatSeconds is smaller than TimeoutSeconds."""
    with pytest.raises(ClientError, match="HeartbeatSeconds must be smaller than TimeoutSeconds"):
        waiting(account, HeartbeatSeconds=5, TimeoutSeconds=5)


# --- roles -------------------------------------------------------------------------------------------------


def test_task_with_credentials_acts_as_another_role(account: Account) -> None:
    """Developer guide, "Accessing resources in other AWS accounts": the machine's role needs sts:AssumeRole."""
    bucket = account.bucket()
    principal = {"AWS": f"arn:aws:iam::{account.engine.account}:root"}
    trusts = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}],
    }
    other = account.role(allow("s3:PutObject"), trusts=trusts)
    put = {"Bucket": bucket, "Key": "k", "Body": "x"}
    state = task("aws-sdk:s3:putObject", put, Credentials={"RoleArn": other})
    assert run(account, state, role=account.role(allow("sts:AssumeRole", resource=other)))["status"] == "SUCCEEDED"
    poor = run(account, state, role=account.role(allow("s3:PutObject")))
    assert (poor["error"], "sts:AssumeRole" in poor["cause"]) == ("States.Permissions", True)


def training(role: str) -> dict[str, Any]:
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
    return {
        "TrainingJobName": fresh("job"),
        "RoleArn": role,
        "AlgorithmSpecification": {"TrainingImage": image, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }


@pytest.mark.parametrize("call", ["training", "stack", "schedule", "machine"])
def test_roles_are_passed_by_the_machines_role(account: Account, call: str) -> None:
    """IAM user guide, "Grant a user permissions to pass a role to an AWS service": the caller needs iam:PassRole."""
    passed, nowhere = account.role(ALL), "arn:aws:states:us-east-1:123456789012:stateMachine:m"
    body = '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'
    definition = json.dumps({"StartAt": "P", "States": {"P": END}})
    target = {"Arn": nowhere, "RoleArn": passed}
    schedule = {"ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
    states = {
        "training": task("sagemaker:createTrainingJob", training(passed)),
        "stack": task(
            "aws-sdk:cloudformation:createStack",
            {"StackName": fresh("stack"), "TemplateBody": body, "RoleARN": passed},
        ),
        "schedule": task("aws-sdk:scheduler:createSchedule", {"Name": fresh("schedule"), **schedule}),
        "machine": task(
            "aws-sdk:sfn:createStateMachine", {"Name": fresh("machine"), "Definition": definition, "RoleArn": passed}
        ),
    }
    deny = {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}
    done = run(account, states[call], role=account.role(ALL, deny))
    assert (done["status"], "iam:PassRole" in done["cause"]) == ("FAILED", True)


@pytest.mark.parametrize(
    ("call", "parameters", "member"),
    [
        ("cloudformation:listStacks", {}, "StackSummaries"),
        ("scheduler:listSchedules", {}, "Schedules"),
        ("budgets:describeBudgets", {"AccountId": "123456789012"}, "Budgets"),
        ("resourcegroupstaggingapi:getResources", {}, "ResourceTagMappingList"),
    ],
)
def test_sdk_integrations_reach_the_services(
    account: Account, call: str, parameters: dict[str, Any], member: str
) -> None:
    """Developer guide, "Learning to use AWS service SDK integrations": every service, members in Pascal case."""
    done = run(account, task(f"aws-sdk:{call}", parameters))
    assert isinstance(output(done).get(member, []), list)


def test_service_that_is_not_there_is_refused_by_name(account: Account) -> None:
    """What the engine does not do, it refuses by name, inside tasks too."""
    given = {"ServiceCode": "sagemaker", "QuotaCode": "L-1"}
    done = run(account, task("aws-sdk:servicequotas:getServiceQuota", given))
    assert done["status"] == "FAILED"
    assert "GetServiceQuota" in done["cause"] or "servicequotas" in done["cause"], done["cause"]


# --- tuning ------------------------------------------------------------------------------------------------


@dataclass
class Recorder:
    """A client that keeps a request instead of sending it."""

    request: dict[str, Any] = field(default_factory=dict)

    def create_hyper_parameter_tuning_job(self, **request: Any) -> None:  # noqa: ANN401 # the operation's parameters
        """Kept."""
        self.request = request


def tuning_rights(role: str) -> tuple[dict[str, Any], ...]:
    jobs = [f"sagemaker:{verb}HyperParameterTuningJob" for verb in ("Create", "Describe", "Stop")]
    jobs.append("sagemaker:AddTags")
    rule = "arn:aws:events:us-east-1:123456789012:rule/" + TUNING_RULE
    events = allow("events:PutRule", "events:PutTargets", "events:DescribeRule", resource=rule)
    return allow(*jobs), allow("iam:PassRole", resource=role), events


def test_tuning_job_runs_to_its_end_with_exactly_awss_rights(account: Account, at: Bench) -> None:
    """Developer guide, "Create and manage Amazon SageMaker AI jobs with Step Functions": .sync of tuning jobs."""
    recorder = Recorder()
    name = start(at, BOWL, jobs=1, client=recorder)
    state = task("sagemaker:createHyperParameterTuningJob.sync", recorder.request)
    role = account.role(*tuning_rights(at.role))
    done = output(account.execute(account.machine({"Tune": state}, role), seconds=120))
    assert (done["HyperParameterTuningJobName"], done["HyperParameterTuningJobStatus"]) == (name, "Completed")
    rule = account.client("events").describe_rule(Name=TUNING_RULE)
    assert "HyperParameter Tuning Job State Change" in rule["EventPattern"]
