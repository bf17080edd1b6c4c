"""Warm pools of training jobs: the states of the developer guide's page "SageMaker AI Managed Warm Pools"."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.control import Control
from embedded_aws.runtime import warm_pool_cache
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import TRAINING_JOB
from tests.embedded_aws.account import Account, allow, code_of, fresh
from tests.embedded_aws.bench import SCIKIT_LEARN, Bench, Described, bench
from tests.embedded_aws.sagemaker_stubs import ROLE, Params, Stand, stand, training

QUOTA = "ml.m5.large for training warm pool usage"
CLUSTER = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5}


@pytest.fixture
def at() -> Stand:
    return stand(quotas={QUOTA: 1})


def warm(name: str = "job", seconds: int = 600, **more: Any) -> Params:  # noqa: ANN401 # CreateTrainingJob's parameters
    return training(name, ResourceConfig={**CLUSTER, "KeepAlivePeriodInSeconds": seconds, **more})


def pool(at: Stand, name: str = "job") -> Params:
    shown: Params = at("DescribeTrainingJob", TrainingJobName=name).get("WarmPoolStatus", {})
    return shown


def error(at: Stand, action: str, **params: object) -> tuple[str, str]:
    with pytest.raises(AwsError) as caught:
        at(action, **params)
    return caught.value.code, caught.value.message


def eventually(check: Callable[[], bool], attempts: int = 300) -> None:
    for _ in range(attempts):
        if check():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def released(at: Stand) -> int:
    return sum(call[0] == "released" for call in at.runtime.calls)


def test_a_completed_job_keeps_its_instances(at: Stand) -> None:
    """Warm pool lifecycle, step 2: Available for KeepAlivePeriodInSeconds."""
    at("CreateTrainingJob", **warm())
    assert pool(at) == {}
    at.runtime.finish()
    assert pool(at) == {"Status": "Available", "ResourceRetainedBillableTimeInSeconds": 0}
    (summary,) = at("ListTrainingJobs", WarmPoolStatusEquals="Available")["TrainingJobSummaries"]
    assert summary["WarmPoolStatus"]["Status"] == "Available"
    assert at("ListTrainingJobs", WarmPoolStatusEquals="InUse")["TrainingJobSummaries"] == []


def test_a_pool_ends_after_its_time(at: Stand) -> None:
    """Step 3: Terminated once KeepAlivePeriodInSeconds is over; the time that it was kept is billed."""
    at.done("CreateTrainingJob", **warm(seconds=1))
    assert pool(at)["Status"] == "Available"
    eventually(lambda: pool(at)["Status"] == "Terminated")
    assert pool(at)["ResourceRetainedBillableTimeInSeconds"] == 1
    assert released(at) == 1


def test_a_matching_job_takes_the_pool_and_gives_it_on(at: Stand) -> None:
    """Steps 4 and 5: Reused, with ReusedByJob; InUse; Available again for the second job's own time."""
    at.done("CreateTrainingJob", **warm())
    at("CreateTrainingJob", **warm("second"))
    assert (pool(at)["Status"], pool(at)["ReusedByJob"]) == ("Reused", "second")
    assert pool(at, "second") == {"Status": "InUse"}
    at.runtime.finish()
    assert pool(at, "second")["Status"] == "Available"
    assert released(at) == 0
    clusters = {at.plane.record(TRAINING_JOB, name)["_pool"].cluster for name in ("job", "second")}
    assert len(clusters) == 1


