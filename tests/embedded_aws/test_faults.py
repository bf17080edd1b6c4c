"""Faults that somebody asked for: which they strike, and how every protocol's clients see them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from embedded_aws.control import Control, ControlError
from embedded_aws.faults import answers
from embedded_aws.faults.rules import Fault, Faults, Kind, Request, names
from tests.embedded_aws.account import Account, allow, code_of, fetch, fresh, polls, trust
from tests.embedded_aws.bench import CLUSTER, XGBOOST, archive, bench
from tests.embedded_aws.sagemaker_stubs import hosted, notebook, stand, training
from tests.embedded_aws.waiting import eventually

ARN = "arn:aws:sagemaker:us-east-1:123456789012:notebook-instance/desk-1"
CREATE = Request("sagemaker", ("CreateNotebookInstance",), ARN)
# A call of one service for each protocol, and its codes when it is throttled, fails and is refused.
# docs.aws.amazon.com: SageMaker, CloudFormation, IAM, STS "Common Errors"; AmazonS3/latest/API/ErrorResponses.html;
# AWSEC2/latest/APIReference/errors-overview.html; lambda/latest/api/API_ListFunctions.html (Errors);
# scheduler/latest/APIReference/API_ListSchedules.html (Errors); sqs, sns, monitoring: API references, Errors.
CODES = {
    "sagemaker:ListEndpoints": ("ThrottlingException", 400, "InternalFailure", "AccessDeniedException"),
    "ssm:DescribeParameters": ("ThrottlingException", 400, "InternalServerError", "AccessDeniedException"),
    "sqs:ListQueues": ("RequestThrottled", 403, "InternalFailure", "AccessDeniedException"),
    "cloudformation:ListStacks": ("Throttling", 400, "InternalFailure", "AccessDenied"),
    "iam:ListRoles": ("Throttling", 400, "ServiceFailure", "AccessDenied"),
    "sns:ListTopics": ("Throttled", 429, "InternalError", "AccessDenied"),
    "ec2:DescribeVpcs": ("RequestLimitExceeded", 503, "InternalError", "UnauthorizedOperation"),
    "lambda:ListFunctions": ("TooManyRequestsException", 429, "ServiceException", "AccessDeniedException"),
    "scheduler:ListSchedules": ("ThrottlingException", 429, "InternalServerException", "AccessDeniedException"),
    "s3:ListBuckets": ("SlowDown", 503, "InternalError", "AccessDenied"),
    "cloudwatch:ListMetrics": ("ThrottlingException", 400, "InternalServiceError", "AccessDeniedException"),
    "resourcegroupstaggingapi:GetResources": (
        "ThrottledException",
        400,
        "InternalServiceException",
        "AccessDeniedException",
    ),
}
# Names that differ: botocore's of a service, and IAM's of an action.
BOTOCORE = {"servicequotas": "service-quotas", "tag": "resourcegroupstaggingapi", "elasticfilesystem": "efs"}
NAMED_BY_IAM = {"resourcegroupstaggingapi:GetResources": "tag:GetResources", "s3:ListBuckets": "s3:ListAllMyBuckets"}


@pytest.fixture
def control(account: Account) -> Iterator[Control]:
    """The engine's control; no fault is left of a test."""
    made = Control(account.engine)
    yield made
    made.clear()
    made.speed(None)


def ask(account: Account, operation: str) -> Any:  # noqa: ANN401 # an answer of any call
    """Call an operation that needs no parameters."""
    service, _, name = operation.partition(":")
    client = account.client(service)
    return client._make_api_call(name, {})


def refused(account: Account, operation: str) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        ask(account, operation)
    return code_of(caught.value), caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("*", True),
        ("desk-1", True),
        ("desk-*", True),
        (ARN, True),
        ("*:notebook-instance/desk-?", True),
        ("notebook-instance/*", True),
        ("desk", False),
        ("desk-2", False),
    ],
)
def test_a_resource_is_meant_by_its_arn_or_by_a_name_in_it(pattern: str, *, meant: bool) -> None:
    assert names(pattern, ARN) is meant


