"""Python environments made with uv from hash locks. Standard library only.

An environment lies in `<environments>/<name>-<12 of the lock's SHA-256>`; a marker written last says that it is whole.
uv finds packages where it is told to: its indexes, and UV_FIND_LINKS or else pip's PIP_FIND_LINKS. PyTorch's build
without GPU code is on no common index: where no links are named, uv looks for it on PyTorch's own (UV_TORCH_BACKEND).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MARKER = ".complete"
PYTHON = "3.12"
_LINES_OF_FAILURE = 15


class EnvironmentMissingError(RuntimeError):
    """An environment has not been made; the text says how to."""


class InstallError(RuntimeError):
    """An environment could not be made; the text holds the last lines of uv, or says that there is none."""


@dataclass(frozen=True)
class Environment:
    """The environment of a lock below a directory of environments; `version` is Python's ("3.12")."""

    name: str
    lock: Path
    environments: Path
    version: str = PYTHON

    @property
    def folder(self) -> Path:
        """Where it is, or will be."""
        digest = hashlib.sha256(self.lock.read_bytes()).hexdigest()[:12]
        return self.environments.resolve() / f"{self.name}-{digest}"

    @property
    def ready(self) -> bool:
        """Whether it is whole."""
        return (self.folder / MARKER).exists()

    @property
    def python(self) -> Path:
        """Its interpreter; EnvironmentMissingError if it has not been made."""
        if not self.ready:
            command = f"python -m embedded_aws.runtime.images --environments {self.environments} {self.name}"
            raise EnvironmentMissingError(f"The environment of {self.name} has not been made; make it with: {command}")
        return self.folder / "bin" / "python"

    @property
    def interpreter_home(self) -> Path:
        """The installation its interpreter belongs to."""
        for line in (self.folder / "pyvenv.cfg").read_text().splitlines():
            key, _, value = line.partition("=")
            if key.strip() == "home":
                return Path(value.strip()).parent
        raise EnvironmentMissingError(f"{self.folder} is no Python environment: remove it and make it again")

    def make(self) -> None:
        """Make it unless it is whole; whoever comes second waits. Raises InstallError with uv's last words."""
        self.environments.mkdir(parents=True, exist_ok=True)
        with _alone(self.environments / f".{self.name}.lock"):
            if self.ready:
                return
            shutil.rmtree(self.folder, ignore_errors=True)
            uv, python = find_uv(), self.folder / "bin" / "python"
            _run([uv, "venv", "--quiet", "--python", find_python(self.version), str(self.folder)], self.name)
            # Sandboxes see it read-only or throw their changes away, so the bytecode has to be there already. The lock
            # is whole; what packages ask for beyond it has been left out on purpose.
            install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--require-hashes", "--no-deps"]
            _run([*install, "--python", str(python), "--requirement", str(self.lock)], self.name)
            (self.folder / MARKER).touch()


def find_uv() -> str:
    """The uv beside this interpreter, else on the PATH."""
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise InstallError("uv was not found beside the interpreter or on the PATH; install it (pip install uv)")
    return found


def find_python(version: str = PYTHON) -> str:
    """A Python of a version ("3.12") that works: this one, one on the PATH, pyenv's, else uv fetches one."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" == version:
        return getattr(sys, "_base_executable", sys.executable) or sys.executable
    candidates = [shutil.which(f"python{version}")]
    if pyenv := shutil.which("pyenv"):
        prefix = subprocess.run([pyenv, "prefix", version], capture_output=True, text=True, check=False)
        candidates.append(f"{prefix.stdout.strip()}/bin/python{version}")
    for candidate in candidates:
        if candidate and _works(candidate):
            return candidate
    return version


def uv_variables() -> dict[str, str]:
    """The variables that uv gets: this process's, and where PyTorch's build is unless they say so."""
    links = ",".join(os.environ.get("PIP_FIND_LINKS", "").split())
    where = {"UV_FIND_LINKS": links} if links or "UV_FIND_LINKS" in os.environ else {"UV_TORCH_BACKEND": "cpu"}
    return where | os.environ


def _works(python: str) -> bool:
    """A pyenv shim stands on the PATH but runs nothing."""
    try:
        return subprocess.run([python, "-c", "import venv"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(command: Sequence[str], name: str) -> None:
    done = subprocess.run(
        command,
        check=False,
        env=uv_variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        lines = done.stdout.splitlines()[-_LINES_OF_FAILURE:]
        raise InstallError("\n".join([f"the environment {name} could not be made; uv says:", *lines]))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock file; it goes with the process, however that ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
