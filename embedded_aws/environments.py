"""The engine's own Python environment, made from its lock with uv. Standard library only.

An environment is named by its lock's hash, so a changed lock never meets an old environment; a marker
written last tells a whole environment from one that was cut off.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_LOCK = Path(__file__).parent / "requirements.txt"
_MARKER = ".complete"


def engine_python(environments: Path) -> Path | None:
    """The interpreter of the engine's environment, or None if it was not made."""
    folder = _folder(environments)
    return folder / "bin" / "python" if (folder / _MARKER).exists() else None


def make_engine(environments: Path, report: Callable[[str], None]) -> None:
    """Make the engine's environment unless it stands. Raises CalledProcessError with uv's words."""
    folder = _folder(environments)
    if engine_python(environments) is not None:
        return
    report(f"making the engine's environment {folder.name}")
    shutil.rmtree(folder, ignore_errors=True)
    uv = _uv()
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
    subprocess.run([*install, "--require-hashes", "--requirement", str(_LOCK)], check=True)
    (folder / _MARKER).touch()


def _folder(environments: Path) -> Path:
    return environments.resolve() / f"engine-{hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:12]}"


def _uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.exists() else "uv"