def test_an_object_is_meant_by_bucket_and_key_or_by_its_key() -> None:
    arn = "arn:aws:s3:::lab-bucket/seat/7/model.tar.gz"
    assert all(names(pattern, arn) for pattern in ("lab-bucket", "lab-bucket/seat/*", "seat/7/*", "model.tar.gz"))
    assert not names("seat/8/*", arn)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "explode"}, "explode is no fault; there are throttle"),
        ({"kind": "stuck", "operation": "sagemaker:*"}, "it takes status"),
        ({"kind": "throttle", "status": "Pending"}, "it takes operation"),
        ({"kind": "slow"}, "seconds"),
        ({"kind": "error", "seconds": 1}, "no other fault"),
        ({"kind": "error", "count": 0}, "at least 1"),
        ({"kind": "error", "probability": 0}, "more than 0"),
        ({"kind": "error", "probability": "often"}, "probability cannot be 'often'"),
        ({"kind": "error", "operation": None}, "operation cannot be None"),
        ({"kind": "error", "resource": ""}, "strikes nothing"),
        ({"kind": "error", "count": "3"}, "count cannot be '3'"),
        ({"kind": "error", "count": True}, "count cannot be True"),
        ({"kind": "error", "seed": "s"}, "seed cannot be 's'"),
        ({"kind": "slow", "seconds": float("inf")}, "have an end"),
        ({"kind": ["slow"]}, "kind cannot be"),
    ],
)
def test_what_a_fault_cannot_have_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Fault(**wrong)


def test_a_fault_strikes_as_often_as_it_is_to() -> None:
    faults = Faults()
    assert not faults.strike_requests
    faults.add(Fault(kind="throttle", operation="sagemaker:create*", resource="desk-*", count=2))
    assert faults.strike_requests
    assert [len(faults.struck(CREATE)) for _ in range(4)] == [1, 1, 0, 0]
    assert [item["strikes"] for item in faults.listed()] == [2]
    assert not faults.strike_requests


def test_a_fault_spares_what_it_does_not_mean() -> None:
    faults = Faults()
    faults.add(Fault(kind="throttle", operation="sagemaker:Create*", resource="desk-2"))
    faults.add(Fault(kind="throttle", operation="s3:*"))
    assert faults.struck(CREATE) == []


def test_one_refusal_is_enough_and_goes_with_slowness() -> None:
    faults = Faults()
    for fault in (
        Fault(kind="throttle", count=1),
        Fault(kind="slow", seconds=1),
        Fault(kind="denied", count=1),
    ):
        faults.add(fault)
    assert [fault.kind for fault in faults.struck(CREATE)] == ["throttle", "slow"]
    assert [fault.kind for fault in faults.struck(CREATE)] == ["slow", "denied"]


def test_a_probability_is_drawn_with_its_seed() -> None:
    def draws(seed: int) -> list[int]:
        faults = Faults()
        faults.add(Fault(kind="throttle", probability=0.3, seed=seed))
        return [len(faults.struck(CREATE)) for _ in range(1000)]

    assert draws(1) == draws(1) != draws(2)
    assert 250 < sum(draws(1)) < 350


@pytest.mark.parametrize(
    ("namespace", "error"),
    [
        (namespace, error)
        for table in (answers.THROTTLED, answers.FAILED)
        for namespace, error in table.items()
        if namespace not in {"ec2", "s3"}  # their models name no errors of this kind
    ],
)
def test_codes_are_those_of_botocores_models(namespace: str, error: answers.Error) -> None:
    """The code is one that the service's model has, with the status that it says, if it says one."""
    model = botocore.session.Session().get_service_model(BOTOCORE.get(namespace, namespace))
    shapes = [model.shape_for(name) for name in model.shape_names]
    errors = [
        (shape.name, dict(shape.metadata.get("error") or {})) for shape in shapes if shape.metadata.get("exception")
    ]
    known = {about.get("code", name): about.get("httpStatusCode") for name, about in errors}
    assert error[0] in known
    assert known[error[0]] in (None, error[1])


