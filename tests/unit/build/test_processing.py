"""What starts a processing job's script: it installs what is lacking, and hands on why the script failed."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from classlab.build import assets

STARTER = Path(assets.__file__).parents[1] / "templates/processing.sh"


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How the job ended: its status, its log, and what SageMaker would show as its ExitMessage."""

    status: int
    stdout: str
    stderr: str
    message: str | None


class Job:
    """The starter beside a script; `/opt/ml/output` is a folder of the test, and pip only notes that it was called."""

    def __init__(self, folder: Path) -> None:
        self.code, self.output, self.calls = folder / "code", folder / "output", folder / "calls"
        for made in (self.code, folder / "bin"):
            made.mkdir()
        text = STARTER.read_text().replace("/opt/ml/output", str(self.output))
        (self.code / STARTER.name).write_text(text)
        python = folder / "bin/python3"
        python.write_text(f'#!/bin/bash\necho "$@" >> {self.calls}\n[ "$1" = -m ] || exec bash "$1"\n')
        python.chmod(0o755)
        self.path = f"{python.parent}:{os.environ['PATH']}"

    def run(self, script: str) -> Ended:
        """Start it."""
        (self.code / "prepare.py").write_text(script)
        command = ["/bin/bash", str(self.code / STARTER.name), "prepare.py"]
        done = subprocess.run(
            command, env={**os.environ, "PATH": self.path}, capture_output=True, text=True, check=False
        )
        file = self.output / "message"
        message = file.read_text() if file.exists() else None
        return Ended(status=done.returncode, stdout=done.stdout, stderr=done.stderr, message=message)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job that lacks nothing."""
    return Job(tmp_path)


def test_a_script_that_succeeds_leaves_no_message(job: Job) -> None:
    assert job.run("echo done; echo careful >&2") == Ended(status=0, stdout="done\n", stderr="careful\n", message=None)


def test_the_last_line_of_a_failure_is_the_reason(job: Job) -> None:
    ended = job.run("echo half; echo careful >&2; echo 'DataError: row 7: no label' >&2; exit 3")
    assert (ended.status, ended.message) == (3, "DataError: row 7: no label\n")
    assert ended.stderr == "careful\nDataError: row 7: no label\n"
    assert ended.stdout == "half\n"


def test_a_long_reason_is_cut_to_what_sagemaker_shows(job: Job) -> None:
    ended = job.run("printf '%.0sx' {1..3000} >&2; exit 1")
    assert ended.message == "x" * 1000


def test_who_is_killed_leaves_no_reason_of_his_own(job: Job) -> None:
    ended = job.run("echo careful >&2; kill -9 $$")
    assert (ended.status, ended.message) == (137, None)


def test_what_the_image_lacks_is_installed_first(job: Job) -> None:
    lock = job.code / "requirements.txt"
    lock.touch()
    job.run("true")
    install, script = job.calls.read_text().splitlines()
    assert install == f"-m pip install --quiet --requirement {lock}"
    assert script == str(job.code / "prepare.py")


def test_nothing_is_installed_where_nothing_is_lacking(job: Job) -> None:
    job.run("true")
    assert job.calls.read_text().splitlines() == [str(job.code / "prepare.py")]