def test_a_job_that_asks_for_no_pool_takes_one_and_ends_it(at: Stand) -> None:
    """Maximum warm pool duration: without KeepAlivePeriodInSeconds the pool spins down after the job."""
    at.done("CreateTrainingJob", **warm())
    at("CreateTrainingJob", **training("second"))
    assert pool(at, "second") == {"Status": "InUse"}
    at.runtime.finish()
    assert pool(at, "second") == {"Status": "Terminated"}
    assert released(at) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"RoleArn": f"{ROLE}-other"},
        {"ResourceConfig": {**CLUSTER, "VolumeSizeInGB": 6}},
        {"ResourceConfig": {**CLUSTER, "InstanceType": "ml.m5.xlarge"}},
        {"EnableInterContainerTrafficEncryption": True},
    ],
    ids=["role", "volume", "type", "encryption"],
)
def test_another_job_does_not_take_it(at: Stand, other: Params) -> None:
    """Matching training jobs: RoleArn, InstanceCount, InstanceType, VolumeSizeInGB, ... must be identical."""
    at.done("CreateTrainingJob", **warm())
    at("CreateTrainingJob", **{**training("second"), **other})
    assert pool(at)["Status"] == "Available"
    assert pool(at, "second") == {}


def test_without_a_quota_nothing_is_kept() -> None:
    """Request a warm pool quota increase: the default is 0, the job runs, and no pool is retained."""
    at = stand()
    at.done("CreateTrainingJob", **warm())
    shown = at("DescribeTrainingJob", TrainingJobName="job")
    assert (shown["TrainingJobStatus"], shown["WarmPoolStatus"]) == ("Completed", {"Status": "Terminated"})


def test_pools_fill_their_quota(at: Stand) -> None:
    at.done("CreateTrainingJob", **warm())
    at.done("CreateTrainingJob", **{**warm("second"), "RoleArn": f"{ROLE}-other"})
    assert (pool(at)["Status"], pool(at, "second")["Status"]) == ("Available", "Terminated")


def test_a_pool_counts_for_training_until_it_is_taken(at: Stand) -> None:
    """As above: all warm pool usage counts toward the training resource limit."""
    at.plane.quotas.set("ml.m5.large for training job usage", 1)
    at.done("CreateTrainingJob", **warm())
    code, message = error(at, "CreateTrainingJob", **training("other", RoleArn=f"{ROLE}-other"))
    assert (code, "with current utilization of 1 Instances" in message) == ("ResourceLimitExceeded", True)
    assert pool(at)["Status"] == "Available"
    at("CreateTrainingJob", **training("match"))


def test_a_pool_needs_no_capacity(at: Stand) -> None:
    at.done("CreateTrainingJob", **warm())
    at.plane.capacity.withhold("ml.m5.large", 1)
    at.done("CreateTrainingJob", **training("second"))
    assert at("DescribeTrainingJob", TrainingJobName="second")["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("status", "launched", "reason", "kept"),
    [
        ("Stopped", True, "", True),
        ("Stopped", False, "", False),
        ("Failed", True, "AlgorithmError: , exit code: 1", True),
        ("Failed", True, "ClientError: Data download failed", True),
        ("Failed", True, "InternalServerError: We encountered an internal error.", False),
        ("Failed", False, "CapacityError: Unable to provision", False),
    ],
)
def test_which_ends_keep_a_pool(at: Stand, *, status: str, launched: bool, reason: str, kept: bool) -> None:
    """Warm pool creation: stopped after the launch, or failed by the algorithm or the client, keeps it."""
    at("CreateTrainingJob", **warm())
    record = at.plane.record(TRAINING_JOB, "job")
    if launched:
        at.plane.transition(TRAINING_JOB, record, "InProgress", SecondaryStatus="Downloading")
    at.plane.transition(TRAINING_JOB, record, status, **({"FailureReason": reason} if reason else {}))
    assert pool(at)["Status"] == ("Available" if kept else "Terminated")


def test_a_job_is_not_deleted_while_its_pool_waits(at: Stand) -> None:
    """API_DeleteTrainingJob: only jobs that do not retain an Available warm pool; UpdateTrainingJob to 0 ends it."""
    at.done("CreateTrainingJob", **warm())
    assert error(at, "DeleteTrainingJob", TrainingJobName="job")[0] == "ResourceInUse"
    at("UpdateTrainingJob", TrainingJobName="job", ResourceConfig={"KeepAlivePeriodInSeconds": 0})
    assert pool(at)["Status"] == "Terminated"
    at("DeleteTrainingJob", TrainingJobName="job")


