"""Ctrl-C and kill -9 in the middle of a day: nothing is left at once, or nothing after the next start."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from classlab.errors import UserError
from classlab.rehearsal.judge import judge_machine
from classlab.rehearsal.workspace import Workspace
from embedded_aws.launcher import STATE_VARIABLE

pytestmark = [pytest.mark.rehearsal]

# A day in a folder of its own, with a cache of packs of its own, which ends at the moment that is asked for.
SCRIPT = """
import signal, sys
from functools import partial
from pathlib import Path
import classlab.cli.rehearse as command
from classlab.build import pack
from classlab.rehearsal.options import Options
from classlab.rehearsal.steps import BOOTSTRAP, BUILD, ENGINE, PREPARE
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a run of the tests in the background lets go by
moment, folder = sys.argv.pop(), Path(sys.argv.pop())
command.Options = partial(Options, folder=folder)
pack.make_pack = partial(pack.make_pack, cache=folder / "packs")
command.WHOLE_DAY = {"build": (BUILD,), "bootstrap": (PREPARE, ENGINE, BOOTSTRAP)}[moment]
command.rehearse(["--json"])
"""
MOMENTS = ["build", "bootstrap"]
Start = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "rehearsal")


@pytest.fixture
def start(environments: Path, workspace: Workspace) -> Iterator[Start]:
    """Starts a rehearsal and returns at a moment: downloading the kernel pack, or just begun the bootstrap."""
    started, held = [], []
    with socket.create_server(("127.0.0.1", 0)) as index:
        index.settimeout(120)
        address = f"http://127.0.0.1:{index.getsockname()[1]}"  # never answers, so the download stays under way
        variables = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        variables |= {"UV_PYTHON_INSTALL_MIRROR": address, "PIP_INDEX_URL": address, "UV_HTTP_TIMEOUT": "600"}

        def begin(moment: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", SCRIPT, str(workspace.folder), moment],
                env=variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            started.append(process)
            _read_until(process, moment)
            if moment == "build":
                held.append(index.accept())
            return process

        yield begin
        for process in started:
            process.kill()
            process.communicate()
        workspace.clean()


def _read_until(process: subprocess.Popen[str], step: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        event = json.loads(line)
        if (event["event"], event.get("name")) == ("step-started", step):
            return
    raise AssertionError(process.stderr.read() if process.stderr else "")


def _kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(timeout=60)


def _remains(workspace: Workspace) -> list[str]:
    address = workspace.state / "engine.json"
    port = json.loads(address.read_text())["port"] if address.exists() else 1
    return judge_machine(
        endpoint=f"http://127.0.0.1:{port}",
        mark=f"{STATE_VARIABLE}={workspace.state}",
        folders=(workspace.state, workspace.scratch, *_half_packs(workspace)),
        temporary_before=frozenset(),
    )


def _half_packs(workspace: Workspace) -> list[Path]:
    return list((workspace.folder / "packs").glob(".making-*"))


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_day_leaves_nothing(
    start: Start, workspace: Workspace, moment: str, number: signal.Signals
) -> None:
    run = start(moment)
    assert any(remains.startswith("process") for remains in _remains(workspace))
    run.send_signal(number)
    assert run.wait(timeout=60) == 130
    assert _remains(workspace) == []
    assert run.stderr is not None
    assert "interrupted" in run.stderr.read()


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_a_killed_day_left_is_gone_after_the_next_start(start: Start, workspace: Workspace, moment: str) -> None:
    _kill(start(moment))
    assert any(remains.startswith("process") for remains in _remains(workspace))
    with workspace.alone():
        assert "processes and its state: removed" in workspace.clean()
    half = _half_packs(workspace)
    assert len(half) == (1 if moment == "build" else 0)
    assert _remains(workspace) == [f"folder {folder}" for folder in (workspace.scratch, *half)]


def test_half_a_pack_is_removed_by_the_next_build(start: Start, workspace: Workspace) -> None:
    _kill(start("build"))
    left = _half_packs(workspace)
    start("build")
    now = _half_packs(workspace)
    assert len(left) == len(now) == 1
    assert left != now


def test_what_the_rehearsal_itself_starts_is_marked_and_writes_into_its_scratch(workspace: Workspace) -> None:
    program = f"import os, tempfile; print(os.environ['{STATE_VARIABLE}'], tempfile.gettempdir())"
    before, outside = dict(os.environ), tempfile.gettempdir()
    workspace.clean()
    with workspace.marking():
        shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert tempfile.gettempdir() == str(workspace.scratch)
    assert shown.stdout.split() == [str(workspace.state), str(workspace.scratch)]
    assert (dict(os.environ), tempfile.gettempdir()) == (before, outside)


def test_two_at_a_time_are_refused(start: Start, workspace: Workspace) -> None:
    start("build")
    with pytest.raises(UserError, match="another rehearsal is at work"), workspace.alone():
        pass
