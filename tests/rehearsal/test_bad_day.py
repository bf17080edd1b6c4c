"""A day on which much goes wrong: each fault is seen where it is, stops nobody else, and the class still ends clean."""

from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from classlab.cli.main import main
from classlab.labs import read_lab
from classlab.rehearsal.options import Options
from classlab.rehearsal.steps import ACCOUNT, EVENING
from classlab.rehearsal.steps.deploy import ATTENDEE_STACKS, BUILD, CLASS_STACK
from classlab.rehearsal.steps.work import DATA, ENVIRONMENTS, PIPELINES
from classlab.reporting.report import EnvironmentRow, Report
from tests.rehearsal.mishaps import (
    BAD_COLUMN,
    BAD_ROW,
    BARE,
    DRIFTED,
    FULL,
    MISHAPS,
    SANE,
    write_data,
)

pytestmark = [pytest.mark.rehearsal]
DAY = (*ACCOUNT, BUILD, CLASS_STACK, ATTENDEE_STACKS, ENVIRONMENTS, DATA, PIPELINES, *MISHAPS, *EVENING)


@pytest.fixture(scope="module")
def day(environments: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Report]:
    """Exit status and report."""
    folder = tmp_path_factory.mktemp("bad-day")
    data = write_data(read_lab("churn_xgboost"), folder / "data", spoil=True, shuffle=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("classlab.cli.rehearse.WHOLE_DAY", DAY)
        patch.setattr("classlab.cli.rehearse.Options", partial(Options, folder=folder / "rehearsal"))
        words = ["rehearse", "--attendees", "4", "--data", str(data)]
        done = CliRunner().invoke(main, words, catch_exceptions=False)
    return done.exit_code, Report.read(folder / "rehearsal" / "report.json")


def _row(report: Report, attendee: str) -> EnvironmentRow:
    return next(row for row in report.environments if row.attendee == attendee)


def test_the_made_up_attendee_is_said_so(day: tuple[int, Report]) -> None:
    assert [row.attendee for row in day[1].environments] == [SANE, DRIFTED, FULL, BARE]
    assert any(note.endswith(f"made up: {BARE}") for note in day[1].notes)


def test_bad_data_stops_every_pipeline_at_once_and_names_the_place(day: tuple[int, Report]) -> None:
    rows = day[1].pipelines[:4]
    assert {row.status for row in rows} == {"failed"}
    for row in rows:
        for word in ("churn.csv", str(BAD_ROW), BAD_COLUMN):
            assert word in row.reason
        assert "Prepare" in {step.name for step in row.steps}
        assert not {"Train", "Gate", "Model", "Infer"} & {step.name for step in row.steps}


def test_the_gate_stops_what_learned_nothing_before_a_model_is_made(day: tuple[int, Report]) -> None:
    row = day[1].pipelines[4]
    assert row.status == "stopped-by-gate"
    assert row.gate is not None
    assert row.gate.value is not None
    assert (row.gate.passed, row.gate.value < row.gate.at_least) == (False, True)
    assert "Gate" in {step.name for step in row.steps}
    assert not {"Model", "Infer", "Score"} & {step.name for step in row.steps}
    assert (row.metrics, row.reason != "") == ({}, True)


def test_a_package_changed_by_hand_is_seen_as_the_part_that_differs(day: tuple[int, Report]) -> None:
    report = day[1]
    drifted, sane = _row(report, DRIFTED), _row(report, SANE)
    assert (drifted.status, sane.status) == ("ready", "ready")
    assert drifted.fingerprint != sane.fingerprint
    assert any("joblib: 0.0.1 instead of" in part for part in drifted.differs)
    assert sane.differs == []
    assert not report.environments_identical


def test_a_full_disk_breaks_one_seat_with_its_reason(day: tuple[int, Report]) -> None:
    if any("no limit" in note for note in day[1].notes):
        pytest.skip("volumes have no limit here: that needs root, loop devices and mkfs.ext4")
    row = _row(day[1], FULL)
    assert row.status == "broken"
    assert "MiB left: raise volume_gib" in row.reason


def test_a_missing_bundle_breaks_one_seat_with_its_reason(day: tuple[int, Report]) -> None:
    row = _row(day[1], BARE)
    assert row.status == "broken"
    assert "labs.bundle cannot be fetched" in row.reason


def test_without_the_roles_rights_the_notebook_fails(day: tuple[int, Report]) -> None:
    (row,) = day[1].notebooks
    assert "403" in row.reason or "AccessDenied" in row.reason  # a HEAD answer has no body to name it


def test_the_class_still_ends_clean_and_the_status_is_1(day: tuple[int, Report]) -> None:
    status, report = day
    assert (status, report.ok) == (1, False)
    assert report.teardown.verdict == "CLEAN"
    assert report.judge is not None
    assert report.judge.problems == []
    steps = {row.name: row.outcome for row in report.steps}
    assert (steps["pipelines"], steps["teardown"], steps["close"], steps["judge"]) == ("failed", "held", "held", "held")
