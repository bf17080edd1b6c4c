"""One whole rehearsal of the sample class, from the command line as a person starts it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from classlab.rehearsal.options import Options
from classlab.reporting.report import Report

pytestmark = [pytest.mark.rehearsal]
ATTENDEES = ["ann", "ann-b", "anna"]


@pytest.fixture(scope="module")
def day(environments: Path) -> tuple[subprocess.CompletedProcess[str], Report]:
    """What it wrote to its streams, and its report."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "classlab"), "rehearse", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    return done, Report.read(Options().folder / "report.json")


def test_everything_held(day: tuple[subprocess.CompletedProcess[str], Report]) -> None:
    done, report = day
    assert report.problems == []
    assert (done.returncode, report.ok) == (0, True)


def test_machines_were_told_every_step(day: tuple[subprocess.CompletedProcess[str], Report]) -> None:
    done, report = day
    events = [json.loads(line) for line in done.stdout.splitlines()]
    ended = [event["name"] for event in events if event["event"] == "step-ended"]
    assert ended == [step.name for step in report.steps]
    assert events[-1]["event"] == "finished"
    assert events[-1]["ok"] is True


def test_everybody_had_the_same(day: tuple[subprocess.CompletedProcess[str], Report]) -> None:
    report = day[1]
    assert len(report.template_sha256) == 1
    assert [row.attendee for row in report.environments] == ATTENDEES
    assert report.environments_identical
    assert {row.status for row in report.environments} == {"ready"}
    assert len({row.fingerprint for row in report.environments}) == 1


def test_every_pipeline_passed_its_gate_on_the_same_data(day: tuple[subprocess.CompletedProcess[str], Report]) -> None:
    report = day[1]
    assert [(row.attendee, row.status) for row in report.pipelines] == [(id_, "succeeded") for id_ in ATTENDEES]
    for row in report.pipelines:
        assert row.gate is not None
        assert row.gate.passed
        assert row.gate.value is not None
        assert row.gate.value >= row.gate.at_least
        assert row.data is not None
        assert row.data.generated == ("CLASSLAB_DATA" not in os.environ)
        assert {"Prepare", "Train", "Gate", "Model", "Infer", "Score"} <= {step.name for step in row.steps}
    assert len({row.data.sha256 for row in report.pipelines if row.data}) == 1
    (lab,) = report.labs
    assert (lab.status, lab.pipelines, lab.pipelines_succeeded) == ("held", len(ATTENDEES), len(ATTENDEES))


@pytest.mark.skipif("CLASSLAB_DATA" not in os.environ, reason="needs the real churn file: set CLASSLAB_DATA")
def test_the_real_data_is_learned(day: tuple[subprocess.CompletedProcess[str], Report]) -> None:
    for row in day[1].pipelines:
        assert row.metrics["auc"] >= 0.96
        assert row.metrics["accuracy"] >= 0.92


def test_the_notebook_ran_to_its_end(day: tuple[subprocess.CompletedProcess[str], Report]) -> None:
    (row,) = day[1].notebooks
    assert row.status == "succeeded"
    assert row.cells >= 10


def test_the_teardown_is_clean_and_touched_no_stranger(day: tuple[subprocess.CompletedProcess[str], Report]) -> None:
    teardown = day[1].teardown
    assert teardown.verdict == "CLEAN"
    assert teardown.scans >= 2
    assert (teardown.lister_errors, teardown.strangers_touched, teardown.leftovers) == (0, 0, [])
    assert teardown.strangers_seen > 0
    # What the attendee forgot in the notebook was the class's, and is gone.
    deleted = {item.kind for item in teardown.items if item.outcome == "deleted"}
    assert {"endpoint", "endpoint_config", "model"} <= deleted


def test_the_judge_found_nothing_in_a_full_account(day: tuple[subprocess.CompletedProcess[str], Report]) -> None:
    judge = day[1].judge
    assert judge is not None
    assert judge.problems == []
    assert judge.strangers >= 10
    assert judge.asked == judge.baseline + len(judge.kept)


def test_nothing_is_left_on_the_machine_but_the_reports(day: tuple[subprocess.CompletedProcess[str], Report]) -> None:
    folder = Options().folder
    assert not (folder / "state").exists()
    assert not (folder / "scratch").exists()
    assert "everything held" in (folder / "report.html").read_text(encoding="utf-8")
    assert list((folder / "closed" / "work" / "ann").rglob("my-notes.txt"))
