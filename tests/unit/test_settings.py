"""The classroom file: dates, and mistakes with the nearest right name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from classlab.errors import UserError
from classlab.rehearsal.today import move_to_today
from classlab.settings import Classroom, read_classroom

SAMPLE = Path(__file__).parents[2] / "classroom.example.yaml"


def _file(folder: Path, **changes: object) -> Path:
    document = yaml.safe_load(SAMPLE.read_text(encoding="utf-8")) | changes
    path = folder / "classroom.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in document.items() if value is not None}))
    return path


def test_the_sample_is_valid() -> None:
    assert read_classroom(SAMPLE).name == "sample"


def test_the_teardown_begins_after_the_grace_in_utc(tmp_path: Path) -> None:
    path = _file(tmp_path, time_zone="Europe/Berlin", ends_at="2027-07-01T17:00:00", grace_minutes=30)
    assert read_classroom(path).teardown_at == datetime(2027, 7, 1, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"labz": ["x"]}, "labz: unknown key; did you mean 'labs'?"),
        ({"budget": {"amont": 5, "emails": ["a@example.com"]}}, "budget.amont: unknown key; did you mean 'amount'?"),
        ({"name": "Sample"}, "'Sample' is no classroom name"),
        ({"name": "a-class-of-many"}, "is no classroom name"),
        ({"name": "two--parts"}, "is no classroom name"),
        ({"time_zone": "Europe/Atlantis"}, "is no IANA time zone"),
        ({"ends_at": "2020-01-01T00:00:00"}, "ends_at must be later than starts_at"),
        ({"budget": {"amount": 0, "emails": ["a@example.com"]}}, "budget.amount"),
        ({"budget": {"amount": 5, "emails": ["nobody"]}}, "'nobody' is no e-mail address"),
        ({"owner": None}, "owner: Field required"),
    ],
)
def test_a_mistake_is_named_with_its_key(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    with pytest.raises(UserError) as caught:
        read_classroom(_file(tmp_path, **changes))
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["- a list", "name: [unclosed", "42"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "classroom.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match="classroom"):
        read_classroom(path)


def test_a_missing_file_names_the_example(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"copy classroom\.example\.yaml"):
        read_classroom(tmp_path / "classroom.yaml")


@settings(deadline=None)  # a time zone's table is read once, on a busy machine slowly
@example(datetime(2036, 3, 29, 18, 0))  # noqa: DTZ001 # the night before clocks go forward; hypothesis wants it naive
@given(st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2060, 1, 1)))  # noqa: DTZ001 # hypothesis wants naive bounds
def test_the_sample_never_ages(moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    sample = read_classroom(SAMPLE)
    today = Classroom.model_validate(move_to_today(sample, now).model_dump())
    assert now - timedelta(minutes=1) <= today.localised(today.starts_at) <= now
    assert today.teardown_at > now + timedelta(hours=8)
