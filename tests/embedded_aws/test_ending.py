"""An engine at work ends: asked to, it leaves no process, mount or loop device; killed, `clean` sees to all of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_aws import launcher
from tests.embedded_aws.account import Account, polls
from tests.embedded_aws.bench import bench
from tests.embedded_aws.waiting import eventually

JOB = "import subprocess; subprocess.Popen(['sleep', '300']); print('up', flush=True); import time; time.sleep(300)"
GROUP = "/aws/sagemaker/ProcessingJobs"


def processes(state: Path) -> list[str]:
    """The commands of what carries the engine's mark."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            marked = f"{launcher.STATE_VARIABLE}={state}".encode() in (entry / "environ").read_bytes().split(b"\0")
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        found += [command] if marked and command else []
    return found


def mounts(state: Path) -> list[str]:
    """What is mounted below a folder in this machine's own namespace."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [point for point in points if Path(point).is_relative_to(state)]


def loop_devices(state: Path) -> list[str]:
    """The files below a folder that are the content of loop devices, in whatever namespace they are mounted."""
    found = []
    for file in Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            found.append(file.read_text().strip())
        except OSError:
            continue  # let go meanwhile
    return [name for name in found if Path(name).is_relative_to(state)]


@pytest.fixture
def at_work(tmp_path: Path, environments: Path) -> Iterator[launcher.Engine]:
    """An engine with a notebook instance in service, a job that runs with a child of its own, and a function."""
    engine = launcher.start(state=tmp_path / "state", environments=environments)
    at = bench(Account(engine))
    at.sagemaker.create_notebook_instance(NotebookInstanceName="desk", InstanceType="ml.t3.medium", RoleArn=at.role)
    at.process(JOB, wait=False)
    account = at.account
    function = account.function("def handler(event, context):\n    return 1\n", account.role())
    account.client("lambda").invoke(FunctionName=function)
    for _ in polls(60):
        status = at.sagemaker.describe_notebook_instance(NotebookInstanceName="desk")["NotebookInstanceStatus"]
        if status != "Pending":
            break
    assert status == "InService"
    eventually(lambda: "up" in at.log(GROUP))
    yield engine
    launcher.stop(engine)


def test_asked_to_end_it_ends_everything_itself(at_work: launcher.Engine) -> None:
    state = at_work.state
    assert sum("sleep 300" in command for command in processes(state)) == 1
    launcher.end(at_work)
    assert processes(state) == []
    assert mounts(state) == []
    eventually(lambda: loop_devices(state) == [])  # the kernel lets go of them a moment later
    assert launcher.clean_processes(state) == []


def test_clean_sees_to_all_that_a_killed_engine_left(at_work: launcher.Engine) -> None:
    state = at_work.state
    images = list(state.glob("notebooks/desk-*/volume.ext4"))
    assert loop_devices(state) == [str(image) for image in images]  # none where volumes are directories
    assert len(processes(state)) > 3
    os.kill(at_work.pid, signal.SIGKILL)
    assert f"removed {state}" in launcher.clean(state)
    assert processes(state) == []
    assert mounts(state) == []
    eventually(lambda: loop_devices(state) == [])
    assert not state.exists()
