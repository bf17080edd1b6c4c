"""Calls that AWS refuses, throttles, or whose answers get lost."""

import json

import pytest

from tests.unit.lambdas.account import Account
from tests.unit.lambdas.conduct import Conductor
from tests.unit.lambdas.faults import refusal
from tests.unit.lambdas.inventory import inventory
from tests.unit.lambdas.seats import ALLOW_ALL, Seat, take_seat
from tests.unit.lambdas.strangers import plant

CHANGING = (
    "cloudformation.DeleteStack",
    "sagemaker.DeleteModel",
    "sagemaker.DeleteEndpointConfig",
    "sagemaker.DeleteEndpoint",
    "sagemaker.DeleteTrainingJob",
    "sagemaker.DeleteProcessingJob",
    "sagemaker.StopNotebookInstance",
    "s3.DeleteObjects",
    "s3.CopyObject",
    "s3.PutObject",
    "s3.DeleteObject",
    "logs.DeleteLogGroup",
    "logs.DeleteLogStream",
    "iam.CreatePolicyVersion",
    "iam.SetDefaultPolicyVersion",
    "iam.DeletePolicyVersion",
)


def test_three_of_ten_requests_throttled(account: Account, conductor: Conductor, seat: Seat) -> None:
    plant(account)
    conductor.retries = 200
    account.faults.throttle(0.3, seed=7)

    report = conductor.run()

    assert report["verdict"] == "CLEAN"
    assert not [name for name in inventory(account) if "demo--ann" in name and "transform-job" not in name]


def test_three_answers_of_every_changing_call_lost(account: Account, conductor: Conductor, seat: Seat) -> None:
    conductor.retries = 3 * len(CHANGING)
    for call in CHANGING:
        account.faults.lose_answers(call, times=3)

    report = conductor.run()

    assert report["verdict"] == "CLEAN"
    assert set(CHANGING) <= set(account.faults.calls)
    assert {item["outcome"] for item in report["items"]} == {"deleted", "kept"}


