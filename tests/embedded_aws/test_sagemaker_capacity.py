"""Quotas and instances that are not to be had: what a caller may set while the engine runs, and what then happens."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from embedded_aws.sagemaker.capacity import Capacity
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import ENDPOINT, TUNING_JOB
from embedded_aws.sagemaker.quotas import Quotas
from tests.embedded_aws.sagemaker_stubs import (
    Params,
    Stand,
    a_model,
    hosted,
    notebook,
    processing,
    stand,
    training,
    transform,
    tuning,
    variant,
)

CAPACITY_ERROR = (
    "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different ML instance type."
)
INSUFFICIENT = "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error."


def error(at: Stand, action: str, **params: object) -> str:
    with pytest.raises(AwsError) as caught:
        at(action, **params)
    assert caught.value.code == "ResourceLimitExceeded"
    return caught.value.message


def ended(at: Stand, noun: str, name: str) -> Params:
    """What Describe says once the record is in a state that stays."""
    for _ in range(200):
        shown = at(f"Describe{noun}", **{f"{noun}Name": name})
        if shown[f"{noun}Status"] not in ("InProgress", "Pending", "Creating", "Updating"):
            return shown
        time.sleep(0.01)
    raise AssertionError(shown)


# --- quotas ------------------------------------------------------------------------------------------------


def test_a_quota_may_change_while_the_engine_runs() -> None:
    """Service Quotas: a quota is a value of account and region that can be raised; ResourceLimitExceeded until then."""
    at = stand()
    at("CreateNotebookInstance", **notebook())
    at.plane.quotas.set("ml.t3.medium for notebook instance usage", 1)
    assert error(at, "CreateNotebookInstance", **notebook("b")).startswith(
        "The account-level service limit 'ml.t3.medium for notebook instance usage' is 1 Instances, with current "
        "utilization of 1 Instances and a request delta of 1 Instances."
    )
    at.plane.quotas.set("ml.t3.medium for notebook instance usage", 2)
    at("CreateNotebookInstance", **notebook("b"))
    at.plane.quotas.set("ml.t3.medium for notebook instance usage", None)
    at("CreateNotebookInstance", **notebook("c"))
    assert at.plane.quotas.limits() == {}


@pytest.mark.parametrize(
    "name",
    [
        *("ml.m5.lage for training job usage", "ml.m5.large for train job usage", "ml.m5.large", "Total notebooks"),
        "ml.m5.large for cluster usage",
    ],
)
def test_a_quota_that_nothing_checks_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no quota that the embedded AWS checks"):
        Quotas({}).set(name, 1)


def test_a_quota_is_not_negative() -> None:
    with pytest.raises(ValueError, match="cannot be -1"):
        Quotas({"ml.m5.large for training job usage": -1})


@pytest.mark.parametrize(
    ("action", "make", "quota"),
    [
        ("CreateTrainingJob", training, "Number of instances across all training jobs"),
        ("CreateProcessingJob", processing, "Number of instances across all processing jobs"),
        ("CreateTransformJob", transform, "Number of instances across all transform jobs"),
    ],
)
def test_totals_count_all_types(action: str, make: Any, quota: str) -> None:  # noqa: ANN401 # a request's maker
    """AWS General Reference, "Amazon SageMaker AI endpoints and quotas": instances across all jobs of a use."""
    at = stand(quotas={quota: 1})
    at("CreateModel", **a_model())
    at(action, **make("one"))
    message = error(at, action, **make("two"))
    assert f"'{quota}' is 1 Instances, with current utilization of 1 Instances" in message
    at.runtime.finish()
    at(action, **make("two"))


@pytest.mark.parametrize(
    ("member", "text"),
    [
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 432_001}},
            (
                "'Longest run time for a training job' is 432000 Seconds, with current utilization of 0 Seconds and a "
                "request delta of 432001 Seconds."
            ),
        ),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1025}},
            "'Size of EBS volume for a training job instance' is 1024 GB",
        ),
    ],
)
def test_a_single_job_has_awss_default_quotas(member: Params, text: str) -> None:
    """Public listings of the quotas of new accounts: five days, 1024 GB."""
    at = stand()
    assert text in error(at, "CreateTrainingJob", **training(**member))
    assert text in error(at, "CreateHyperParameterTuningJob", **tuning(definition=member))
    at.plane.quotas.set(text.split("'")[1], 500_000)
    at("CreateTrainingJob", **training(**member))


def test_a_tuning_job_runs_ten_jobs_at_once() -> None:
    """As above; API_ResourceLimits has no maximum of its own for MaxParallelTrainingJobs."""
    at = stand()
    assert "in parallel at once' is 10 " in error(at, "CreateHyperParameterTuningJob", **tuning(jobs=20, parallel=11))
    at("CreateHyperParameterTuningJob", **tuning(jobs=20, parallel=10))


def test_the_total_of_endpoints() -> None:
    """As above; a public notebook shows the sentence for 'Number of instances across active endpoints'."""
    at = hosted(stand(quotas={"Number of instances across active endpoints": 1}))
    assert "across active endpoints' is 1 Instances" in error(
        at, "CreateEndpoint", EndpointName="second", EndpointConfigName="config"
    )


def test_the_total_of_notebook_instances_counts_stopped_ones() -> None:
    """AWS CloudFormation's `rain forecast` quotes the sentence, in NotebookInstances; the quota is of existing ones."""
    at = stand(quotas={"Total number of notebook instances": 1})
    at.done("CreateNotebookInstance", **notebook())
    at.done("StopNotebookInstance", NotebookInstanceName="desk")
    message = error(at, "CreateNotebookInstance", **notebook("b"))
    assert "is 1 NotebookInstances, with current utilization of 1 NotebookInstances and a request delta of 1" in message
    at.done("StartNotebookInstance", NotebookInstanceName="desk")


