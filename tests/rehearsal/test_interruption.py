"""Ctrl-C and kill -9 in the middle of a day: nothing is left at once, or nothing after the next start."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from classlab.errors import UserError
from classlab.rehearsal.judge import judge_machine
from classlab.rehearsal.workspace import Workspace
from embedded_aws.launcher import STATE_VARIABLE

pytestmark = [pytest.mark.rehearsal]

# A day that gets as far as a CDK command under way, in a folder of its own.
SCRIPT = """
import sys
from functools import partial
from pathlib import Path
import classlab.cli.rehearse as command
from classlab.rehearsal.options import Options
from classlab.rehearsal.steps.morning import BOOTSTRAP, ENGINE, PREPARE
command.Options = partial(Options, folder=Path(sys.argv.pop(1)))
command.WHOLE_DAY = (PREPARE, ENGINE, BOOTSTRAP)
command.rehearse(["--json"])
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "rehearsal")


@pytest.fixture
def run(environments: Path, workspace: Workspace) -> Iterator[subprocess.Popen[str]]:
    """A rehearsal whose bootstrap has just begun."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(workspace.folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            event = json.loads(line)
            if (event["event"], event.get("name")) == ("step-started", "bootstrap"):
                break
        yield process
        process.kill()


def _remains(workspace: Workspace) -> list[str]:
    port = json.loads((workspace.state / "engine.json").read_text())["port"] if workspace.state.exists() else 1
    return judge_machine(
        endpoint=f"http://127.0.0.1:{port}",
        mark=f"{STATE_VARIABLE}={workspace.state}",
        folders=(workspace.state, workspace.scratch),
        temporary_before=frozenset(),
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_day_leaves_nothing(
    run: subprocess.Popen[str], workspace: Workspace, number: signal.Signals
) -> None:
    assert _remains(workspace)
    run.send_signal(number)
    assert run.wait(timeout=60) == 130
    assert _remains(workspace) == []
    assert "interrupted" in run.stderr.read() if run.stderr else False


def test_what_a_killed_day_left_is_gone_after_the_next_start(run: subprocess.Popen[str], workspace: Workspace) -> None:
    os.kill(run.pid, signal.SIGKILL)
    run.wait(timeout=60)
    assert any(remains.startswith("process") for remains in _remains(workspace))
    with workspace.alone():
        assert "processes and its state: removed" in workspace.clean()
    assert _remains(workspace) == [f"folder {workspace.scratch}"]


def test_two_at_a_time_are_refused(run: subprocess.Popen[str], workspace: Workspace) -> None:
    with pytest.raises(UserError, match="another rehearsal is at work"), workspace.alone():
        pass
