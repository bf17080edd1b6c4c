"""The end of a class, from the lock to the report: everything of the class goes, nobody else's is touched."""

import pytest

from classlab.contract import TEARDOWN_LOCK_KEY, WORK_PREFIX, plan_key, tuning_prefix
from lambdas.teardown.actions import WrongOrder
from lambdas.teardown.kinds import KINDS
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.conduct import Conductor
from tests.unit.lambdas.inventory import inventory
from tests.unit.lambdas.seats import CLASS_BUCKET, Seat, forget_endpoint, run_jobs, take_seat, tune
from tests.unit.lambdas.strangers import NAMESAKE, plant

ATTENDEES = ("ann", "ann-b", "anna")


def fill(account: Account) -> list[Seat]:
    """Three seats whose names are parts of each other, with everything an attendee leaves behind."""
    seats = [take_seat(account, attendee) for attendee in ATTENDEES]
    for seat in seats:
        run_jobs(account, seat.stack.name, seat.owner)
        forget_endpoint(account, seat.stack.name, seat.owner)
    return seats


def objects(account: Account, prefix: str) -> dict[str, bytes]:
    """What the class bucket holds below a prefix."""
    s3 = account.own.s3
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=CLASS_BUCKET, Prefix=prefix).get("Contents", [])]
    return {key: s3.get_object(Bucket=CLASS_BUCKET, Key=key)["Body"].read() for key in keys}


def test_nothing_of_the_class_is_left_and_no_stranger_is_touched(account: Account, conductor: Conductor) -> None:
    plant(account)
    before = inventory(account)
    fill(account)

    report = conductor.run()

    assert report["verdict"] == "CLEAN", report
    after = inventory(account)
    kept = {item["arn"] for item in report["kept"] if item["kind"] == "transform_job"}
    assert len(kept) == len(ATTENDEES)
    assert {arn: members for arn, members in after.items() if arn not in kept} == before


def test_report_tells_what_was_done_and_what_was_left_alone(account: Account, conductor: Conductor) -> None:
    plant(account)
    fill(account)

    report = conductor.run()

    outcomes = {item["arn"]: item["outcome"] for item in report["items"]}
    assert set(outcomes.values()) == {"deleted", "kept"}
    assert report["planned"] == len(outcomes) == report["deleted"] + len(ATTENDEES)
    assert report["scans"] == 3
    assert report["lister_errors"] == 0
    assert report["strangers_seen"] > 40
    assert report["strangers_touched"] == 0
    assert report["leftovers"] == []
    assert 0.9 * len(account.faults.calls) < report["api_calls"] <= len(account.faults.calls)
    assert {noted["kind"] for noted in report["kept"]} == {"transform_job", "log_group", "events_rule"}
    namesakes = {noted["kind"] for noted in report["unattributed"] if NAMESAKE in noted["arn"]}
    assert namesakes == KINDS.keys() - {"pipeline_execution", "events_rule"}


def test_work_is_archived_in_its_last_version(account: Account, conductor: Conductor) -> None:
    fill(account)

    conductor.run()

    archived = objects(account, WORK_PREFIX)
    assert archived == {
        f"{WORK_PREFIX}{attendee}/{number}.ipynb": f"demo--{attendee}-bucket-x1 last".encode()
        for attendee in ATTENDEES
        for number in range(2)
    }


