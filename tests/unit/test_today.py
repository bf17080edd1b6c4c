"""The class of today: its roster and files."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from classlab.errors import UserError
from classlab.fitting import fitted, longest_minutes
from classlab.rehearsal.today import (
    attendees_of_today,
    labs_of_today,
    move_to_today,
    with_labs,
    write_classroom,
    write_roster,
)
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


def test_the_classrooms_labs_stay_without_a_wish() -> None:
    assert [lab.folder.name for lab in labs_of_today(read_classroom(SAMPLE), ())] == ["churn_xgboost"]


@pytest.mark.parametrize("word", ["churn_autogluon", "churn-autogluon"])
def test_a_lab_comes_with_those_it_starts_from_and_after_them(word: str) -> None:
    labs = labs_of_today(read_classroom(SAMPLE), [word, "churn-xgboost", word])
    assert [lab.name for lab in labs] == ["churn-xgboost", "churn-autogluon"]


def test_an_unknown_lab_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"--labs: there is no lab chrun; there are .*churn_xgboost"):
        labs_of_today(read_classroom(SAMPLE), ["churn-xgboost", "chrun"])


def test_other_labs_have_the_room_they_need() -> None:
    classroom = read_classroom(SAMPLE)
    labs = labs_of_today(classroom, ["churn-autogluon"])
    fuller = with_labs(classroom, labs)
    assert fuller.labs == ["churn_xgboost", "churn_autogluon"]
    assert fuller.max_job_minutes == classroom.max_job_minutes
    longest = with_labs(classroom.model_copy(update={"max_job_minutes": 5}), labs).max_job_minutes
    assert longest == longest_minutes(labs)
    assert fitted(fuller, labs, SAMPLE).allowed_instance_types
