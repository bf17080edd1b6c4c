"""What `make clean` asks first: a kept or killed rehearsal is ended, one at work is left alone and says so."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from classlab.cdk import PROJECT
from classlab.errors import UserError
from classlab.rehearsal.ending import end_below
from classlab.rehearsal.workspace import Workspace
from embedded_aws.launcher import STATE_VARIABLE


@pytest.fixture(params=["rehearsal", "bench/seats"])
def workspace(tmp_path: Path, request: pytest.FixtureRequest) -> Workspace:
    """A folder that a rehearsal has used and left."""
    made = Workspace(tmp_path / "build" / request.param)
    with made.alone():
        made.clean()
        made.state.mkdir()
    return made


@pytest.fixture
def kept(workspace: Workspace) -> Iterator[subprocess.Popen[bytes]]:
    """A process that the rehearsal left running."""
    environment = {**os.environ, STATE_VARIABLE: str(workspace.state)}
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=environment) as process:
        yield process
        process.kill()


def test_what_was_kept_is_ended(workspace: Workspace, kept: subprocess.Popen[bytes], tmp_path: Path) -> None:
    end_below(tmp_path / "build")
    assert kept.wait(timeout=10) is not None
    assert not workspace.state.exists()
    assert not workspace.scratch.exists()


def test_one_at_work_is_left_alone(workspace: Workspace, kept: subprocess.Popen[bytes], tmp_path: Path) -> None:
    with workspace.alone():
        with pytest.raises(UserError, match="another rehearsal is at work"):
            end_below(tmp_path / "build")
        asked = subprocess.run(
            [sys.executable, "-m", "classlab.rehearsal.ending", str(tmp_path / "build")],
            capture_output=True,
            text=True,
            check=False,
        )
    assert (asked.returncode, asked.stderr.count("\n")) == (1, 1)
    assert f"another rehearsal is at work in {workspace.folder}" in asked.stderr
    assert kept.poll() is None
    assert workspace.state.exists()


def test_nothing_built_is_nothing_to_end(tmp_path: Path) -> None:
    end_below(tmp_path / "build")


def test_clean_asks_before_it_removes() -> None:
    shown = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", "clean"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    asks, removes = shown.stdout.splitlines()[-2:]
    assert "-m classlab.rehearsal.ending build" in asks
    assert removes.startswith("rm -rf")
