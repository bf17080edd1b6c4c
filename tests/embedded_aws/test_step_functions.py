"""State machines: SageMaker's integrations, the role behind every task, errors by name, and how executions end."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from embedded_aws.sdk_names import botocore_service, error_name, sdk_name
from embedded_aws.states.retries import surplus, with_delay
from embedded_aws.states.step_functions import integration
from tests.embedded_aws.account import Account, allow, code_of, fresh, polls, trust

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
RULE = "StepFunctionsGetEventsForSageMakerProcessingJobsRule"
SYNC = "arn:aws:states:::sagemaker:createProcessingJob.sync"
ALL = allow("*")


def task(resource: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 # a state's fields
    return {"Type": "Task", "Resource": resource, "End": True, **more}


def processing(role: str, name: str, *command: str) -> dict[str, Any]:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.t3.medium", "VolumeSizeInGB": 5}
    return {
        "ProcessingJobName": name,
        "RoleArn": role,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": list(command)},
        "ProcessingResources": {"ClusterConfig": cluster},
    }


def job_status(account: Account, name: str) -> str:
    found = account.client("sagemaker").describe_processing_job(ProcessingJobName=name)
    return str(found["ProcessingJobStatus"])


def rights(role: str, *more: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """What .sync needs on AWS: the job gets the tag MANAGED_BY_AWS."""
    jobs = [*(f"sagemaker:{verb}ProcessingJob" for verb in ("Create", "Describe", "Stop")), "sagemaker:AddTags"]
    rule = "arn:aws:events:us-east-1:123456789012:rule/" + RULE
    events = allow("events:PutRule", "events:PutTargets", "events:DescribeRule", resource=rule)
    return allow(*jobs), allow("iam:PassRole", resource=role), events, *more


# --- SageMaker ---------------------------------------------------------------------------------------------


def test_sync_job_runs_to_its_end_with_exactly_awss_rights(account: Account) -> None:
    job_role, name = account.role(ALL), fresh("job")
    run = task(SYNC, Parameters=processing(job_role, name, "true"))
    machine = account.machine({"Run": run}, account.role(*rights(job_role)))
    done = account.execute(machine)
    assert done["status"] == "SUCCEEDED", done
    output = json.loads(done["output"])
    assert (output["ProcessingJobName"], output["ProcessingJobStatus"]) == (name, "Completed")
    assert isinstance(output["CreationTime"], int)
    rule = account.client("events").describe_rule(Name=RULE)
    assert rule["ManagedBy"] == "states.amazonaws.com"


def test_job_that_is_waited_for_is_tagged(account: Account) -> None:
    """Users of AWS report it (aws/aws-cdk issues 26012 and 32294): `.sync` tags the job, other calls do not."""
    job_role, tags = account.role(ALL), [{"Key": "class", "Value": "x"}]
    managed = {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}
    for resource, expected in ((SYNC, [*tags, managed]), (SYNC.removesuffix(".sync"), tags)):
        parameters = {**processing(job_role, fresh("job"), "true"), "Tags": tags}
        done = account.execute(account.machine({"Run": task(resource, Parameters=parameters)}, account.role(ALL)))
        arn = json.loads(done["output"])["ProcessingJobArn"]
        found = account.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
        assert {tag["Key"]: tag["Value"] for tag in found} == {tag["Key"]: tag["Value"] for tag in expected}


def test_failed_job_fails_the_task_with_its_description(account: Account) -> None:
    job_role, name = account.role(ALL), fresh("job")
    parameters = processing(job_role, name, "sh", "-c", "exit 3")
    catch = [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.caught", "Next": "Caught"}]
    run = {**task(SYNC, Parameters=parameters, Catch=catch), "End": False, "Next": "Caught"}
    del run["End"]
    machine = account.machine({"Run": run, "Caught": {"Type": "Pass", "End": True}}, account.role(ALL))
    caught = json.loads(account.execute(machine)["output"])["caught"]
    job = json.loads(caught["Cause"])
    assert (caught["Error"], job["ProcessingJobName"]) == ("States.TaskFailed", name)
    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"]


@pytest.mark.parametrize(
    ("missing", "error"),
    [
        ("sagemaker:CreateProcessingJob", "SageMaker.AmazonSageMakerException"),
        ("iam:PassRole", "SageMaker.AmazonSageMakerException"),
        ("sagemaker:AddTags", "SageMaker.AmazonSageMakerException"),
        ("sagemaker:DescribeProcessingJob", "SageMaker.AmazonSageMakerException"),
    ],
)
def test_sync_needs_every_right(account: Account, missing: str, error: str) -> None:
    job_role = account.role(ALL)
    deny = {"Effect": "Deny", "Action": missing, "Resource": "*"}
    run = task(SYNC, Parameters=processing(job_role, fresh("job"), "true"))
    machine = account.machine({"Run": run}, account.role(*rights(job_role), deny))
    done = account.execute(machine)
    assert (done["status"], done["error"]) == ("FAILED", error)
    assert missing in done["cause"]


def test_sync_needs_the_managed_rule_when_the_machine_is_made(account: Account) -> None:
    role = account.role(allow("sagemaker:*", "iam:PassRole"))
    with pytest.raises(ClientError, match=f"'{role}' is not authorized to create managed-rule"):
        account.machine({"Run": task(SYNC, Parameters=processing(role, fresh("job"), "true"))}, role)


def test_stopping_an_execution_stops_its_job(account: Account) -> None:
    job_role, name = account.role(ALL), fresh("job")
    run = task(SYNC, Parameters=processing(job_role, name, "sleep", "60"))
    machine = account.machine({"Run": run}, account.role(ALL))
    machines = account.client("stepfunctions")
    started = machines.start_execution(stateMachineArn=machine)["executionArn"]
    sagemaker = account.client("sagemaker")
    for _ in polls(20):
        if sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]:
            break
    machines.stop_execution(executionArn=started, error="Stopped", cause="by a test")
    for _ in polls(20):
        if job_status(account, name) == "Stopped":
            break
    assert machines.describe_execution(executionArn=started)["status"] == "ABORTED"


def test_timeout_of_a_state_stops_its_job(account: Account) -> None:
    job_role, name = account.role(ALL), fresh("job")
    run = task(SYNC, Parameters=processing(job_role, name, "sleep", "60"), TimeoutSeconds=2)
    done = account.execute(account.machine({"Run": run}, account.role(ALL)))
    assert done["error"] == "States.Timeout"
    for _ in polls(20):
        if job_status(account, name) == "Stopped":
            break


def test_model_by_the_optimized_integration_and_the_sdk(account: Account) -> None:
    role, name = account.role(ALL), fresh("model")
    create = {"ModelName": name, "ExecutionRoleArn": role, "PrimaryContainer": {"Image": IMAGE}}
    first = {"Type": "Task", "Resource": "arn:aws:states:::sagemaker:createModel", "Parameters": create, "Next": "Look"}
    look = task("arn:aws:states:::aws-sdk:sagemaker:describeModel", Parameters={"ModelName": name})
    done = account.execute(account.machine({"Create": first, "Look": look}, role))
    output = json.loads(done["output"])
    assert output["ModelName"] == name
    assert output["CreationTime"].endswith("Z")


def test_name_that_is_taken_can_be_retried_by_name(account: Account) -> None:
    job_role, name = account.role(ALL), fresh("job")
    account.client("sagemaker").create_processing_job(**processing(job_role, name, "true"))
    run = task(SYNC, Parameters=processing(job_role, name, "true"))
    done = account.execute(account.machine({"Run": run}, account.role(ALL)))
    assert done["error"] == "SageMaker.ResourceInUseException"


@pytest.mark.parametrize(
    "state",
    [
        task("arn:aws:states:::sagemaker:createAutoMLJob"),
        task("arn:aws:states:::sagemaker:createModel.sync"),
        task("arn:aws:states:::glue:startJobRun.sync"),
        task("arn:aws:states:::sagemaker:createLabelingJob.sync"),
        task("arn:aws:states:::lambda:invoke", HeartbeatSeconds=5),
        task("arn:aws:states:::aws-sdk:s3:makeCoffee"),
        task("arn:aws:states:::aws-sdk:coffee:make"),
    ],
)
def test_what_is_not_there_is_refused_when_the_machine_is_made(account: Account, state: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as caught:
        account.machine({"State": state}, account.role(ALL))
    assert code_of(caught.value) == "InvalidDefinition"


# --- other tasks -------------------------------------------------------------------------------------------


def test_objects_by_the_sdk_under_the_role(account: Account) -> None:
    bucket = account.bucket()
    put = {"Bucket": bucket, "Key": "k", "Body": {"written": "by a task"}}
    write = {**task("arn:aws:states:::aws-sdk:s3:putObject", Parameters=put), "ResultPath": None, "Next": "Read"}
    del write["End"]
    read = task("arn:aws:states:::aws-sdk:s3:getObject", Parameters={"Bucket": bucket, "Key": "k"})
    states = {"Write": write, "Read": read}
    done = account.execute(account.machine(states, account.role(allow("s3:PutObject", "s3:GetObject"))))
    assert json.loads(json.loads(done["output"])["Body"]) == {"written": "by a task"}
    poor = account.execute(account.machine(states, account.role(allow("s3:PutObject"))))
    assert (poor["error"][:3], "s3:GetObject" in poor["cause"]) == ("S3.", True)


def test_missing_object_has_its_own_name(account: Account) -> None:
    read = task("arn:aws:states:::aws-sdk:s3:getObject", Parameters={"Bucket": account.bucket(), "Key": "none"})
    assert account.execute(account.machine({"Read": read}, account.role(ALL)))["error"] == "S3.NoSuchKeyException"


def test_function_under_the_role_with_its_exceptions_by_name(account: Account) -> None:
    source = (
        "class Gate(Exception): pass\n"
        "def handler(event, context):\n"
        "    if event['bad']: raise Gate('too low')\n"
        "    return 7\n"
    )
    function = account.function(source, account.role())
    invoke = {"FunctionName": function, "Payload": {"bad.$": "$.bad"}}
    states = {"Call": task("arn:aws:states:::lambda:invoke", Parameters=invoke, OutputPath="$.Payload")}
    machine = account.machine(states, account.role(allow("lambda:InvokeFunction", resource=function)))
    assert account.execute(machine, {"bad": False})["output"] == "7"
    failed = account.execute(machine, {"bad": True})
    assert (failed["error"], json.loads(failed["cause"])["errorMessage"]) == ("Gate", "too low")
    poor = account.execute(account.machine(states, account.role()), {"bad": False})
    assert (poor["error"], "lambda:InvokeFunction" in poor["cause"]) == ("Lambda.AWSLambdaException", True)


def test_jsonata_and_jsonpath(account: Account) -> None:
    name = fresh("/t/p")
    account.client("ssm").put_parameter(Name=name, Value="v", Type="String")
    arguments = {"Name": "{% $states.input.name %}"}
    output = "{% $states.result.Parameter.Value & $string($sum($states.input.numbers)) %}"
    look = task("arn:aws:states:::aws-sdk:ssm:getParameter", Arguments=arguments, Output=output)
    machine = account.machine({"Look": look}, account.role(ALL), fields={"QueryLanguage": "JSONata"})
    assert account.execute(machine, {"name": name, "numbers": [1, 2]})["output"] == '"v3"'
    by_path = {"Parameters": {"Name.$": "$.name"}, "OutputPath": "$.Parameter.Value"}
    path = task("arn:aws:states:::aws-sdk:ssm:getParameter", **by_path)
    assert account.execute(account.machine({"Look": path}, account.role(ALL)), {"name": name})["output"] == '"v"'


def test_nested_execution_and_its_rights(account: Account) -> None:
    child = account.machine({"P": {"Type": "Pass", "Result": {"deep": 1}, "End": True}}, account.role())
    start = task("arn:aws:states:::states:startExecution.sync:2", Parameters={"StateMachineArn": child, "Input": {}})
    done = account.execute(account.machine({"Start": start}, account.role(ALL)))
    assert json.loads(done["output"])["Output"] == {"deep": 1}
    events = allow("events:*")
    poor = account.execute(account.machine({"Start": start}, account.role(events, allow("states:StartExecution"))))
    assert "states:DescribeExecution" in poor["cause"]


# --- executions --------------------------------------------------------------------------------------------


def test_machines_own_timeout_ends_the_execution(account: Account) -> None:
    wait = {"Type": "Wait", "Seconds": 30, "End": True}
    machine = account.machine({"Wait": wait}, account.role(), fields={"TimeoutSeconds": 1})
    assert account.execute(machine, seconds=10)["status"] == "TIMED_OUT"


def test_aborted_execution_stays_aborted(account: Account) -> None:
    source = "import time\ndef handler(event, context):\n    time.sleep(1.5)\n    raise ValueError('late')\n"
    function = account.function(source, account.role())
    machine = account.machine({"Call": task(function)}, account.role(ALL))
    machines = account.client("stepfunctions")
    started = machines.start_execution(stateMachineArn=machine)["executionArn"]
    time.sleep(1)
    machines.stop_execution(executionArn=started)
    time.sleep(2)
    assert machines.describe_execution(executionArn=started)["status"] == "ABORTED"


def test_role_that_step_functions_may_not_take_any_more(account: Account) -> None:
    role = account.role(ALL)
    machine = account.machine({"Call": task("arn:aws:states:::aws-sdk:sqs:listQueues")}, role)
    document = json.dumps(trust("ec2"))
    account.client("iam").update_assume_role_policy(RoleName=role.rsplit("/", 1)[-1], PolicyDocument=document)
    assert account.execute(machine)["error"] == "States.Permissions"


# --- names and delays --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "sdk"),
    [("DBClusterArn", "DbClusterArn"), ("VpcId", "VpcId"), ("ARN", "Arn"), ("SSEType", "SseType"), ("S3Uri", "S3Uri")],
)
def test_acronyms_become_words(wire: str, sdk: str) -> None:
    assert sdk_name(wire) == sdk


@pytest.mark.parametrize(
    ("service", "code", "name"),
    [
        ("sagemaker", "ResourceInUse", "SageMaker.ResourceInUseException"),
        ("sagemaker", "ValidationException", "SageMaker.SageMakerException"),
        ("sagemaker", "ThrottlingException", "SageMaker.SageMakerException"),
        ("s3", "NoSuchBucket", "S3.NoSuchBucketException"),
        ("sqs", "AWS.SimpleQueueService.NonExistentQueue", "Sqs.QueueDoesNotExistException"),
        ("cloudformation", "ValidationError", "CloudFormation.CloudFormationException"),
        ("rds", "DBClusterNotFoundFault", "Rds.DbClusterNotFoundException"),
    ],
)
def test_error_names_are_javas(service: str, code: str, name: str) -> None:
    model = boto3.session.Session()._session.get_service_model(service)
    assert error_name(model, code) == name


@pytest.mark.parametrize(
    ("name", "service"),
    [("sfn", "stepfunctions"), ("cloudwatchlogs", "logs"), ("servicequotas", "service-quotas"), ("nothing", None)],
)
def test_services_have_javas_names(name: str, service: str | None) -> None:
    assert botocore_service(name) == service


def test_resources_are_taken_apart() -> None:
    found = integration(SYNC)
    assert found is not None
    assert (found.service, found.action, found.sdk, found.sync) == ("sagemaker", "createProcessingJob", False, True)
    assert integration("arn:aws:lambda:us-east-1:123456789012:function:f") is None


def test_retries_wait_as_their_fields_say() -> None:
    retrier = {"IntervalSeconds": 2, "BackoffRate": 3.0, "MaxDelaySeconds": 10}
    assert [with_delay(retrier, attempt)["IntervalSeconds"] for attempt in range(3)] == [2, 6, 10]
    jittered = [with_delay({**retrier, "JitterStrategy": "FULL"}, 2)["IntervalSeconds"] for _ in range(50)]
    assert all(0 <= delay <= 10 for delay in jittered)
    assert len(set(jittered)) > 1


def test_long_waits_are_not_cut() -> None:
    """Developer guide, "Handling errors": MaxDelaySeconds is up to a year; the emulator would wait for a minute."""
    assert [surplus(with_delay({"IntervalSeconds": wait}, 0)) for wait in (5, 60, 120)] == [0, 0, 60]
