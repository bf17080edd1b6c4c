"""The verdict, from ledgers alone: never CLEAN on an error, a missing scan or something that still stands."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.teardown.kinds import KINDS
from lambdas.teardown.ledger import Found, Item, Ledger, Progress, Scan
from lambdas.teardown.verdict import doubts, leftovers, verdict

_NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)
_MODEL = Found(kind="model", arn="arn:m", name="m", created="2026", state="", proof="T")


def a_scan(minute: int, *, seconds: int = 5, finished: bool = True, **more: Any) -> Scan:  # noqa: ANN401 # a Scan's members
    """A round in which every lister answered."""
    started = _NOON + timedelta(minutes=minute)
    members = {"progress": {kind: Progress(done=True) for kind in KINDS}, **more}
    return Scan(started=started, finished=started + timedelta(seconds=seconds) if finished else None, **members)


def a_ledger(*rounds: Scan, **items: Item) -> Ledger:
    """A run with these rounds of verification."""
    return Ledger(
        classroom="demo", run="r", reason="test", started=_NOON, dry_run=False, rounds=list(rounds), items=dict(items)
    )


def an_item(state: str, **more: Any) -> Item:  # noqa: ANN401 # an Item's members
    """The item of the model."""
    members: dict[str, Any] = {"attendee": None, "stack": None, "needs": (), "state": state, **more}
    return Item(kind="model", arn="arn:m", name="m", created="2026", proof="T", **members)


def test_two_quiet_scans_a_minute_apart_are_clean() -> None:
    assert verdict(a_ledger(a_scan(0), a_scan(2))) == "CLEAN"


def test_one_scan_is_not_enough() -> None:
    assert verdict(a_ledger()) == "UNKNOWN"
    assert verdict(a_ledger(a_scan(0))) == "UNKNOWN"


def test_an_unfinished_scan_does_not_count() -> None:
    assert verdict(a_ledger(a_scan(0), a_scan(2), a_scan(4, finished=False))) == "UNKNOWN"


def test_scans_too_close_together_do_not_count() -> None:
    assert verdict(a_ledger(a_scan(0, seconds=59), a_scan(1))) == "UNKNOWN"
    assert "less than 60 seconds apart" in doubts(a_ledger(a_scan(0, seconds=59), a_scan(1)))[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [0, 1])
def test_a_lister_that_failed_in_either_scan_is_never_clean(kind: str, place: int) -> None:
    rounds = [a_scan(0), a_scan(2)]
    rounds[place].progress[kind] = Progress(done=True, error="AccessDenied")
    assert verdict(a_ledger(*rounds)) == "UNKNOWN"


def test_a_lister_that_failed_before_the_last_two_scans_is_forgiven() -> None:
    early = a_scan(0)
    early.progress["model"] = Progress(done=True, error="AccessDenied")
    assert verdict(a_ledger(early, a_scan(2), a_scan(4))) == "CLEAN"


def test_a_kind_that_was_not_asked_for_is_never_clean() -> None:
    partial = a_scan(2)
    del partial.progress["bucket"]
    assert verdict(a_ledger(a_scan(0), partial)) == "UNKNOWN"


def test_an_error_of_the_run_is_never_clean() -> None:
    assert verdict(a_ledger(a_scan(0), a_scan(2)), error="States.Timeout") == "UNKNOWN"


def test_something_standing_is_a_leftover_even_if_other_listers_failed() -> None:
    last = a_scan(2, found={_MODEL.identity: _MODEL})
    last.progress["bucket"] = Progress(done=True, error="AccessDenied")
    assert verdict(a_ledger(a_scan(0), last)) == "LEFTOVERS"


def test_what_has_no_delete_call_is_no_leftover() -> None:
    kept = _MODEL.model_copy(update={"kept": "cannot be deleted"})
    assert verdict(a_ledger(a_scan(0), a_scan(2, found={kept.identity: kept}))) == "CLEAN"


def test_what_lost_its_proof_is_no_leftover() -> None:
    scan = a_scan(2, found={_MODEL.identity: _MODEL})
    assert verdict(a_ledger(a_scan(0), scan, **{_MODEL.identity: an_item("unproven")})) == "CLEAN"


def test_what_was_given_up_and_went_by_itself_is_no_leftover() -> None:
    assert verdict(a_ledger(a_scan(0), a_scan(2), **{_MODEL.identity: an_item("quarantined")})) == "CLEAN"


def test_what_was_given_up_counts_where_its_kind_was_not_listed() -> None:
    last = a_scan(2)
    last.progress["model"] = Progress(done=True, error="AccessDenied")
    ledger = a_ledger(a_scan(0), last, **{_MODEL.identity: an_item("quarantined", why="denied")})
    assert verdict(ledger) == "LEFTOVERS"
    assert [left.why for left in leftovers(ledger)] == ["denied"]


def test_what_was_given_up_before_any_verification_is_a_leftover() -> None:
    assert verdict(a_ledger(**{_MODEL.identity: an_item("blocked", why="must go after x")})) == "LEFTOVERS"


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(["", "AccessDenied"]), st.booleans()), max_size=4),
    st.sampled_from(["", "States.Timeout"]),
)
def test_clean_says_that_everything_was_looked_at_and_nothing_found(
    rounds: list[tuple[bool, str, bool]], error: str
) -> None:
    scans = []
    for minute, (finished, lister_error, standing) in enumerate(rounds):
        scan = a_scan(2 * minute, finished=finished, found={_MODEL.identity: _MODEL} if standing else {})
        scan.progress["role"] = Progress(done=True, error=lister_error)
        scans.append(scan)
    if verdict(a_ledger(*scans), error=error) == "CLEAN":
        assert not error
        assert len(rounds) >= 2
        assert all(finished and not lister_error for finished, lister_error, _ in rounds[-2:])
        assert not rounds[-1][2]
