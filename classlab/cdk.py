"""The real CDK command line, run with the caller's environment or a given one."""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from classlab.errors import UserError

PROJECT = Path(__file__).resolve().parent.parent
CDK = PROJECT / "node_modules" / ".bin" / "cdk"
_TAIL_LINES = 40
# Node's and jsii's notices about themselves; the built-in validator triples a small synthesis and runs in CI instead.
_QUIET = {
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "CDK_DISABLE_VERSION_CHECK": "1",
    "CDK_VALIDATION": "false",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    "NODE_NO_WARNINGS": "1",
}


class CdkError(UserError):
    """The CDK command failed; the text ends with what it said last."""


@dataclass(frozen=True)
class Cdk:
    """Runs `cdk` in the project's folder. `context` holds the app's files and choices (`-c key=value`)."""

    context: Mapping[str, str]
    environment: Mapping[str, str] | None = None  # None: the caller's own
    project: Path = PROJECT

    def run(self, *arguments: str, heard: Callable[[str], None] = lambda _line: None) -> None:
        """Run to the end; raises :class:`CdkError`. `heard` gets every line. Interrupted, the child ends too."""
        if not CDK.exists():
            raise UserError("the CDK command line is not installed: run `make setup` (or `npm ci`)")
        command = [str(CDK), *arguments, "--ci", "--no-color", "--no-notices", *self._context()]
        process = subprocess.Popen(
            command,
            cwd=self.project,
            env={**(os.environ if self.environment is None else self.environment), **_QUIET},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            tail = _follow(process, heard)
            status = process.wait()
        except BaseException:
            _end_group(process)
            raise
        if status != 0:
            raise CdkError(f"`cdk {' '.join(arguments)}` ended with status {status}:\n" + "\n".join(tail))

    def _context(self) -> Sequence[str]:
        return [word for key, value in self.context.items() for word in ("-c", f"{key}={value}")]


def _follow(process: subprocess.Popen[str], heard: Callable[[str], None]) -> list[str]:
    """Hand on every line; returns the last ones."""
    assert process.stdout is not None  # noqa: S101 # it is a pipe
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    for line in process.stdout:
        text = line.rstrip()
        if text:
            tail.append(text)
            heard(text)
    return list(tail)


def _end_group(process: subprocess.Popen[str]) -> None:
    """End the CLI with everything it started (npm's shim, node, the app's Python)."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=5)
    except (ProcessLookupError, subprocess.TimeoutExpired):
        process.kill()
    process.wait()
