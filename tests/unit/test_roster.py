"""The roster: which ids are accepted, and what every mistake is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classlab.contract import ATTENDEE_MAX, CLASSROOM_MAX, JOB_NAME_MAX, attendee_stack_name, job_name, split_stack_name
from classlab.errors import UserError
from classlab.roster import Attendee, read_roster

IDS = st.from_regex(rf"[a-z0-9]([a-z0-9-]{{0,{ATTENDEE_MAX - 2}}}[a-z0-9])?", fullmatch=True).filter(
    lambda id_: "--" not in id_
)
CLASSES = st.from_regex(rf"[a-z]([a-z0-9-]{{0,{CLASSROOM_MAX - 2}}}[a-z0-9])?", fullmatch=True).filter(
    lambda name: "--" not in name
)


@given(CLASSES, IDS)
def test_every_accepted_pair_of_names_survives_the_stack_name(classroom: str, attendee: str) -> None:
    assert Attendee(id=attendee).id == attendee
    assert split_stack_name(attendee_stack_name(classroom, attendee)) == (classroom, attendee)


@given(CLASSES, IDS, IDS)
def test_no_attendee_is_reached_by_anothers_pattern(classroom: str, one: str, other: str) -> None:
    """Policies name `<stack>--*`."""
    mine, theirs = (job_name(attendee_stack_name(classroom, id_), "train", "0" * 12) for id_ in (one, other))
    reached = theirs.startswith(attendee_stack_name(classroom, one) + "--")
    assert reached == (one == other)
    assert len(mine) <= JOB_NAME_MAX


@given(st.text(max_size=ATTENDEE_MAX + 5))
def test_whatever_is_accepted_as_an_id_is_usable_in_names(text: str) -> None:
    try:
        id_ = Attendee(id=text).id
    except ValueError:
        return
    assert 1 <= len(id_) <= ATTENDEE_MAX
    assert set(id_) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert "--" not in id_
    assert not id_.startswith("-")
    assert not id_.endswith("-")


def test_a_roster_is_read_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("\ufeffid,name,email\nzoe,Zoe,\nann, Ann ,ann@example.com\n", encoding="utf-8")
    assert [(line.id, line.name) for line in read_roster(path)] == [("zoe", "Zoe"), ("ann", "Ann")]


def test_an_address_is_told_by_its_hash_alone() -> None:
    one, other = (Attendee(id="ann", email=address) for address in ("Ann@Example.com", "ann@example.com"))
    assert one.email_hash == other.email_hash
    assert len(one.email_hash) == 64
    assert Attendee(id="ann").email_hash == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ":1: the header must name id"),
        ("id,name,phone\nann,,\n", "the header must name id"),
        ("id\n", "names nobody"),
        ("id\nann\nann\n", ":3: the id 'ann' stands twice"),
        ("id\nAnn\n", ":2: 'Ann' is no attendee id"),
        ("id\nann--b\n", ":2: 'ann--b' is no attendee id"),
        ("id,name\nann,Ann, the first\n", ":2: more cells than the header has columns"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_roster(path)
    assert words in str(caught.value)
    assert "roster.csv" in str(caught.value)


def test_a_missing_roster_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_roster(tmp_path / "none.csv")
