"""What the app refuses, and how it says so: where, what is wrong, what to do."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from classlab.errors import UserError
from infra.inputs import PROJECT, read_attendee, read_class, read_last_build
from tests.synth.conftest import CLASSROOM_FILE, ROSTER_FILE, make_build


def _classroom(folder: Path, **changes: object) -> Path:
    document = yaml.safe_load(CLASSROOM_FILE.read_text(encoding="utf-8")) | changes
    path = folder / "classroom.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_without_a_build_the_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"build\.json is missing: run `classlab build` first"):
        read_last_build({"build": tmp_path}.get, "sample")


def test_a_build_for_another_class_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="made for the classroom 'other', not 'sample'"):
        read_last_build({"build": make_build(tmp_path, "other")}.get, "sample")


def test_without_a_classroom_file_nothing_stands_in_silently(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"classroom\.yaml: .* copy classroom\.example\.yaml"):
        read_class({"classroom": tmp_path / "classroom.yaml"}.get)


def test_a_lab_stands_once(tmp_path: Path) -> None:
    path = _classroom(tmp_path, labs=["churn_xgboost", "churn_xgboost"])
    with pytest.raises(UserError, match="labs: churn-xgboost stands there twice"):
        read_class({"classroom": path}.get)


def test_instances_of_the_pipeline_are_allowed_ones(tmp_path: Path) -> None:
    path = _classroom(tmp_path, allowed_instance_types=["ml.t3.medium"])
    with pytest.raises(UserError, match=r"allowed_instance_types: the step train .* runs on ml\.m5\.large"):
        read_class({"classroom": path}.get)


def test_steps_fit_the_longest_job(tmp_path: Path) -> None:
    path = _classroom(tmp_path, max_job_minutes=12)
    with pytest.raises(UserError, match=r"max_job_minutes: the step train .* may take 15 minutes, the class allows 12"):
        read_class({"classroom": path}.get)


@pytest.mark.parametrize("attendee", ["Ann", "ann--b", "-ann", "a" * 21, ""])
def test_an_unusable_id_is_refused(attendee: str) -> None:
    with pytest.raises(UserError, match="no attendee id"):
        read_attendee({"attendee": attendee}.get)


def test_an_id_beside_the_roster_is_refused() -> None:
    with pytest.raises(UserError, match="names no such attendee"):
        read_attendee({"attendee": "bob", "roster": str(ROSTER_FILE)}.get)
    assert read_attendee({"attendee": "ann-b", "roster": str(ROSTER_FILE)}.get) == "ann-b"


def test_the_app_says_it_in_one_line(tmp_path: Path) -> None:
    app = [sys.executable, str(PROJECT / "app.py")]
    done = subprocess.run(app, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "classroom.yaml: the classroom file cannot be read" in done.stderr
    assert "Traceback" not in done.stderr
