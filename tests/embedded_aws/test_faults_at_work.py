"""Faults that strike what services do: stacks, jobs and state machines, and what is stuck."""

from __future__ import annotations

import time
from typing import Any

import pytest

from embedded_aws.control import Control
from embedded_aws.faults.rules import Fault, Faults, Kind
from tests.embedded_aws.account import Account, allow, fresh, polls
from tests.embedded_aws.bench import CLUSTER, XGBOOST, archive, bench
from tests.embedded_aws.sagemaker_stubs import hosted, notebook, stand, training
from tests.embedded_aws.waiting import eventually


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
