"""The first step of a day: what will be downloaded is said once, before it begins, and a failed uv in its own words."""

from pathlib import Path

import pytest

from classlab.build import pack
from classlab.errors import UserError
from classlab.labs import read_lab
from classlab.rehearsal.day import Day
from classlab.rehearsal.options import Options
from classlab.rehearsal.steps.morning import PREPARE
from classlab.rehearsal.workspace import Workspace
from classlab.reporting.events import Event, Note
from classlab.roster import Attendee
from classlab.settings import read_classroom
from embedded_aws import launcher
from embedded_aws.runtime.environments import MARKER, Environment, InstallError
from embedded_aws.runtime.images import ALWAYS, SCIKIT_LEARN, XGBOOST

SAMPLE = Path(__file__).parents[2] / "classroom.example.yaml"


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture
def day(tmp_path: Path, heard: list[Event], monkeypatch: pytest.MonkeyPatch) -> Day:
    """A day on a machine without the engine's environments and without its lab's pack."""
    monkeypatch.setattr(pack, "download_mb", lambda _labs: 280)
    return Day(
        options=Options(folder=tmp_path, environments=tmp_path / "environments"),
        workspace=Workspace(tmp_path),
        classroom=read_classroom(SAMPLE),
        attendees=[Attendee(id="ann")],
        labs=[read_lab("churn_xgboost")],
        emit=heard.append,
    )


def _prepare(day: Day) -> None:
    PREPARE.run(day, lambda _done, _total, _note: None)


def _make_marker(environment: Environment) -> None:
    environment.folder.mkdir(parents=True)
    (environment.folder / MARKER).touch()


def test_all_that_is_missing_is_said_as_one_sum_before_anything_is_made(
    day: Day, heard: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Environment, "make", _make_marker)
    uris = [XGBOOST.uri, SCIKIT_LEARN.uri]
    size = launcher.download_mb(day.options.environments, uris) + 280
    assert size > sum(image.download_mb for image in (*ALWAYS, XGBOOST, SCIKIT_LEARN)) + 280
    _prepare(day)
    assert heard[0] == Note(f"this rehearsal downloads up to {size} MB, which stay for the next", important=True)


def test_a_failed_uv_is_told_in_its_own_words(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_environment: Environment) -> None:
        raise InstallError("the environment engine could not be made; uv says:\nno network")

    monkeypatch.setattr(Environment, "make", fail)
    with pytest.raises(UserError, match="uv says:\nno network"):
        _prepare(day)


def test_nothing_is_said_where_everything_is_there(
    day: Day, heard: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Environment, "make", _make_marker)
    _prepare(day)
    heard.clear()
    monkeypatch.setattr(pack, "download_mb", lambda _labs: 0)
    _prepare(day)
    assert heard == []


def test_only_the_environments_of_the_labs_images_are_made(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def note(environment: Environment) -> None:
        made.append(environment.name)

    monkeypatch.setattr(Environment, "make", note)
    _prepare(day)
    assert sorted(made) == sorted(["engine", *(image.name for image in (*ALWAYS, XGBOOST, SCIKIT_LEARN))])
