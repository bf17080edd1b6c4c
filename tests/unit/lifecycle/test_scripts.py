"""What AWS asks of lifecycle scripts, and what on-start.sh says when the class's tools cannot be fetched."""

import os
import signal
import subprocess
import sysconfig
import tarfile
from pathlib import Path

import pytest

from tests.unit.lifecycle.conftest import LIFECYCLE, Instance, wait_for

AWS_LIMIT = 12_288  # bytes of a script; AWS counts 16,384 of base64
HEADER = 1_536  # what the template may put before it


@pytest.mark.parametrize("name", ["on-create.sh", "on-start.sh"])
def test_a_lifecycle_script_leaves_room_for_its_header(name: str) -> None:
    assert (LIFECYCLE / name).stat().st_size + HEADER <= AWS_LIMIT


def test_shellcheck_finds_nothing() -> None:
    shellcheck = Path(sysconfig.get_path("scripts")) / "shellcheck"
    done = subprocess.run([shellcheck, *LIFECYCLE.glob("*.sh")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.fixture
def root(instance: Instance) -> Instance:
    """The instance with programs that act as if they were root's."""
    for name, text in {
        "runuser": '#!/bin/bash\nshift 3\nexec "$@"\n',  # -u ec2-user --
        "sleep": "#!/bin/bash\nexit 0\n",
    }.items():
        (instance.root / "bin" / name).write_text(text)
        (instance.root / "bin" / name).chmod(0o755)
    return instance


def start(instance: Instance) -> subprocess.CompletedProcess[str]:
    """Run on-start.sh as AWS does, behind the exports."""
    return instance.run("bash", str(LIFECYCLE / "on-start.sh"))


def test_missing_tools_break_the_seat_but_not_the_script(root: Instance) -> None:
    done = start(root)
    assert done.returncode == 0, done.stderr
    status = root.status()
    assert status["state"] == "broken"
    assert "the tools of the class cannot be fetched" in str(status["reason"])
    assert "404" in str(status["reason"])


def test_a_refused_bucket_is_tried_again_and_then_reported(root: Instance) -> None:
    (root.class_bucket / "deny").touch()
    assert start(root).returncode == 0
    assert "403" in str(root.status()["reason"])
    assert sum("tools.tar.gz" in call for call in root.calls()) == 5


def test_on_start_leaves_before_the_worker_ends(root: Instance, tmp_path: Path) -> None:
    worker = tmp_path / "worker.sh"
    worker.write_text('echo $$ >"$TMPDIR/began"; exec /bin/sleep 30\n')
    with tarfile.open(root.class_bucket / "assets/1/tools.tar.gz", "w:gz") as tar:
        tar.add(worker, arcname="worker.sh")
    done = start(root)  # would time out if the worker held the script's streams
    began = tmp_path / "tmp/began"
    wait_for(began.exists)
    os.kill(int(began.read_text()), signal.SIGKILL)
    assert done.returncode == 0, done.stderr
    assert root.status()["state"] == "preparing"
    assert not done.stdout + done.stderr
