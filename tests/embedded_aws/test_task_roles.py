"""As whom tasks call, which roles they pass, and the rights that a tuning job takes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.embedded_aws.account import Account, allow, fresh
from tests.embedded_aws.bench import Bench, bench
from tests.embedded_aws.state_runs import ALL, END, output
from tests.embedded_aws.task_states import run, task
from tests.embedded_aws.test_tuning import BOWL, start

TUNING_RULE = "StepFunctionsGetEventsForSageMakerTuningJobsRule"


@pytest.fixture(scope="module")
def at(account: Account) -> Bench:
    return bench(account)


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