def test_the_time_can_be_changed_while_a_pool_waits(at: Stand) -> None:
    """API_UpdateTrainingJob: ResourceConfig.KeepAlivePeriodInSeconds."""
    at.done("CreateTrainingJob", **warm(seconds=1))
    answer = at("UpdateTrainingJob", TrainingJobName="job", ResourceConfig={"KeepAlivePeriodInSeconds": 600})
    assert answer["TrainingJobArn"].endswith(":training-job/job")
    time.sleep(1.2)
    assert pool(at)["Status"] == "Available"
    shown = at("DescribeTrainingJob", TrainingJobName="job")
    assert shown["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600
    at("UpdateTrainingJob", TrainingJobName="job", ResourceConfig={"KeepAlivePeriodInSeconds": 1})
    assert pool(at)["Status"] == "Terminated"


def test_only_an_available_pool_can_be_changed(at: Stand) -> None:
    keep = {"ResourceConfig": {"KeepAlivePeriodInSeconds": 60}}
    assert error(at, "UpdateTrainingJob", TrainingJobName="none", **keep)[0] == "ResourceNotFound"
    at("CreateTrainingJob", **warm())
    assert "not Available" in error(at, "UpdateTrainingJob", TrainingJobName="job", **keep)[1]
    at.runtime.finish()
    assert "ResourceConfig must be provided" in error(at, "UpdateTrainingJob", TrainingJobName="job")[1]


def test_spot_instances_are_not_kept(at: Stand) -> None:
    """Considerations: warm pools cannot be used with spot instances."""
    time_limits = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}
    spot = {"EnableManagedSpotTraining": True, "StoppingCondition": time_limits}
    assert error(at, "CreateTrainingJob", **{**warm(), **spot})[0] == "ValidationException"
    at.done("CreateTrainingJob", **warm())
    at("CreateTrainingJob", **training("spot", **spot))
    assert pool(at)["Status"] == "Available"


def test_the_cache_goes_from_job_to_job_and_with_the_pool(tmp_path: Path) -> None:
    """Using persistent cache: it persists throughout the lifecycle of the warm pool."""
    first, second, state = tmp_path / "first", tmp_path / "second", tmp_path / "state"
    warm_pool_cache.open_in(first, state, "c1")
    (first / "sagemaker/warmpoolcache/pip").write_text("wheel")
    warm_pool_cache.keep(first, state, "c1")
    assert not (first / "sagemaker/warmpoolcache").exists()
    warm_pool_cache.open_in(second, state, "c1")
    assert (second / "sagemaker/warmpoolcache/pip").read_text() == "wheel"
    warm_pool_cache.keep(second, state, "c1")
    warm_pool_cache.forget(state, "c1")
    third = tmp_path / "third"
    warm_pool_cache.open_in(third, state, "c1")
    assert list((third / "sagemaker/warmpoolcache").iterdir()) == []


# --- on a running engine -----------------------------------------------------------------------------------

CACHE = """
import os
from pathlib import Path
folder = Path(os.environ["SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY"])
assert str(folder) == "/opt/ml/sagemaker/warmpoolcache"
print("found", sorted(file.name for file in folder.iterdir()))
(folder / os.environ["TRAINING_JOB_NAME"]).write_text("kept")
"""


@pytest.fixture(scope="module")
def desk(account: Account) -> Bench:
    return bench(account)


def found(at: Bench, job: str) -> list[str]:
    return [line for line in at.log("/aws/sagemaker/TrainingJobs", job) if line.startswith("found")]


@pytest.fixture
def control(account: Account) -> Iterator[Control]:
    """The control of the running engine, without a quota for pools again afterwards."""
    made = Control(account.engine)
    yield made
    made.quota(QUOTA, None)
    made.speed(None)


