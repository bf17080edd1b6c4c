"""The judge's own test: one leftover of each kind is planted, and each must be named and cost the exit status."""

import io
import json
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner

from classlab.cli.main import main
from classlab.labs import image_uri
from classlab.rehearsal import account, inventory
from classlab.rehearsal.day import Day, Progress, Step
from classlab.rehearsal.options import Options
from classlab.rehearsal.steps.evening import JUDGE
from classlab.rehearsal.steps.morning import ENGINE, PREPARE
from classlab.rehearsal.strangers import plant
from classlab.rehearsal.strangers.twin import Twin
from classlab.reporting.report import Report

pytestmark = [pytest.mark.rehearsal]

# What planting strangers leaves, here after the baseline: a part of each item's name.
BY_STRANGERS = {
    "role": "iam _roles 123456789012/sample--zoe-role",
    "bucket": "s3 _buckets 123456789012/sample--zoe-bucket-123456789012",
    "object": "s3 objects 123456789012/sample--zoe-bucket-123456789012/work/notes.txt",
    "log group": "cloudwatch_logs _log_groups 123456789012/us-east-1//aws/sagemaker/Endpoints/sample--zoe",
    "log stream": "cloudwatch_logs streams 123456789012/us-east-1//aws/sagemaker/TrainingJobs/sample--zoe--train",
    "stack": "cloudformation _stacks 123456789012/us-east-1/sample--zoe",
    "processing job": "sagemaker ProcessingJob arn:aws:sagemaker:us-east-1:123456789012:processing-job/sample--zoe",
    "tuning job": "sagemaker HyperParameterTuningJob arn:aws:sagemaker:us-east-1:123456789012:"
    "hyper-parameter-tuning-job/sample---00000000-tune",
    "training job": "sagemaker TrainingJob arn:aws:sagemaker:us-east-1:123456789012:"
    "training-job/sample---00000000-tune",
    "model": "sagemaker Model arn:aws:sagemaker:us-east-1:123456789012:model/sample--zoe",
    "endpoint config": "sagemaker EndpointConfig arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/sample--zoe",
    "endpoint": "sagemaker Endpoint arn:aws:sagemaker:us-east-1:123456789012:endpoint/sample--zoe",
    "notebook": "sagemaker NotebookInstance arn:aws:sagemaker:us-east-1:123456789012:notebook-instance/sample--zoe",
    "lifecycle": "sagemaker NotebookInstanceLifecycleConfig arn:aws:sagemaker:us-east-1:123456789012:notebook-",
}
MACHINE = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})

Plant = Callable[[Callable[[str], Any], str], object]
"""Makes one thing, with a way to clients and the ARN of a role that the services may take."""