def test_running_pipelines_are_stopped_before_anything_is_scanned(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    arn = account.own.stepfunctions.start_execution(stateMachineArn=seat.machine)["executionArn"]

    for action in ("lock", "freeze", "stop"):
        conductor.until_done(action)

    assert account.own.stepfunctions.describe_execution(executionArn=arn)["status"] == "ABORTED"
    assert "sagemaker.ListModels" not in account.faults.calls


def test_running_jobs_are_stopped_and_then_deleted(account: Account, conductor: Conductor) -> None:
    seat = take_seat(account, "ann")
    run_jobs(account, seat.stack.name, seat.owner, finish=False)
    account.hold()

    report = conductor.run()

    states = {item["kind"]: item["states"] for item in report["items"] if item["kind"].endswith("_job")}
    kinds = ("hyper_parameter_tuning_job", "training_job", "processing_job", "transform_job")
    assert states == {kind: ["InProgress", "Stopped"] for kind in kinds}
    assert report["verdict"] == "CLEAN"


def test_a_running_tuning_job_is_ended_before_anything_is_scanned(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    """It would make another training job for each that is stopped; one that has ended waits for the plan."""
    name = f"{tuning_prefix('demo', '0123abcd')}-tune"
    tune(account, name, seat.owner)
    account.hold()

    for action in ("lock", "freeze", "stop"):
        conductor.until_done(action)

    left = account.sagemaker("ListHyperParameterTuningJobs")["HyperParameterTuningJobSummaries"]
    assert [job["HyperParameterTuningJobName"] for job in left] == ["demo--ann-tune"]
    assert "sagemaker.ListModels" not in account.faults.calls
    report = conductor.run()
    assert report["verdict"] == "CLEAN"
    assert {"hyper_parameter_tuning_job", "training_job"} <= {item["kind"] for item in report["items"]}


def test_a_training_job_goes_after_the_tuning_job_that_made_it(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    """Whatever letters its name is written in: ARNs are in lower case."""
    tune(account, f"{tuning_prefix('demo', '0123abcd')}-Tune", seat.owner)
    account.sagemaker.runtime.finish()

    plan = {action.kind: action for action in conductor.preview().actions if "demo---0123abcd" in action.arn}

    assert plan.keys() == {"hyper_parameter_tuning_job", "training_job", "log_stream"}
    assert plan["training_job"].after == (plan["hyper_parameter_tuning_job"].arn,)
    assert plan["log_stream"].after == (plan["training_job"].arn,)
    assert {action.attendee for action in plan.values()} == {"ann"}


def test_a_dry_run_writes_the_plan_and_changes_nothing(account: Account, boundary: str) -> None:
    plant(account)
    fill(account)
    before = inventory(account)
    dry = Conductor(account, boundary, name="look", dry_run=True)

    answer = dry.until_done("scan")

    plan = dry.document(plan_key("look"))
    assert inventory(account) == before
    assert objects(account, "teardown/").keys() == {plan_key("look")}
    assert len(plan["actions"]) == answer["planned"] > 50
    assert plan["errors"] == {}
    changing = {call for call in account.faults.calls if not call.split(".")[1].startswith(("List", "Describe", "Get"))}
    assert changing == {"s3.PutObject"}


def test_a_dry_run_is_refused_everything_but_the_scan(account: Account, boundary: str) -> None:
    dry = Conductor(account, boundary, dry_run=True)
    with pytest.raises(WrongOrder, match="dry run"):
        dry.slice("apply")


def test_the_plan_of_a_dry_run_is_what_the_run_then_does(account: Account, boundary: str) -> None:
    fill(account)
    dry = Conductor(account, boundary, name="look", dry_run=True)
    dry.until_done("scan")

    report = Conductor(account, boundary).run()

    planned = {action["arn"] for action in dry.document(plan_key("look"))["actions"]}
    assert planned == {item["arn"] for item in report["items"]}


def test_apply_is_refused_before_the_scan(conductor: Conductor) -> None:
    conductor.until_done("lock")
    with pytest.raises(WrongOrder, match="before the scan"):
        conductor.slice("apply")


def test_an_empty_class_is_clean(conductor: Conductor) -> None:
    assert conductor.run()["verdict"] == "CLEAN"


def test_a_second_run_finds_nothing_to_do(account: Account, boundary: str) -> None:
    fill(account)
    Conductor(account, boundary).run()

    report = Conductor(account, boundary, name="run-2").run()

    assert report["verdict"] == "CLEAN"
    assert report["planned"] == len(ATTENDEES)  # the transform jobs, which stay for ever
    assert report["deleted"] == 0


def test_a_failure_is_reported_and_never_clean(account: Account, conductor: Conductor, seat: Seat) -> None:
    conductor.until_done("lock")

    answer = conductor.slice("report", error="States.Timeout: the slice took too long")
    conductor.until_done("unlock")

    assert answer["verdict"] == "UNKNOWN"
    assert conductor.report()["error"].startswith("States.Timeout")
    assert TEARDOWN_LOCK_KEY not in objects(account, "teardown/")


def test_short_slices_come_to_the_same_end(account: Account, boundary: str) -> None:
    plant(account)
    fill(account)
    conductor = Conductor(account, boundary, slice_looks=8)

    report = conductor.run()

    assert report["verdict"] == "CLEAN"
    assert report["slices"] > 50
    assert {item["outcome"] for item in report["items"]} == {"deleted", "kept"}
