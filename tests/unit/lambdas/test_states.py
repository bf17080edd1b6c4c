"""Every state a resource can be in, and what may be asked of it there."""

from typing import Any

import pytest

from embedded_aws.sagemaker.kinds import ENDPOINT, NOTEBOOK_INSTANCE, TRAINING_JOB
from embedded_aws.sagemaker.shapes import statuses
from lambdas.teardown.kinds.endpoint import Endpoint
from lambdas.teardown.kinds.notebook_instance import NotebookInstance
from lambdas.teardown.kinds.training_job import TrainingJob
from lambdas.teardown.kinds.transform_job import TransformJob
from lambdas.teardown.ownership import Seen
from tests.embedded_aws.sagemaker_stubs import training
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.conduct import Conductor
from tests.unit.lambdas.inventory import inventory
from tests.unit.lambdas.seats import Owner, Seat, class_tags, make_config, make_notebook, make_role, take_seat

NOTEBOOK_STEPS = {
    "Pending": "wait",
    "InService": "stop",
    "Stopping": "wait",
    "Stopped": "delete",
    "Failed": "delete",
    "Deleting": "wait",
    "Updating": "wait",
    "PendingMaintenance": "wait",
    "InMaintenance": "wait",
}
ENDPOINT_STEPS = {
    "OutOfService": "delete",
    "Creating": "wait",
    "Updating": "wait",
    "SystemUpdating": "wait",
    "RollingBack": "wait",
    "InService": "delete",
    "Deleting": "wait",
    "Failed": "delete",
    "UpdateRollbackFailed": "delete",
}
JOB_STEPS = {
    "InProgress": "stop",
    "Completed": "delete",
    "Failed": "delete",
    "Stopping": "wait",
    "Stopped": "delete",
    "Deleting": "wait",
}


def seen(state: str, detail: str = "") -> Seen:
    """Something in that state."""
    return Seen(kind="any", arn="arn", name="name", created="", state=state, detail=detail)


def test_every_state_that_aws_knows_is_here() -> None:
    assert NOTEBOOK_STEPS.keys() == statuses("DescribeNotebookInstance", "NotebookInstanceStatus")
    assert ENDPOINT_STEPS.keys() == statuses("DescribeEndpoint", "EndpointStatus")
    assert JOB_STEPS.keys() == statuses("DescribeTrainingJob", "TrainingJobStatus")


def test_each_state_allows_one_step() -> None:
    assert {state: NotebookInstance().step(seen(state)) for state in NOTEBOOK_STEPS} == NOTEBOOK_STEPS
    assert {state: Endpoint().step(seen(state)) for state in ENDPOINT_STEPS} == ENDPOINT_STEPS
    assert {state: TrainingJob().step(seen(state)) for state in JOB_STEPS} == JOB_STEPS


def test_a_transform_job_is_kept_once_it_has_ended() -> None:
    steps = {state: TransformJob().step(seen(state)) for state in ("InProgress", "Stopping", "Completed", "Failed")}
    assert steps == {"InProgress": "stop", "Stopping": "wait", "Completed": "keep", "Failed": "keep"}


def test_a_warm_pool_is_released_before_its_job_is_deleted() -> None:
    job = TrainingJob()
    assert job.step(seen("Completed", "Available")) == "stop"
    assert job.step(seen("Completed", "InUse")) == "wait"
    assert job.step(seen("Completed", "Terminated")) == "delete"


def test_a_warm_pool_is_released_by_a_keep_alive_of_zero(account: Account, conductor: Conductor) -> None:
    """AWS refuses to delete a training job whose warm pool is Available, and so does the engine."""
    sagemaker, (_, role) = account.sagemaker, make_role(account, "by-hand", tags=class_tags("gone"))
    sagemaker.plane.quotas.set("ml.m5.large for training warm pool usage", 1)
    request = training("by-hand", RoleArn=role, Tags=class_tags("gone"))
    request["ResourceConfig"]["KeepAlivePeriodInSeconds"] = 3600
    sagemaker.done("CreateTrainingJob", **request)
    asked: list[dict[str, Any]] = []
    account.clients.sagemaker.meta.events.register(
        "provide-client-params.sagemaker.UpdateTrainingJob", lambda params, **_: asked.append(params)
    )
    assert conductor.run()["verdict"] == "CLEAN"
    assert asked == [{"TrainingJobName": "by-hand", "ResourceConfig": {"KeepAlivePeriodInSeconds": 0}}]
    assert sagemaker("ListTrainingJobs")["TrainingJobSummaries"] == []


@pytest.fixture
def desk(account: Account, boundary: str) -> dict[str, Any]:
    """The record of a notebook instance that an attendee made by hand: no stack will take it along."""
    _, role = make_role(account, "by-hand", tags=class_tags("gone"))
    owner = Owner(tags=class_tags("gone"), role=role)
    make_config(account, "by-hand", owner)
    make_notebook(account, "by-hand", owner, config="by-hand")
    return account.sagemaker.plane.record(NOTEBOOK_INSTANCE, "by-hand")