# The other kinds that a class consists of: how one is planted, and what the judge must call it.
OTHERS: dict[str, tuple[Plant, str]] = {
    "user": (lambda aws, _role: aws("iam").create_user(UserName="left"), "iam _users 123456789012/left"),
    "policy": (
        lambda aws, _role: aws("iam").create_policy(PolicyName="left", PolicyDocument=_allow_nothing()),
        "iam _policies 123456789012/arn:aws:iam::123456789012:policy/left",
    ),
    "parameter": (
        lambda aws, _role: aws("ssm").put_parameter(Name="/classlab/left", Value="x", Type="String"),
        "ssm _parameters 123456789012/us-east-1//classlab/left",
    ),
    "queue": (lambda aws, _role: aws("sqs").create_queue(QueueName="left"), "sqs _queues 123456789012/us-east-1/"),
    "schedule group": (
        lambda aws, _role: aws("scheduler").create_schedule_group(Name="left"),
        "scheduler _schedule_groups 123456789012/us-east-1/left",
    ),
    "rule": (
        lambda aws, _role: aws("events").put_rule(Name="left", ScheduleExpression="rate(1 day)"),
        "eventbridge _rules 123456789012/us-east-1/default|left",
    ),
    "shared rule that nobody told of": (
        lambda aws, _role: aws("events").put_rule(
            Name="StepFunctionsGetEventsForSageMakerTrainingJobsRule", ScheduleExpression="rate(1 day)"
        ),
        "the teardown did not tell",
    ),
    "state machine": (
        lambda aws, role: aws("stepfunctions").create_state_machine(name="left", definition=MACHINE, roleArn=role),
        "stepfunctions _state_machines 123456789012/us-east-1/arn:aws:states:us-east-1:123456789012:stateMachine:left",
    ),
    "execution": (
        lambda aws, _role: aws("stepfunctions").start_execution(
            stateMachineArn="arn:aws:states:us-east-1:123456789012:stateMachine:left", name="left"
        ),
        "stepfunctions _executions 123456789012/us-east-1/arn:aws:states:us-east-1:123456789012:execution:left:left",
    ),
    "function": (
        lambda aws, role: aws("lambda").create_function(
            FunctionName="left", Runtime="python3.12", Role=role, Handler="index.handler", Code={"ZipFile": _code()}
        ),
        "lambda_svc _functions 123456789012/us-east-1/left",
    ),
    "schedule": (
        lambda aws, role: aws("scheduler").create_schedule(
            Name="left",
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": "arn:aws:lambda:us-east-1:123456789012:function:left", "RoleArn": role},
        ),
        "scheduler _schedules 123456789012/us-east-1/default",
    ),
    "budget": (
        lambda aws, _role: aws("budgets").create_budget(
            AccountId="123456789012",
            Budget={
                "BudgetName": "left",
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": "1", "Unit": "USD"},
            },
        ),
        "budgets _budgets 123456789012/left",
    ),
    "table": (
        lambda aws, _role: aws("dynamodb").create_table(
            TableName="left",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        ),
        "dynamodb _tables 123456789012/us-east-1/left",
    ),
}


def _allow_nothing() -> str:
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _code() -> bytes:
    """A function's archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return 1\n")
    return content.getvalue()


def _count(day: Day, _progress: Progress) -> None:
    day.baseline = inventory.take(day.engine)


def _plant(day: Day, _progress: Progress) -> None:
    keys = account.root_keys(day.engine)
    session = boto3.Session(keys.access_key_id, keys.secret_access_key, region_name=day.engine.region)
    image = image_uri(day.labs[0].pipeline.prepare.image, day.engine.region)
    plant(Twin(aws=day.root, classroom="sample", attendee="ann", nobody="zoe", image=image))
    services = [f"{name}.amazonaws.com" for name in ("states", "lambda", "scheduler")]
    trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    role = day.root.iam.create_role(
        RoleName="left", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    for make, _ in OTHERS.values():
        make(partial(session.client, endpoint_url=day.engine.endpoint), role)


DAY = (
    PREPARE,
    ENGINE,
    Step(name="strangers", title="Count what is there", run=_count, needs=("engine",)),
    Step(name="plant", title="Leave things behind", run=_plant, needs=("strangers",)),
    JUDGE,
)


@pytest.fixture(scope="module")
def judged(environments: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Report]:
    """Exit status and report of a day that leaves one thing of each kind behind."""
    folder = tmp_path_factory.mktemp("rehearsal")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("classlab.cli.rehearse.WHOLE_DAY", DAY)
        patch.setattr("classlab.cli.rehearse.Options", partial(Options, folder=folder))
        done = CliRunner().invoke(main, ["rehearse"], catch_exceptions=False)
    return done.exit_code, Report.read(folder / "report.json")


def test_leftovers_cost_the_exit_status(judged: tuple[int, Report]) -> None:
    status, report = judged
    assert (status, report.ok) == (1, False)
    assert [row.outcome for row in report.steps] == ["held", "held", "held", "held", "failed"]


@pytest.mark.parametrize(
    ("kind", "name"), [*BY_STRANGERS.items(), *((kind, name) for kind, (_, name) in OTHERS.items())]
)
def test_each_kind_is_named(judged: tuple[int, Report], kind: str, name: str) -> None:
    judge = judged[1].judge
    assert judge is not None
    assert any(name in leftover for leftover in judge.leftovers), f"the judge did not see the {kind}"


def test_every_leftover_is_a_problem_of_the_report(judged: tuple[int, Report]) -> None:
    report = judged[1]
    assert report.judge is not None
    assert set(report.problems) == {f"left behind: {leftover}" for leftover in report.judge.leftovers}
