"""The end of a rehearsal: the engine ends what it started; what only the sweep removes is told, as is what stays."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from classlab.rehearsal import rehearse
from classlab.rehearsal.day import Day
from classlab.rehearsal.judge import temporary_entries
from classlab.rehearsal.options import Options
from classlab.rehearsal.outcome import report_of
from classlab.rehearsal.workspace import Workspace
from classlab.reporting.events import ignore
from classlab.reporting.report import JudgeReport, Report, TeardownReport
from classlab.roster import Attendee
from classlab.settings import read_classroom
from embedded_aws.launcher import ACCOUNT, REGION, STATE_VARIABLE, Engine

SAMPLE = Path(__file__).parents[2] / "classroom.example.yaml"
# Engines: one that ends as soon as it is asked to, one that leaves a process, and one that does not listen.
ENDS = "import time; print('up', flush=True); time.sleep(60)"
LEAKS = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {ENDS!r}]); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {ENDS}"


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Day:
    """A class of which the teardown left nothing in the account."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setattr(rehearse, "_SECONDS_TO_GO", 1.0)
    monkeypatch.setattr("embedded_aws.launcher._STOP_SECONDS", 1.0)
    day = Day(
        options=Options(folder=tmp_path),
        workspace=Workspace(tmp_path / "rehearsal"),
        classroom=read_classroom(SAMPLE),
        attendees=[Attendee(id="ann")],
        labs=[],
        emit=ignore,
        temporary_before=temporary_entries(),
    )
    day.teardown, day.judge = TeardownReport(verdict="CLEAN"), JudgeReport(asked=1, baseline=1)
    day.workspace.state.mkdir(parents=True)
    day.workspace.scratch.mkdir()
    return day


@contextmanager
def running(day: Day, program: str) -> Iterator[None]:
    """An engine of that day that is this program; whatever it starts is ended."""
    environment = {**os.environ, STATE_VARIABLE: str(day.workspace.state)}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        day.engine = Engine("http://127.0.0.1:1", ACCOUNT, REGION, "", "", process.pid, day.workspace.state)
        yield
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def left(day: Day) -> Report:
    """The report after the machine was left."""
    rehearse._leave(day)
    return report_of(day)


def test_an_engine_that_ends_everything_leaves_nothing(day: Day) -> None:
    with running(day, ENDS):
        report = left(day)
    assert (report.ok, report.problems) == (True, [])
    assert report.judge is not None
    assert report.judge.machine == []
    assert not day.workspace.state.exists()


@pytest.mark.parametrize("program", [LEAKS, STUBBORN])
def test_what_only_the_sweep_ends_was_left(day: Day, program: str) -> None:
    with running(day, program):
        report = left(day)
    assert report.ok is False
    (problem,) = report.problems
    assert problem.startswith("left on this machine: process ")
    assert report.judge is not None
    assert report.judge.machine == [problem.removeprefix("left on this machine: ")]
    assert not day.workspace.state.exists()


def test_a_port_that_still_answers_was_left(day: Day) -> None:
    with running(day, ENDS), socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        day.engine = Engine(address, ACCOUNT, REGION, "", "", day.engine.pid, day.workspace.state)
        report = left(day)
    assert (report.ok, report.problems) == (False, [f"left on this machine: a listener at {address}"])


def test_a_folder_that_cannot_be_removed_was_left(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.rmtree", lambda *_path, **_how: None)
    with running(day, ENDS):
        report = left(day)
    folders = (day.workspace.state, day.workspace.scratch)
    assert (report.ok, report.problems) == (False, [f"left on this machine: folder {folder}" for folder in folders])


def test_a_temporary_folder_of_ours_was_left(day: Day, tmp_path: Path) -> None:
    folder = tmp_path / "tmp/classlab-pack"
    with running(day, ENDS):
        folder.mkdir()
        report = left(day)
    assert (report.ok, report.problems) == (False, [f"left on this machine: temporary folder {folder}"])


def test_a_day_without_an_engine_is_swept_all_the_same(day: Day) -> None:
    rehearse._leave(day)
    assert not day.workspace.state.exists()
    assert not day.workspace.scratch.exists()