def cached(desk: Bench, seconds: int = 60) -> Described:
    cluster = {**CLUSTER, "KeepAlivePeriodInSeconds": seconds}
    image = {"TrainingImage": SCIKIT_LEARN, "TrainingInputMode": "File"}
    return desk.train(CACHE, ResourceConfig=cluster, AlgorithmSpecification=image)


def test_without_a_quota_the_cache_is_lost(desk: Bench) -> None:
    """Using persistent cache: the directory shuts down with the pool; the engine has no quota for pools by itself."""
    for _ in range(2):
        job = cached(desk)
        assert (job["TrainingJobStatus"], job["WarmPoolStatus"]["Status"]) == ("Completed", "Terminated")
        assert found(desk, job["TrainingJobName"]) == ["found []"]


def test_the_next_job_finds_the_cache_until_the_pool_ends(desk: Bench, control: Control) -> None:
    """Using persistent cache: for a subsequent job within KeepAlivePeriodInSeconds, by the clock."""
    control.quota(QUOTA, 1)
    first, second = cached(desk), cached(desk)
    assert found(desk, second["TrainingJobName"]) == [f"found ['{first['TrainingJobName']}']"]
    shown = desk.sagemaker.describe_training_job(TrainingJobName=first["TrainingJobName"])
    assert (shown["WarmPoolStatus"]["Status"], shown["WarmPoolStatus"]["ReusedByJob"]) == (
        "Reused",
        second["TrainingJobName"],
    )
    name = {"TrainingJobName": second["TrainingJobName"]}
    with pytest.raises(desk.sagemaker.exceptions.ClientError) as caught:
        desk.sagemaker.delete_training_job(**name)
    assert code_of(caught.value) == "ResourceInUse"
    desk.sagemaker.update_training_job(**name, ResourceConfig={"KeepAlivePeriodInSeconds": 0})
    assert desk.sagemaker.describe_training_job(**name)["WarmPoolStatus"]["Status"] == "Terminated"
    third = cached(desk)
    assert found(desk, third["TrainingJobName"]) == ["found []"]
    desk.sagemaker.delete_training_job(**name)


def test_a_pool_lasts_by_the_clock(desk: Bench, control: Control) -> None:
    """An hour passes in four seconds."""
    control.quota(QUOTA, 1)
    control.speed(900)
    name = {"TrainingJobName": cached(desk, 3600)["TrainingJobName"]}
    assert desk.sagemaker.describe_training_job(**name)["WarmPoolStatus"]["Status"] == "Available"
    eventually(
        lambda: desk.sagemaker.describe_training_job(**name)["WarmPoolStatus"]["Status"] == "Terminated", attempts=2000
    )


def test_a_keep_alive_period_may_be_limited_by_iam(account: Account, desk: Bench) -> None:
    """The guide's example: NumericLessThanIfExists on sagemaker:KeepAlivePeriod, for UpdateTrainingJob too."""
    when = {"NumericLessThanIfExists": {"sagemaker:KeepAlivePeriod": "1800"}}
    limited = account.user(
        allow("sagemaker:CreateTrainingJob", "sagemaker:UpdateTrainingJob", when=when), allow("iam:PassRole")
    )
    sagemaker = account.client("sagemaker", limited)
    asked = warm(fresh("job"), 1800) | {"RoleArn": desk.role}
    asked["AlgorithmSpecification"]["ContainerEntrypoint"] = ["true"]
    with pytest.raises(sagemaker.exceptions.ClientError) as caught:
        sagemaker.create_training_job(**asked)
    assert code_of(caught.value) == "AccessDeniedException"
    asked["ResourceConfig"]["KeepAlivePeriodInSeconds"] = 1799
    sagemaker.create_training_job(**asked)
    name = asked["TrainingJobName"]
    for seconds, code in ((1800, "AccessDeniedException"), (60, "ValidationException")):
        with pytest.raises(sagemaker.exceptions.ClientError) as caught:
            sagemaker.update_training_job(TrainingJobName=name, ResourceConfig={"KeepAlivePeriodInSeconds": seconds})
        assert code_of(caught.value) == code