def test_a_role_that_is_gone_is_asked_for_without_its_path_and_denied(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    """The function may look at roles below the class's path; one that is gone lies nowhere."""

    def hook(made: str, request: str) -> None:
        names = [role["RoleName"] for role in account.own.iam.list_roles()["Roles"]]
        if made == "iam.GetRole" and not any(name in request for name in names):
            raise refusal("AccessDenied", made, "no identity-based policy allows the iam:GetRole action")

    account.faults.before.append(hook)

    report = conductor.run()

    assert report["verdict"] == "CLEAN"
    assert {item["outcome"] for item in report["items"] if item["kind"] == "role"} == {"deleted"}


DENIED = {
    "sagemaker.DeleteEndpoint": {"endpoint", "endpoint_config", "model", "log_group", "bucket", "stack"},
    "sagemaker.DeleteModel": {"model", "stack"},
    "sagemaker.StopNotebookInstance": {"notebook_instance", "notebook_lifecycle_config", "bucket", "stack"},
    "s3.CopyObject": {"bucket", "stack"},
    "s3.ListObjectVersions": {"bucket", "stack"},
    "cloudformation.DeleteStack": {"stack"},
    "logs.DeleteLogStream": {"log_stream"},
}


@pytest.mark.parametrize("call", DENIED)
def test_a_denied_call_is_reported_and_holds_up_only_its_own_seat(
    call: str, account: Account, conductor: Conductor, seat: Seat
) -> None:
    other = take_seat(account, "bob")
    account.faults.fail(call, "AccessDenied", about="demo--ann")

    report = conductor.run()

    assert report["verdict"] == "LEFTOVERS"
    stuck = {item["kind"] for item in report["items"] if item["outcome"] in ("quarantined", "blocked")}
    assert stuck >= DENIED[call]
    assert other.stack.status == "DELETE_COMPLETE"
    assert not [name for name in inventory(account) if "demo--bob" in name]
    quarantined = [item for item in report["items"] if item["outcome"] == "quarantined"]
    assert all("AccessDenied" in item["why"] for item in quarantined)


def test_work_that_cannot_be_archived_is_never_deleted(account: Account, conductor: Conductor, seat: Seat) -> None:
    account.faults.fail("s3.CopyObject", "AccessDenied")

    conductor.run()

    versions = account.own.s3.list_object_versions(Bucket=seat.bucket)["Versions"]
    assert len(versions) == 4


def test_a_protected_stack_keeps_what_it_holds(account: Account, conductor: Conductor, seat: Seat) -> None:
    seat.stack.protected = True

    report = conductor.run()

    assert report["verdict"] == "LEFTOVERS"
    whys = {item["kind"]: item["why"] for item in report["items"] if item["outcome"] in ("quarantined", "blocked")}
    assert "protected from termination" in whys["stack"]
    held = {"notebook_instance", "notebook_lifecycle_config", "bucket", "log_group", "role"}
    assert whys.keys() == held | {"stack", "log_stream"}
    notebook = account.sagemaker("DescribeNotebookInstance", NotebookInstanceName="demo--ann")
    assert notebook["NotebookInstanceStatus"] == "InService"
    assert account.own.s3.list_objects_v2(Bucket=seat.bucket)["KeyCount"] == 2


def test_what_a_stack_fails_to_delete_is_deleted_by_itself_and_the_stack_again(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    """Somebody put a policy of their own on the seat's role: CloudFormation refuses to delete it then."""
    account.own.iam.put_role_policy(RoleName=seat.role_name, PolicyName="foreign", PolicyDocument=json.dumps(ALLOW_ALL))

    report = conductor.run()

    assert report["verdict"] == "CLEAN"
    states = next(item["states"] for item in report["items"] if item["kind"] == "stack")
    assert states == ["CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_FAILED", "DELETE_IN_PROGRESS"]
    assert seat.stack.status == "DELETE_COMPLETE"


def test_a_seat_whose_creation_failed_goes_too(account: Account, conductor: Conductor, seat: Seat) -> None:
    seat.stack.status, seat.stack.imports = "ROLLBACK_FAILED", ()
    assert conductor.run()["verdict"] == "CLEAN"
    assert seat.stack.status == "DELETE_COMPLETE"


def test_a_seat_still_being_created_is_waited_for(account: Account, conductor: Conductor, seat: Seat) -> None:
    seat.stack.status = "CREATE_IN_PROGRESS"
    conductor.through("scan")
    for _ in range(5):
        conductor.slice("apply")
        account.clock.sleep(30)
    assert "cloudformation.DeleteStack" not in account.faults.calls
    seat.stack.status = "CREATE_COMPLETE"
    conductor.until_done("apply")
    assert seat.stack.status == "DELETE_COMPLETE"


def test_a_seat_whose_change_set_nobody_executed_goes_too(account: Account, conductor: Conductor) -> None:
    seat = take_seat(account, "ann")
    seat.stack.status, seat.stack.imports = "REVIEW_IN_PROGRESS", ()
    assert conductor.run()["verdict"] == "CLEAN"
    assert seat.stack.status == "DELETE_COMPLETE"


@pytest.mark.parametrize("call", ["sagemaker.DescribeModel", "cloudformation.DescribeStacks"])
def test_a_describe_that_is_refused_is_not_taken_for_something_gone(
    call: str, account: Account, conductor: Conductor, seat: Seat
) -> None:
    """AWS answers with the same code for what is gone and for what it does not like; the list tells them apart."""
    conductor.through("scan")
    code = "ValidationException" if call.startswith("sagemaker") else "ValidationError"
    account.faults.fail(call, code, times=2, about="demo--ann")

    for action in ("apply", "verify", "report"):
        conductor.until_done(action)

    report = conductor.report()
    assert report["verdict"] == "CLEAN"
    assert {item["outcome"] for item in report["items"]} == {"deleted", "kept"}
    assert report["scans"] == 3
