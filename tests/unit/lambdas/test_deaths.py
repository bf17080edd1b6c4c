"""The function dies after any call, and is asked again."""

from collections import Counter

from tests.unit.lambdas.account import Account
from tests.unit.lambdas.conduct import ACTIONS, Conductor
from tests.unit.lambdas.faults import Killed
from tests.unit.lambdas.inventory import inventory
from tests.unit.lambdas.seats import Seat, forget_endpoint, run_jobs, take_seat
from tests.unit.lambdas.strangers import plant

CHANGING = (
    ("s3.PutObject", 1),  # the lock
    ("s3.PutObject", 2),  # the ledger, later and later
    ("s3.PutObject", 12),
    ("s3.PutObject", 25),
    ("iam.CreatePolicyVersion", 1),
    ("sagemaker.StopNotebookInstance", 1),
    ("sagemaker.DeleteEndpoint", 1),
    ("sagemaker.DeleteEndpointConfig", 1),
    ("sagemaker.DeleteModel", 1),
    ("sagemaker.DeleteModel", 2),
    ("sagemaker.DeleteTrainingJob", 1),
    ("sagemaker.DeleteProcessingJob", 1),
    ("s3.CopyObject", 1),
    ("s3.CopyObject", 2),
    ("s3.DeleteObjects", 1),
    ("cloudformation.DeleteStack", 1),
    ("logs.DeleteLogGroup", 1),
    ("logs.DeleteLogStream", 1),
    ("logs.DeleteLogStream", 3),
    ("iam.SetDefaultPolicyVersion", 1),
    ("iam.DeletePolicyVersion", 1),
    ("s3.DeleteObject", 1),  # the lock again
)


def test_dies_ever_later_and_goes_on(account: Account, boundary: str) -> None:
    """After the 1st, 2nd, 3rd … call of a slice, until the slice is over before its death."""
    plant(account)
    before = inventory(account)
    seat = take_seat(account, "ann")
    run_jobs(account, seat.stack.name, seat.owner)
    forget_endpoint(account, seat.stack.name, seat.owner)
    conductor = Conductor(account, boundary)

    for action in ACTIONS:
        calls = 0
        while True:
            calls += 1
            account.faults.clear()
            account.faults.kill_after(calls)
            try:
                answer = conductor.slice(action)
            except Killed:
                conductor.deaths += 1
                continue
            if answer["done"]:
                break
            account.faults.clear()
            account.clock.sleep(answer["wait_seconds"])
    account.faults.clear()

    report = conductor.report()
    assert conductor.deaths > 80
    assert report["verdict"] == "CLEAN"
    assert {item["outcome"] for item in report["items"]} <= {"deleted", "gone", "kept"}
    kept = {item["arn"] for item in report["kept"]}
    assert {arn: members for arn, members in inventory(account).items() if arn not in kept} == before


def test_dies_after_every_kind_of_call_that_changes_something(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    made: Counter[str] = Counter()
    fatal = set(CHANGING)

    def hook(call: str, _request: str) -> None:
        made[call] += 1
        if (call, made[call]) in fatal:
            fatal.discard((call, made[call]))
            raise Killed

    account.faults.after.append(hook)

    report = conductor.run()

    assert fatal == set()
    assert conductor.deaths == len(CHANGING)
    assert report["verdict"] == "CLEAN"
    assert seat.stack.status == "DELETE_COMPLETE"
    assert not [name for name in inventory(account) if "demo--ann" in name and "transform-job" not in name]


def test_what_a_run_left_that_never_came_back_is_finished_by_the_next(
    account: Account, boundary: str, seat: Seat
) -> None:
    """The jobs are gone already; that their log streams are the class's is known from the first run's ledger alone."""
    first = Conductor(account, boundary)
    first.through("scan")
    account.faults.fail("logs.DeleteLogStream", "InternalError")
    for _ in range(6):
        first.slice("apply")
        account.clock.sleep(5)
    account.faults.clear()
    streams = [name for name in inventory(account) if "TrainingJobs:demo--ann--train" in name]

    report = Conductor(account, boundary, name="run-2").run()

    assert report["verdict"] == "CLEAN"
    assert streams
    assert "sagemaker.DeleteTrainingJob" in account.faults.calls
    assert not [name for name in inventory(account) if name in streams]
    assert {item["proof"] for item in report["items"] if item["kind"] == "log_stream"} == {"P"}
