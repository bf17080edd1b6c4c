"""Running uv and pip for a build: their lines go to whoever listens, their failures say what to do."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path

from classlab.errors import UserError

Report = Callable[[str], None]  # hears one line about what is being done
_LINES_OF_FAILURE = 15


def uv() -> str:
    """The uv of this environment, else the one on the PATH."""
    beside = Path(sysconfig.get_path("scripts")) / "uv"
    return str(beside) if beside.exists() else "uv"


def run(command: Sequence[str], *, purpose: str, heard: Report = lambda _line: None) -> None:
    """Run a command, each of its lines heard; raises :class:`UserError` with the purpose and the last lines."""
    environment = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    environment.setdefault("UV_HTTP_RETRIES", "1")  # a machine without a network should hear so at once
    if links := environment.get("PIP_FIND_LINKS", "").split():  # uv looks where pip does
        environment.setdefault("UV_FIND_LINKS", ",".join(links))
    try:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
    except FileNotFoundError as error:
        raise UserError(f"{purpose}: {command[0]} is not installed") from error
    lines: list[str] = []
    with process:
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                heard(lines[-1])
        except BaseException:
            process.kill()  # nobody waits for it any more, and its folder is about to be removed
            raise
    if process.returncode:
        raise UserError("\n".join([f"{purpose} failed:", *lines[-_LINES_OF_FAILURE:]]))


def pip(*arguments: str, purpose: str, heard: Report = lambda _line: None) -> None:
    """Run this environment's pip."""
    run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], purpose=purpose, heard=heard)
