"""Buckets: archived, emptied of every version, deleted; the archive never takes an old version for the work."""

from moto.s3.models import s3_backends

from lambdas.shared.clock import Budget
from lambdas.shared.emptying import empty_bucket
from tests.embedded_aws.sagemaker_stubs import ACCOUNT
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.conduct import Conductor
from tests.unit.lambdas.faults import Killed
from tests.unit.lambdas.inventory import inventory
from tests.unit.lambdas.seats import CLASS_BUCKET, Seat, make_bucket, take_seat


def archived(account: Account) -> dict[str, bytes]:
    """What the class bucket holds below work/ann/."""
    s3 = account.own.s3
    found = s3.list_objects_v2(Bucket=CLASS_BUCKET, Prefix="work/ann/").get("Contents", [])
    return {
        item["Key"].removeprefix("work/ann/"): s3.get_object(Bucket=CLASS_BUCKET, Key=item["Key"])["Body"].read()
        for item in found
    }


def test_1001_versions_markers_and_unfinished_uploads_go(account: Account) -> None:
    s3 = account.own.s3
    make_bucket(account, "full", [], work=0)
    for number in range(1001):  # past the wire, which would take most of the test's time
        s3_backends[ACCOUNT]["aws"].put_object("full", f"k{number % 7}", b"x")
    for number in range(5):
        s3.delete_object(Bucket="full", Key=f"k{number}")
    s3.create_multipart_upload(Bucket="full", Key="unfinished")

    emptied = empty_bucket(account.clients.s3, "full", Budget(clock=account.clock, seconds=60))

    assert emptied
    assert account.faults.calls.count("s3.DeleteObjects") == 2
    assert s3.list_multipart_uploads(Bucket="full").get("Uploads", []) == []
    s3.delete_bucket(Bucket="full")


def test_emptying_stops_when_its_time_is_up(account: Account) -> None:
    make_bucket(account, "full", [], work=3)
    assert not empty_bucket(account.clients.s3, "full", Budget(clock=account.clock, seconds=0))
    assert len(account.own.s3.list_object_versions(Bucket="full")["Versions"]) == 6


def test_work_and_outputs_are_archived_and_nothing_else(account: Account, conductor: Conductor) -> None:
    seat = take_seat(account, "ann", work=1)
    for key in ("runs/churn/0/result.json", "runs/churn/0/prepare/train/train.csv", "status/environment.json"):
        account.own.s3.put_object(Bucket=seat.bucket, Key=key, Body=b"{}")
    account.own.s3.put_object(Bucket=seat.bucket, Key="work/deep/er/notes.txt", Body=b"notes")

    conductor.run()

    assert archived(account) == {
        ".classlab/runs/churn/0/result.json": b"{}",
        "0.ipynb": b"demo--ann-bucket-x1 last",
        "deep/er/notes.txt": b"notes",
    }


def test_a_half_emptied_bucket_is_not_archived_again(account: Account, conductor: Conductor, seat: Seat) -> None:
    """Of two versions the last is deleted, then the function dies: the first version must not become the work."""
    s3 = account.own.s3

    def dies_half_way(call: str, _request: str) -> None:
        if call == "s3.DeleteObjects":
            account.faults.before.clear()
            for version in s3.list_object_versions(Bucket=seat.bucket)["Versions"]:
                if version["IsLatest"]:
                    s3.delete_object(Bucket=seat.bucket, Key=version["Key"], VersionId=version["VersionId"])
            raise Killed

    account.faults.before.append(dies_half_way)

    report = conductor.run()

    assert conductor.deaths == 1
    assert report["verdict"] == "CLEAN"
    assert set(archived(account).values()) == {b"demo--ann-bucket-x1 last"}


def test_an_archive_that_is_cut_goes_on_where_it_was(account: Account, conductor: Conductor) -> None:
    take_seat(account, "ann", work=9)
    account.faults.fail("s3.CopyObject", "InternalError", times=1, about="5.ipynb")

    conductor.run()

    assert len(archived(account)) == 9
    assert account.faults.calls.count("s3.CopyObject") == 10


def test_work_written_while_the_stack_goes_is_archived_too(account: Account, conductor: Conductor, seat: Seat) -> None:
    """CloudFormation refuses to delete the filled bucket; it is archived, emptied and deleted by itself."""

    def late_sync(call: str, _request: str) -> None:
        if call == "cloudformation.DeleteStack":
            account.faults.before.clear()
            account.own.s3.put_object(Bucket=seat.bucket, Key="work/late.ipynb", Body=b"late")

    account.faults.before.append(late_sync)

    report = conductor.run()

    assert report["verdict"] == "CLEAN"
    assert archived(account)["late.ipynb"] == b"late"
    assert seat.stack.status == "DELETE_COMPLETE"


def test_a_bucket_that_its_stack_left_behind_is_found_by_the_ledger(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    """The stack forgets its bucket, as one with a retain policy does."""
    conductor.through("scan")
    seat.stack.resources = [held for held in seat.stack.resources if held[0] != "AWS::S3::Bucket"]

    for action in ("apply", "verify", "report"):
        conductor.until_done(action)

    assert conductor.report()["verdict"] == "CLEAN"
    assert not [name for name in inventory(account) if seat.bucket in name]


def test_a_bucket_left_behind_by_a_run_that_never_came_back_is_known_to_the_next(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    """Its stack is gone, so that nothing but the first run's ledger proves whose it is."""
    conductor.through("scan")
    seat.stack.resources = [held for held in seat.stack.resources if held[0] != "AWS::S3::Bucket"]
    account.faults.fail("s3.DeleteBucket", "InternalError")
    while seat.stack.status != "DELETE_COMPLETE":
        conductor.slice("apply")
        account.clock.sleep(5)
    account.faults.clear()

    report = Conductor(account, conductor.boundary, name="run-2").run()

    assert report["verdict"] == "CLEAN"
    assert [item["proof"] for item in report["items"] if item["kind"] == "bucket"] == ["L"]
    assert not [name for name in inventory(account) if seat.bucket in name]


def test_the_class_bucket_is_never_in_a_plan(account: Account, conductor: Conductor, seat: Seat) -> None:
    report = conductor.run()
    assert not [item for item in report["items"] if CLASS_BUCKET in item["arn"]]
    assert account.own.s3.head_bucket(Bucket=CLASS_BUCKET)