@pytest.mark.parametrize("state", NOTEBOOK_STEPS)
def test_a_notebook_instance_in_each_of_its_states(
    state: str, account: Account, conductor: Conductor, desk: dict[str, Any]
) -> None:
    """It is waited for, stopped and deleted as its state allows; in the end nothing of it is left."""
    account.sagemaker.plane.transition(NOTEBOOK_INSTANCE, desk, state)
    conductor.through("scan")
    for _ in range(3):
        conductor.slice("apply")
        account.clock.sleep(30)
    refused = [call for call in account.faults.calls if call.startswith(("sagemaker.Stop", "sagemaker.DeleteNo"))]
    if NOTEBOOK_STEPS[state] == "wait":
        assert refused == []
        moved = "InService" if state != "Deleting" else state
        account.sagemaker.plane.transition(NOTEBOOK_INSTANCE, desk, moved)
        if state == "Deleting":
            account.sagemaker.plane.remove(NOTEBOOK_INSTANCE, desk)

    for action in ("apply", "verify", "report"):
        conductor.until_done(action)

    assert conductor.report()["verdict"] == "CLEAN"
    assert not [name for name in inventory(account) if "by-hand" in name]


def test_an_endpoint_stuck_in_creating_is_given_up_and_holds_up_only_its_own_seat(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    record = account.sagemaker.plane.record(ENDPOINT, "demo--ann--churn-lab")
    account.sagemaker.plane.transition(ENDPOINT, record, "Creating")
    other = take_seat(account, "bob")

    report = conductor.run()

    assert report["verdict"] == "LEFTOVERS"
    whys = {item["arn"].rpartition(":")[2]: item["why"] for item in report["items"]}
    assert whys["endpoint/demo--ann--churn-lab"] == "still Creating after 0:30:00"
    assert whys["endpoint-config/demo--ann--churn-lab"].startswith("must go after")
    assert "sagemaker.DeleteEndpoint" not in account.faults.calls
    assert other.stack.status == "DELETE_COMPLETE"
    costs = {left["arn"]: left["costs"] for left in report["leftovers"]}
    assert costs[record["EndpointArn"]] == "its instances, by the hour"


def test_an_endpoint_that_leaves_creating_is_deleted(account: Account, conductor: Conductor, seat: Seat) -> None:
    record = account.sagemaker.plane.record(ENDPOINT, "demo--ann--churn-lab")
    account.sagemaker.plane.transition(ENDPOINT, record, "Creating")
    conductor.through("scan")
    conductor.slice("apply")
    account.sagemaker.plane.transition(ENDPOINT, record, "InService")

    for action in ("apply", "verify", "report"):
        conductor.until_done(action)

    assert conductor.report()["verdict"] == "CLEAN"


def test_a_job_that_ends_just_before_it_is_stopped_is_no_failure(account: Account, conductor: Conductor) -> None:
    """StopTrainingJob is refused then; the next look sees that it has ended."""
    seat = take_seat(account, "ann")
    account.sagemaker("CreateTrainingJob", **training("demo--ann--late", RoleArn=seat.role, Tags=seat.owner.tags))
    account.hold()
    record = account.sagemaker.plane.record(TRAINING_JOB, "demo--ann--late")

    def ends(call: str, _request: str) -> None:
        if call == "sagemaker.StopTrainingJob":
            account.sagemaker.plane.transition(TRAINING_JOB, record, "Completed")

    account.faults.before.append(ends)

    report = conductor.run()

    assert report["verdict"] == "CLEAN"
    job = next(item for item in report["items"] if item["kind"] == "training_job")
    assert job["states"] == ["InProgress", "Completed"]
    assert "rejected" in job["last_error"]


def test_what_is_made_during_the_run_is_found_and_deleted(account: Account, conductor: Conductor, seat: Seat) -> None:
    """An attendee's session outlives the scan: what it makes comes to light in the verification."""
    late = training("demo--ann--late", RoleArn=seat.role, Tags=seat.owner.tags)

    def once(call: str, _request: str) -> None:
        if call == "sagemaker.DeleteEndpoint":
            account.faults.before.clear()
            account.sagemaker("CreateTrainingJob", **late)

    account.faults.before.append(once)

    report = conductor.run()

    assert report["verdict"] == "CLEAN"
    assert report["scans"] == 4
    late_items = [item for item in report["items"] if item["arn"].endswith("demo--ann--late")]
    assert [item["outcome"] for item in late_items] == ["deleted"]


def test_a_late_log_writer_is_swept_up(account: Account, conductor: Conductor, seat: Seat) -> None:
    """The endpoint's log group is there again after it was deleted; only the ledger knows the endpoint by then."""
    group = "/aws/sagemaker/Endpoints/demo--ann--churn-lab"
    conductor.through("apply")
    account.own.logs.create_log_group(logGroupName=group)

    for action in ("verify", "report"):
        conductor.until_done(action)

    report = conductor.report()
    assert report["verdict"] == "CLEAN"
    assert [item["outcome"] for item in report["items"] if item["arn"].endswith(group)] == ["deleted", "deleted"]


def test_a_stack_that_stays_in_progress_is_given_up(account: Account, conductor: Conductor, seat: Seat) -> None:
    seat.stack.status = "UPDATE_ROLLBACK_IN_PROGRESS"

    report = conductor.run()

    assert report["verdict"] == "LEFTOVERS"
    stack = next(item for item in report["items"] if item["kind"] == "stack")
    assert stack["why"] == "still UPDATE_ROLLBACK_IN_PROGRESS after 0:45:00"