def test_a_refused_update_of_an_endpoint_changes_nothing() -> None:
    at = hosted(stand(quotas={"ml.m5.large for endpoint usage": 1}))
    at.runtime.finish()
    two = [variant("a"), variant("b")]
    at("CreateEndpointConfig", EndpointConfigName="two", ProductionVariants=two)
    message = error(at, "UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="two")
    assert "with current utilization of 1 Instances and a request delta of 2 Instances" in message
    assert "_pending" not in at.plane.record(ENDPOINT, "endpoint")
    at.plane.quotas.set("ml.m5.large for endpoint usage", 2)
    at("CreateEndpoint", EndpointName="second", EndpointConfigName="config")


def test_an_update_needs_both_fleets_for_a_while() -> None:
    """Developer guide, "Blue/Green Deployments": the new fleet is provisioned before the old one is ended."""
    at = hosted(stand(quotas={"ml.m5.large for endpoint usage": 2}))
    at.runtime.finish()
    at("CreateEndpointConfig", EndpointConfigName="next", ProductionVariants=[variant()])
    at("UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="next")
    message = error(at, "CreateEndpoint", EndpointName="second", EndpointConfigName="config")
    assert "with current utilization of 2 Instances and a request delta of 1 Instances" in message
    at.runtime.finish()
    at("CreateEndpoint", EndpointName="second", EndpointConfigName="config")


# --- capacity ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noun", "make"), [("TrainingJob", training), ("ProcessingJob", processing), ("TransformJob", transform)]
)
def test_a_job_without_instances_fails(noun: str, make: Any) -> None:  # noqa: ANN401 # a request's maker
    """The FailureReason is AWS's, as grand-challenge's issue 2631 and pull requests of AWS's toolkits quote it."""
    at = stand()
    at("CreateModel", **a_model())
    at.plane.capacity.withhold("ml.m5.large", 1)
    at(f"Create{noun}", **make("one"))
    assert at.runtime.calls == []
    shown = ended(at, noun, "one")
    assert (shown[f"{noun}Status"], shown["FailureReason"]) == ("Failed", CAPACITY_ERROR)
    at.done(f"Create{noun}", **make("two"))
    assert ended(at, noun, "two")[f"{noun}Status"] == "Completed"


def test_a_training_job_that_found_no_instance_never_left_pending() -> None:
    """API_DescribeTrainingJob, SecondaryStatus: Pending is waiting for compute capacity; SDK logs show the message."""
    at = stand()
    at.plane.capacity.withhold("ml.m5.large", 1)
    at("CreateTrainingJob", **training())
    shown = ended(at, "TrainingJob", "job")
    steps = shown["SecondaryStatusTransitions"]
    assert [step["Status"] for step in steps] == ["Starting", "Pending", "Failed"]
    assert steps[1]["StatusMessage"] == "Training job waiting for capacity"
    assert "TrainingStartTime" not in shown


def test_an_endpoint_without_instances_fails_and_can_be_deleted() -> None:
    """API_DescribeEndpoint: Failed, with the FailureReason; only DeleteEndpoint is left then."""
    at = stand()
    at.plane.capacity.withhold("ml.m5.large", 1)
    hosted(at)
    shown = ended(at, "Endpoint", "endpoint")
    assert shown["EndpointStatus"] == "Failed"
    assert shown["FailureReason"].startswith(INSUFFICIENT)
    at.done("DeleteEndpoint", EndpointName="endpoint")
    assert at("ListEndpoints")["Endpoints"] == []


def test_an_update_without_instances_leaves_the_old_deployment_in_service() -> None:
    at = hosted(stand())
    at.runtime.finish()
    at("CreateEndpointConfig", EndpointConfigName="big", ProductionVariants=[variant(InstanceType="ml.m5.xlarge")])
    at.plane.capacity.withhold("ml.m5.xlarge", 1)
    at("UpdateEndpoint", EndpointName="endpoint", EndpointConfigName="big")
    shown = ended(at, "Endpoint", "endpoint")
    assert (shown["EndpointStatus"], shown["EndpointConfigName"]) == ("InService", "config")
    assert shown["FailureReason"].startswith(INSUFFICIENT)


def test_a_notebook_instance_without_instances_fails_and_starts_later() -> None:
    """API_DescribeNotebookInstance: Failed, with FailureReason; StartNotebookInstance may be called again."""
    at = stand()
    at.plane.capacity.withhold("ml.t3.medium", 1)
    at("CreateNotebookInstance", **notebook())
    shown = ended(at, "NotebookInstance", "desk")
    assert shown["NotebookInstanceStatus"] == "Failed"
    assert "InsufficientInstanceCapacity" in shown["FailureReason"]
    at.done("StartNotebookInstance", NotebookInstanceName="desk")
    assert "FailureReason" not in ended(at, "NotebookInstance", "desk")


def test_a_tuning_job_itself_needs_no_instance() -> None:
    at = stand()
    at.plane.capacity.withhold("ml.m5.large", 1)
    at("CreateHyperParameterTuningJob", **tuning())
    assert at.runtime.calls == [("started", TUNING_JOB.name, "tune")]
    assert at.plane.capacity.withheld() == {"ml.m5.large": 1}


def test_other_types_are_to_be_had() -> None:
    at = stand()
    at.plane.capacity.withhold("ml.g4dn.xlarge", 1)
    at.done("CreateTrainingJob", **training())
    assert ended(at, "TrainingJob", "job")["TrainingJobStatus"] == "Completed"


def test_what_is_withheld_can_be_given_back_and_must_be_a_type() -> None:
    capacity = Capacity()
    capacity.withhold("ml.m5.large", 3)
    capacity.withhold("ml.m5.large", 0)
    assert capacity.withheld() == {}
    assert not capacity.missing(["ml.m5.large"])
    with pytest.raises(ValueError, match="no instance type"):
        capacity.withhold("m5.large", 1)
    with pytest.raises(ValueError, match="cannot be -1"):
        capacity.withhold("ml.m5.large", -1)


def test_as_many_starts_fail_as_were_asked_for_whoever_starts_them() -> None:
    capacity, ready = Capacity(), threading.Barrier(8)
    capacity.withhold("ml.m5.large", 5)

    def start(_: int) -> list[bool]:
        ready.wait()
        return [capacity.missing(["ml.m5.large"]) for _ in range(100)]

    with ThreadPoolExecutor(8) as pool:
        failed = [one for each in pool.map(start, range(8)) for one in each]
    assert failed.count(True) == 5
