"""The class of today: its roster and files."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from classlab.errors import UserError
from classlab.rehearsal.today import attendees_of_today, move_to_today, write_classroom, write_roster
from classlab.roster import Attendee, read_roster
from classlab.settings import read_classroom

SAMPLE = Path(__file__).parents[2] / "classroom.example.yaml"
ROSTER = [Attendee(id="ann", name='A "quoted", name'), Attendee(id="guest-01")]


def test_the_roster_stays_without_a_wish() -> None:
    assert attendees_of_today(ROSTER, None) == (ROSTER, [])


def test_fewer_are_the_first() -> None:
    assert attendees_of_today(ROSTER, 1) == (ROSTER[:1], [])


def test_more_are_made_up_beside_the_known() -> None:
    attendees, made_up = attendees_of_today(ROSTER, 4)
    assert [attendee.id for attendee in attendees] == ["ann", "guest-01", "guest-02", "guest-03"]
    assert made_up == ["guest-02", "guest-03"]


def test_nobody_is_no_class() -> None:
    with pytest.raises(UserError, match="at least one"):
        attendees_of_today(ROSTER, 0)


def test_the_files_are_read_back_as_they_were_meant(tmp_path: Path) -> None:
    classroom = move_to_today(read_classroom(SAMPLE), datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
    write_classroom(classroom, tmp_path / "classroom.yaml")
    write_roster(ROSTER, tmp_path / "roster.csv")
    assert read_classroom(tmp_path / "classroom.yaml").teardown_at == classroom.teardown_at
    assert read_roster(tmp_path / "roster.csv") == ROSTER