@pytest.mark.parametrize("operation", CODES)
def test_every_protocols_clients_understand_the_errors(account: Account, control: Control, operation: str) -> None:
    throttled, status, failed, denied = CODES[operation]
    meant = NAMED_BY_IAM.get(operation, operation)
    with control.fault("throttle", operation=meant) as fault:
        assert refused(account, operation) == (throttled, status)
        assert fault.strikes == 1
    with control.fault("error", operation=meant):
        assert refused(account, operation) == (failed, 500)
    with control.fault("denied", operation=meant):
        assert refused(account, operation)[0] == denied
    assert ask(account, operation)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_denial_is_in_awss_words(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html."""
    key = account.user(allow("sagemaker:*"))
    name = fresh("desk")
    arn = f"arn:aws:sagemaker:us-east-1:{account.engine.account}:notebook-instance/{name}"
    with (
        control.fault("denied", operation="sagemaker:DescribeNotebookInstance", resource=name),
        pytest.raises(ClientError) as caught,
    ):
        account.client("sagemaker", key).describe_notebook_instance(NotebookInstanceName=name)
    text = caught.value.response["Error"]["Message"]
    assert text.startswith(f"User: arn:aws:iam::{account.engine.account}:user/")
    action = "sagemaker:DescribeNotebookInstance"
    assert f"is not authorized to perform: {action} on resource: {arn} because no identity-based policy" in text


def test_an_sdk_tries_again_when_it_is_throttled(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html: throttling is retried."""
    engine = account.engine
    client = boto3.client(
        "cloudformation",
        endpoint_url=engine.endpoint,
        region_name=engine.region,
        aws_access_key_id=engine.access_key_id,
        aws_secret_access_key=engine.secret_access_key,
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
    )
    with control.fault("throttle", operation="cloudformation:ListStacks", count=2) as fault:
        assert client.list_stacks()["ResponseMetadata"]["RetryAttempts"] == 2
        assert fault.strikes == 2


def test_an_object_of_a_bucket_is_struck_and_the_others_are_not(account: Account, control: Control) -> None:
    bucket, s3 = account.bucket(), account.client("s3")
    with control.fault("throttle", operation="s3:PutObject", resource=f"{bucket}/hot/*"):
        with pytest.raises(ClientError, match="SlowDown"):
            s3.put_object(Bucket=bucket, Key="hot/one", Body=b"x" * 100_000)
        s3.put_object(Bucket=bucket, Key="cold/one", Body=b"x")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["cold/one"]


Parameters = Callable[[str, Account], dict[str, Any]]
# Calls that name a resource: boto3's service, and the parameters with which the resource has a name.
NAMING: dict[str, tuple[str, Parameters]] = {
    "cloudformation:DescribeStackEvents": ("cloudformation", lambda name, _: {"StackName": name}),
    "iam:CreateRole": (
        "iam",
        lambda name, _: {"RoleName": name, "AssumeRolePolicyDocument": json.dumps(trust("lambda"))},
    ),
    "lambda:InvokeFunction": ("lambda", lambda name, _: {"FunctionName": name}),
    "ssm:GetParameter": ("ssm", lambda name, _: {"Name": f"/class/{name}"}),
    "logs:CreateLogGroup": ("logs", lambda name, _: {"logGroupName": f"/aws/{name}"}),
    "scheduler:GetSchedule": ("scheduler", lambda name, _: {"Name": name}),
    "states:DescribeStateMachine": (
        "stepfunctions",
        lambda name, at: {"stateMachineArn": f"arn:aws:states:us-east-1:{at.engine.account}:stateMachine:{name}"},
    ),
    "sqs:SendMessage": (
        "sqs",
        lambda name, at: {"QueueUrl": f"{at.engine.endpoint}/{at.engine.account}/{name}", "MessageBody": "x"},
    ),
    "budgets:DescribeBudget": ("budgets", lambda name, at: {"AccountId": at.engine.account, "BudgetName": name}),
    "sagemaker:CreateModel": ("sagemaker", lambda name, at: {"ModelName": name, "ExecutionRoleArn": at.role()}),
    "sagemaker:InvokeEndpoint": ("sagemaker-runtime", lambda name, _: {"EndpointName": name, "Body": b"1"}),
}


@pytest.mark.parametrize("operation", NAMING)
def test_a_resource_is_known_by_its_name_in_every_service(account: Account, control: Control, operation: str) -> None:
    name, (service, parameters) = fresh("thing"), NAMING[operation]
    method = xform_name(operation.partition(":")[2].replace("InvokeFunction", "Invoke"))
    with (
        control.fault("throttle", operation=operation, resource="another") as other,
        control.fault("throttle", operation=operation, resource=f"*{name}") as meant,
    ):
        with pytest.raises(ClientError) as caught:
            getattr(account.client(service), method)(**parameters(name, account))
        assert (other.strikes, meant.strikes) == (0, 1)
    assert "rate" in str(caught.value).lower()


def test_a_large_body_is_read_by_whoever_answers(account: Account, control: Control) -> None:
    bucket, s3, body = account.bucket(), account.client("s3"), bytes(9 << 20)
    with control.fault("throttle", operation="s3:PutObject", resource=f"{bucket}/hot"):
        with pytest.raises(ClientError, match="SlowDown"):
            s3.put_object(Bucket=bucket, Key="hot", Body=body)
        s3.put_object(Bucket=bucket, Key="cold", Body=body)
    assert s3.get_object(Bucket=bucket, Key="cold")["ContentLength"] == len(body)


def test_a_head_request_has_its_status_alone(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html: an error of HEAD has no body."""
    bucket, s3 = account.bucket(), account.client("s3")
    with (
        control.fault("denied", operation="s3:GetObject", resource=f"{bucket}/one"),
        pytest.raises(ClientError) as caught,
    ):
        s3.head_object(Bucket=bucket, Key="one")
    assert code_of(caught.value) == "403"


def test_a_lost_answer_leaves_what_was_done(account: Account, control: Control) -> None:
    bucket, s3, iam, name = account.bucket(), account.client("s3"), account.client("iam"), fresh("user")
    with control.fault("lost", operation="s3:PutObject", count=1), pytest.raises(ConnectionClosedError):
        s3.put_object(Bucket=bucket, Key="one", Body=b"content")
    assert s3.get_object(Bucket=bucket, Key="one")["Body"].read() == b"content"
    with control.fault("lost", operation="iam:CreateUser", count=1):
        with pytest.raises(ConnectionClosedError):
            iam.create_user(UserName=name)
        with pytest.raises(ClientError, match="EntityAlreadyExists"):
            iam.create_user(UserName=name)


def test_a_slow_answer_comes_late(account: Account, control: Control) -> None:
    sqs = account.client("sqs")
    with control.fault("slow", operation="sqs:ListQueues", seconds=0.7):
        began = time.monotonic()
        assert sqs.list_queues()["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert time.monotonic() - began >= 0.7


def test_calls_that_services_make_are_struck_too(account: Account, control: Control) -> None:
    """A stack's own calls go by the same door."""
    name = fresh("config")
    operation = "sagemaker:CreateNotebookInstanceLifecycleConfig"
    with control.fault("denied", operation=operation, resource=name) as fault:
        stack = account.deploy(lifecycle_config(name))
        assert fault.strikes == 1
    assert stack.status == "ROLLBACK_COMPLETE"
    assert f"is not authorized to perform: {operation}" in stack.reasons["Own"]


LIFECYCLE_CONFIG = "AWS::SageMaker::NotebookInstanceLifecycleConfig"


def lifecycle_config(name: str) -> dict[str, Any]:
    """A template with a resource that is made by one call."""
    return {
        "Resources": {"Own": {"Type": LIFECYCLE_CONFIG, "Properties": {"NotebookInstanceLifecycleConfigName": name}}}
    }


@pytest.mark.parametrize("kind", ["throttle", "error"])
def test_a_stack_tries_again_what_passes(account: Account, control: Control, kind: Kind) -> None:
    """docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html: Retriable."""
    name = fresh("config")
    with control.fault(kind, resource=name, count=2) as fault:
        assert account.deploy(lifecycle_config(name)).status == "CREATE_COMPLETE"
        assert fault.strikes == 2


def test_a_stack_does_not_try_for_ever(account: Account, control: Control) -> None:
    name = fresh("config")
    with control.fault("throttle", operation="sagemaker:Create*", resource=name):
        stack = account.deploy(lifecycle_config(name))
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "Rate exceeded (Service: SageMaker, Status Code: 400" in stack.reasons["Own"]


def test_a_job_loses_neither_data_nor_log_for_a_throttle(account: Account, control: Control) -> None:
    """As AWS's own agents, which the documentation does not describe: a moment's throttling fails no job."""
    at = bench(account)
    with (
        control.fault("throttle", operation="s3:GetObject", resource=f"{at.bucket}/*", count=2) as given,
        control.fault("throttle", operation="s3:PutObject", resource="*/model.tar.gz", count=2) as made,
        control.fault("throttle", operation="logs:PutLogEvents", resource="*TrainingJobs*", count=2) as lines,
    ):
        job = at.train("print('done'); open('/opt/ml/model/weights', 'w').write('learnt')", wait=False)
        ended = at.ended("training_job", "TrainingJob", job["TrainingJobName"])
        assert (given.strikes, made.strikes, lines.strikes) == (2, 2, 2)
    assert ended["TrainingJobStatus"] == "Completed", ended.get("FailureReason")
    assert at.unpacked(f"out/{job['TrainingJobName']}/output/model.tar.gz") == {"weights": "learnt"}
    assert "done" in at.log("/aws/sagemaker/TrainingJobs", job["TrainingJobName"])


def test_a_task_of_a_state_machine_retries_by_the_faults_name(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html: Retry by a service's error name."""
    role = account.role(allow("sagemaker:*"))
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sagemaker:listModels",
        "Parameters": {},
        "Retry": [{"ErrorEquals": ["SageMaker.SageMakerException"], "IntervalSeconds": 1, "MaxAttempts": 3}],
        "End": True,
    }
    machine = account.machine({"List": task}, role)
    with control.fault("throttle", operation="sagemaker:ListModels", count=2) as fault:
        assert account.execute(machine)["status"] == "SUCCEEDED"
        assert fault.strikes == 2


def test_waiting_for_a_job_survives_a_throttle(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html: with .sync it is AWS that waits."""
    at, name = bench(account), fresh("job")
    role = account.role(
        allow("sagemaker:*"),
        allow("iam:PassRole", resource=at.role),
        allow("events:PutTargets", "events:PutRule", "events:DescribeRule"),
    )
    source = at.put(f"{name}/sourcedir.tar.gz", archive(train_py="print('done')"))
    job = {
        "TrainingJobName": name,
        "RoleArn": at.role,
        "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
        "HyperParameters": {"sagemaker_program": "train.py", "sagemaker_submit_directory": source},
        "OutputDataConfig": {"S3OutputPath": f"s3://{at.bucket}/out"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": job,
        "End": True,
    }
    machine = account.machine({"Train": task}, role)
    with control.fault("throttle", operation="sagemaker:DescribeTrainingJob", resource=name, count=3) as fault:
        ended = account.execute(machine)
        assert fault.strikes == 3
    assert ended["status"] == "SUCCEEDED", ended.get("cause")


def test_a_notebook_instance_is_stuck_until_the_fault_is_cleared() -> None:
    faults = Faults()
    at = stand(faults=faults)
    own = faults.add(Fault(kind="stuck", resource="desk", status="Pending"))
    at.done("CreateNotebookInstance", **notebook())
    at.done("CreateNotebookInstance", **notebook("other"))

    def status(name: str) -> str:
        return str(at("DescribeNotebookInstance", NotebookInstanceName=name)["NotebookInstanceStatus"])

    assert (status("desk"), status("other")) == ("Pending", "InService")
    time.sleep(0.05)
    assert status("desk") == "Pending"
    assert faults.clear(own) == 1
    eventually(lambda: status("desk") == "InService")


def test_a_deletion_and_a_job_can_be_stuck() -> None:
    faults = Faults()
    at = hosted(stand(faults=faults))
    at.runtime.finish()
    faults.add(Fault(kind="stuck", status="Deleting"))
    faults.add(Fault(kind="stuck", resource="job", status="InProgress", count=1))
    at.done("DeleteEndpoint", EndpointName="endpoint")
    at.done("CreateTrainingJob", **training())
    at.done("CreateTrainingJob", **training("job-2"))
    assert at("DescribeEndpoint", EndpointName="endpoint")["EndpointStatus"] == "Deleting"
    assert at("DescribeTrainingJob", TrainingJobName="job")["TrainingJobStatus"] == "InProgress"
    assert at("DescribeTrainingJob", TrainingJobName="job-2")["TrainingJobStatus"] == "Completed"
    faults.clear()
    eventually(lambda: at("DescribeTrainingJob", TrainingJobName="job")["TrainingJobStatus"] == "Completed")
    eventually(lambda: not at("ListEndpoints")["Endpoints"])


def test_a_real_instance_is_stuck_and_goes_on(account: Account, control: Control) -> None:
    at, name = bench(account), fresh("desk")
    with control.fault("stuck", resource=name, status="Pending") as fault:
        at.sagemaker.create_notebook_instance(NotebookInstanceName=name, InstanceType="ml.t3.medium", RoleArn=at.role)
        eventually(lambda: fault.strikes == 1, seconds=60)
        shown = at.sagemaker.describe_notebook_instance(NotebookInstanceName=name)
        assert shown["NotebookInstanceStatus"] == "Pending"
    for _ in polls(20):
        shown = at.sagemaker.describe_notebook_instance(NotebookInstanceName=name)
        if shown["NotebookInstanceStatus"] == "InService":
            break
    at.sagemaker.stop_notebook_instance(NotebookInstanceName=name)


def test_an_endpoint_that_is_stuck_in_its_update_serves_as_before(account: Account, control: Control) -> None:
    """docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html: the old one serves meanwhile."""
    at, name = bench(account), fresh("endpoint")
    for version in ("old", "new"):
        model = at.model(f"""
            def model_fn(folder):
                return {version!r}
            def predict_fn(given, model):
                return model
            def input_fn(body, form):
                return body
            def output_fn(answer, accept):
                return answer
        """)
        variant = {"VariantName": version, "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        at.sagemaker.create_endpoint_config(EndpointConfigName=f"{name}-{version}", ProductionVariants=[variant])

    def status() -> str:
        return str(at.sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"])

    def answer() -> str:
        body = account.client("sagemaker-runtime").invoke_endpoint(EndpointName=name, Body=b"1")["Body"].read()
        return str(body.decode()).strip('"')

    at.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-old")
    eventually(lambda: status() == "InService", seconds=60)
    with control.fault("stuck", resource=name, status="Updating") as fault:
        at.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=f"{name}-new")
        eventually(lambda: fault.strikes == 1, seconds=60)
        assert (status(), answer()) == ("Updating", "old")
    eventually(lambda: status() == "InService")
    assert answer() == "new"
    at.sagemaker.delete_endpoint(EndpointName=name)


def test_a_stack_does_not_wait_for_ever_for_what_is_stuck(account: Account, control: Control) -> None:
    """How long AWS's handler waits is not documented; here it is a quarter of an hour of the clock."""
    at, name = bench(account), fresh("desk")
    given = {"NotebookInstanceName": name, "InstanceType": "ml.t3.medium", "RoleArn": at.role}
    template = {"Resources": {"Own": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": given}}}
    with control.fault("stuck", resource=name, status="Pending") as fault:
        control.speed(900)
        stack = account.deploy(template)
        assert fault.strikes == 1
    control.speed(None)
    assert stack.status == "ROLLBACK_COMPLETE"
    assert "is still Pending" in stack.reasons["Own"]


def test_a_cleared_fault_is_gone(control: Control) -> None:
    fault = control.fault("throttle", operation="sqs:*", count=3)
    assert control.faults() == {fault.id: Fault(kind="throttle", operation="sqs:*", count=3)}
    fault.clear()
    assert control.faults() == {}
    with pytest.raises(ControlError, match="there is no"):
        assert fault.strikes


def test_only_roots_secret_plants_faults(account: Account) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        status, body = fetch(account.engine.endpoint, "/_embedded/faults", method="DELETE", headers=headers)
        assert (status, "for the account's root" in json.loads(body)["message"]) == (403, True)
