"""Status objects and fingerprints."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from classlab.aws import Aws
from classlab.contract import STATUS_KEY, AttendeeOutput
from classlab.environments import Seat, differences, identical, look, wait_until_settled
from classlab.stacks import Stack
from classlab.waiting import Patience

CREATED = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
PARTS = {"git": {"head": "c0ffee"}, "kernels": {"churn": {"packages": {"pandas": "2.3.3", "numpy": "2.1.0"}}}}


def _stack(attendee: str, status: str = "CREATE_COMPLETE") -> Stack:
    bucket = {AttendeeOutput.BUCKET: f"bucket-{attendee}"}
    return Stack(f"sample--{attendee}", "id", status, "", CREATED, bucket, {})


def _put_status(
    aws: Aws, attendee: str, state: str, *, after: float = 30.0, ready: float | None = None, reason: str = ""
) -> None:
    at = (CREATED + timedelta(seconds=after)).isoformat()
    body = {"state": state, "reason": reason, "log_tail": "", "at": at, "fingerprint": "f1", "parts": PARTS}
    if ready is not None:
        body["ready_at"] = (CREATED + timedelta(seconds=ready)).isoformat()
    aws.s3.create_bucket(Bucket=f"bucket-{attendee}")
    aws.s3.put_object(Bucket=f"bucket-{attendee}", Key=STATUS_KEY, Body=json.dumps(body).encode())


def _seat(attendee: str, fingerprint: str, parts: dict[str, object] | None = None) -> Seat:
    return Seat(attendee, "ready", fingerprint=fingerprint, parts=parts or PARTS)


def test_a_seat_is_ready_when_its_status_object_says_so(aws: Aws) -> None:
    _put_status(aws, "ann", "ready")
    seat = look(aws, "ann", _stack("ann"))
    assert (seat.state, seat.fingerprint, seat.seconds_to_ready) == ("ready", "f1", 30.0)


def test_work_after_ready_does_not_make_the_seat_late(aws: Aws) -> None:
    _put_status(aws, "ann", "ready", after=3600.0, ready=30.0)
    assert look(aws, "ann", _stack("ann")).seconds_to_ready == 30.0


def test_in_service_is_not_ready(aws: Aws) -> None:
    aws.s3.create_bucket(Bucket="bucket-ann")
    assert look(aws, "ann", _stack("ann")).state == "preparing"


def test_a_status_from_before_a_restart_does_not_count(aws: Aws) -> None:
    _put_status(aws, "ann", "ready")
    assert look(aws, "ann", _stack("ann"), after=CREATED + timedelta(minutes=1)).state == "preparing"


def test_a_stack_that_was_rolled_back_is_a_broken_seat(aws: Aws) -> None:
    seat = look(aws, "ann", _stack("ann", "ROLLBACK_COMPLETE"))
    assert seat.state == "broken"
    assert "ROLLBACK_COMPLETE" in seat.reason


def test_one_broken_and_one_late_seat_stop_nobody(aws: Aws, no_patience: Patience) -> None:
    _put_status(aws, "ann", "ready")
    _put_status(aws, "ann-b", "broken", reason="no space left")
    aws.s3.create_bucket(Bucket="bucket-anna")
    heard: list[str] = []
    seats = wait_until_settled(
        aws,
        {attendee: _stack(attendee) for attendee in ("ann", "ann-b", "anna")},
        no_patience,
        heard=lambda seat: heard.append(seat.attendee),
    )
    assert {attendee: seat.state for attendee, seat in seats.items()} == {
        "ann": "ready",
        "ann-b": "broken",
        "anna": "broken",
    }
    assert seats["ann-b"].reason == "no space left"
    assert "not ready after" in seats["anna"].reason
    assert sorted(heard) == ["ann", "ann-b", "anna"]


def test_equal_fingerprints_are_identical() -> None:
    seats = {name: _seat(name, "f1") for name in ("ann", "anna")}
    assert identical(seats)
    assert differences(seats) == {"ann": [], "anna": []}


def test_the_part_that_differs_is_named() -> None:
    drifted = {"git": {"head": "c0ffee"}, "kernels": {"churn": {"packages": {"pandas": "2.2.0", "numpy": "2.1.0"}}}}
    seats = {"ann": _seat("ann", "f1"), "ann-b": _seat("ann-b", "f2", drifted), "anna": _seat("anna", "f1")}
    assert not identical(seats)
    assert differences(seats)["ann-b"] == ["kernels.churn.packages.pandas: 2.2.0 instead of 2.3.3"]
    assert differences(seats)["ann"] == []


def test_what_is_missing_is_named_too() -> None:
    lesser: dict[str, object] = {"git": {"head": "c0ffee"}, "kernels": {"churn": {"packages": {"pandas": "2.3.3"}}}}
    seats = {"ann": _seat("ann", "f1"), "ann-b": _seat("ann-b", "f1"), "anna": _seat("anna", "f2", lesser)}
    assert differences(seats)["anna"] == ["kernels.churn.packages.numpy: nothing instead of 2.1.0"]


def _measured(*, head: str = "c0ffee", pandas: str = "2.3.3", work: tuple[str, ...] = ()) -> Seat:
    """A seat as the instance measures it, its lab files among the rest."""
    labs = {
        "head": head,
        "changes": dict.fromkeys(work, "M"),
        "files": {"churn.ipynb": "ab", **dict.fromkeys(work, "cd")},
    }
    parts: dict[str, object] = {"labs": labs, "kernels": {"churn": {"packages": {"pandas": pandas}}}}
    return _seat("ann", f"{head}{pandas}{work}", parts)


def test_work_is_a_difference_until_it_is_left_out() -> None:
    seats = {"ann": _measured(), "ann-b": _measured(work=("churn.ipynb", "mine.py")), "anna": _measured()}
    assert [line.partition(":")[0] for line in differences(seats)["ann-b"]] == [
        "labs.changes.churn.ipynb",
        "labs.changes.mine.py",
        "labs.files.churn.ipynb",
        "labs.files.mine.py",
    ]
    assert seats["ann-b"].changed_files == ["churn.ipynb", "mine.py"]
    as_prepared = {attendee: seat.without_work() for attendee, seat in seats.items()}
    assert identical(as_prepared)
    assert differences(as_prepared) == {"ann": [], "ann-b": [], "anna": []}


@pytest.mark.parametrize(
    ("drifted", "part"),
    [
        (_measured(head="bad", work=("mine.py",)), "labs.head: bad instead of c0ffee"),
        (_measured(pandas="2.2.0"), "kernels.churn.packages.pandas: 2.2.0 instead of 2.3.3"),
    ],
)
def test_what_is_no_work_differs_still(drifted: Seat, part: str) -> None:
    seats = {"ann": _measured(), "anna": _measured(work=("mine.py",)), "zoe": drifted}
    assert differences({attendee: seat.without_work() for attendee, seat in seats.items()})["zoe"] == [part]


def test_a_broken_seat_makes_a_class_not_identical() -> None:
    assert not identical({"ann": _seat("ann", "f1"), "anna": Seat("anna", "broken")})
    assert not identical({})
