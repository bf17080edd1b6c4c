"""Starts, stops and cleans up the embedded AWS as a child process. Standard library only.

Everything the engine makes stays below its state folder, and every process it starts carries
`EMBEDDED_AWS_STATE=<state folder>`: that is how `clean` finds what a killed run left behind.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from embedded_aws import root_key
from embedded_aws.journal import folder
from embedded_aws.journal.file import JournalError
from embedded_aws.runtime import images
from embedded_aws.runtime.environments import Environment

ACCOUNT = "123456789012"
REGION = "us-east-1"
STATE_VARIABLE = "EMBEDDED_AWS_STATE"

_ENGINE_MB = 40  # what its lock downloads, at most
_ROOT = Path(__file__).parent.parent
_START_SECONDS = 60.0
_STOP_SECONDS = 25.0
_LOG_TAIL_LINES = 25
# What the engine's processes may know of the caller's environment: no credentials, profiles or endpoints.
_KEPT_VARIABLES = (
    *("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ"),
    *("SSL_CERT_FILE", "UV_CACHE_DIR", "XDG_CACHE_HOME"),
)


class EngineError(RuntimeError):
    """The engine could not be started or stopped; the text says why and what to do."""


@dataclass(frozen=True)
class Engine:
    """A running engine: where it listens, whose account it is, and its root credentials."""

    endpoint: str
    account: str
    region: str
    access_key_id: str
    secret_access_key: str
    pid: int
    state: Path


def start(
    *,
    state: Path,
    environments: Path,
    port: int = 0,
    iam: bool = True,
    speed: float | None = None,
    log: Path | None = None,
    keep: bool = False,
) -> Engine:
    """Start an engine in a fresh `state` folder and wait until it answers.

    `port` 0 takes a free one; `iam` False lets every request pass; with a `speed` states last as on AWS, divided by it.
    With `keep` everything is kept in `state`, and what an earlier engine kept there is taken up.
    Raises EngineError with the end of the log.
    """
    state = state.resolve()
    if not keep and state.exists() and any(state.iterdir()):
        raise EngineError(f"{state} holds the state of an earlier engine: clean it first (launcher.clean)")
    _refuse_second(state)
    python = _python(environments)
    state.mkdir(parents=True, exist_ok=True)
    key_id, secret = _root_key(state)
    (state / "engine.json").unlink(missing_ok=True)
    log = log or state / "engine.log"
    command = _command(python, state, environments, _options(port, iam=iam, speed=speed), keep=keep)
    process = _spawn(command, state, log)
    try:
        served_port = _wait_until_ready(process, state, log)
    except EngineError:
        _end(process.pid)
        clean_processes(state)
        raise
    return Engine(f"http://127.0.0.1:{served_port}", ACCOUNT, REGION, key_id, secret, process.pid, state)


def hand_over(
    state: Path | None, environments: Path, *, port: int = 0, iam: bool = True, speed: float | None = None, keep: bool
) -> None:
    """Become the engine of these arguments as `start` would start it, unless this process is it.

    `state` None is for a temporary folder, which the engine makes. EngineError if its environment has not been made.
    """
    python, state = _python(environments), state.resolve() if state else None
    marked = state is None or os.environ.get(STATE_VARIABLE) == str(state)
    if marked and Path(sys.prefix).resolve() == python.parent.parent:
        return
    command = _command(python, state, environments, _options(port, iam=iam, speed=speed), keep=keep)
    os.chdir(_ROOT)
    os.execve(python, command, _variables(state))  # noqa: S606 # our own interpreter, without a shell


def running(state: Path) -> Engine:
    """The engine that serves a folder, whoever started it; EngineError if there is none."""
    state = state.resolve()
    pid = next(_engine_pid(state), 0)
    if not pid:
        raise EngineError(f"no engine serves {state}")
    port = int(json.loads((state / "engine.json").read_text())["port"])
    if not _healthy(port):
        raise EngineError(f"the engine in {state} gives no answer (yet)")
    return Engine(f"http://127.0.0.1:{port}", ACCOUNT, REGION, *_root_key(state), pid, state)


def _root_key(state: Path) -> tuple[str, str]:
    try:
        return root_key.read_or_make(state)
    except JournalError as error:
        raise EngineError(str(error)) from error


def _refuse_second(state: Path) -> None:
    if not state.exists():
        return
    try:
        with folder.locked(state):
            pass
    except JournalError as error:
        raise EngineError(str(error)) from error


def stop(engine: Engine) -> None:
    """End the engine and everything it started: processes and mounts. The state folder stays."""
    _end(engine.pid)
    clean_processes(engine.state)


def end(engine: Engine) -> None:
    """Tell the engine to end with all it started, and wait. What it leaves stays, for `clean_processes` to remove."""
    _ask_to_end(engine.pid)


def clean(state: Path) -> list[str]:
    """Remove what an engine in `state` left, running or killed; the folder too. Returns what was done."""
    state = state.resolve()
    done = clean_processes(state)
    if state.exists():
        shutil.rmtree(state)
        done.append(f"removed {state}")
    return done


def clean_processes(state: Path) -> list[str]:
    """Kill every process of the engine in `state` and undo every mount below it. Returns what was done."""
    done = []
    while strays := list(_processes_of(state)):
        for pid in strays:
            _kill(pid, signal.SIGKILL)
            done.append(f"killed process {pid}")
        _wait_for_exit(strays, seconds=5.0)
    for mount in sorted(_mounts_below(state), reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)
        done.append(f"unmounted {mount}")
    return done


def download_mb(environments: Path, image_uris: Iterable[str] = ()) -> int:
    """How many MB `prepare` will download at most; 0 where everything is there."""
    engine = 0 if _engine_environment(environments).ready else _ENGINE_MB
    return engine + sum(image.download_mb for image in images.missing(environments, images.needed(image_uris)))


def prepare(environments: Path, report: Callable[[str], None], image_uris: Iterable[str] = ()) -> None:
    """Make below `environments` what the engine needs to run notebook instances, functions and jobs of these images.

    Raises images.UnknownImageError for an image that the engine cannot run, InstallError with uv's last words.
    """
    names = images.needed(image_uris)
    engine = _engine_environment(environments)
    if not engine.ready:
        report(f"making the engine's environment (up to {_ENGINE_MB} MB)")
        engine.make()
    images.prepare(environments, report, names)


def _engine_environment(environments: Path) -> Environment:
    return Environment("engine", Path(__file__).parent / "requirements.txt", environments)


def _python(environments: Path) -> Path:
    """The engine's interpreter; EngineError if its environment has not been made."""
    environment = _engine_environment(environments)
    if not environment.ready:
        raise EngineError(f"no engine environment in {environments.resolve()}: make it first (launcher.prepare)")
    return environment.python


def _options(port: int, *, iam: bool, speed: float | None) -> list[str]:
    timed = [] if speed is None else ["--speed", str(speed)]
    return ["--port", str(port), *timed, *([] if iam else ["--no-iam"])]


def _command(python: Path, state: Path | None, environments: Path, options: list[str], *, keep: bool) -> list[str]:
    where = ["--state" if keep else "--scratch", str(state)] if state else []
    return [str(python), "-m", "embedded_aws", *where, *options, "--environments", str(environments.resolve())]


def _variables(state: Path | None) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept if state is None else kept | {STATE_VARIABLE: str(state)}


def _spawn(command: list[str], state: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=_ROOT,
            env=_variables(state),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_ready(process: subprocess.Popen[bytes], state: Path, log: Path) -> int:
    deadline = time.monotonic() + _START_SECONDS
    address = state / "engine.json"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EngineError(f"the engine ended with status {process.returncode}:\n{_tail(log)}")
        if address.exists():
            port = int(json.loads(address.read_text())["port"])
            if _healthy(port):
                return port
        time.sleep(0.05)
    raise EngineError(f"the engine gave no answer within {_START_SECONDS:.0f} seconds:\n{_tail(log)}")


def _healthy(port: int) -> bool:
    health = f"http://127.0.0.1:{port}/_embedded/health"
    try:
        with urllib.request.urlopen(health, timeout=5) as answer:  # our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-_LOG_TAIL_LINES:])


def _end(pid: int) -> None:
    """SIGTERM, then SIGKILL after a while."""
    if not _ask_to_end(pid):
        _kill(pid, signal.SIGKILL)
        _wait_for_exit([pid], seconds=5.0)


def _ask_to_end(pid: int) -> bool:
    """SIGTERM; whether it ended within a while."""
    _kill(pid, signal.SIGTERM)
    return _wait_for_exit([pid], seconds=_STOP_SECONDS)


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _wait_for_exit(pids: list[int], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _alive(pid: int) -> bool:
    """Whether the process runs; a zombie child of ours is collected on the way."""
    try:
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass  # not our child: a run of another process started it
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return _signalable(pid)


def _signalable(pid: int) -> bool:
    """Whether a process exists, where there is no /proc to ask."""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return not Path("/proc/self").exists()


def _processes_of(state: Path) -> Iterator[int]:
    """The processes that carry the state folder in their environment; without /proc the engine itself."""
    if not Path("/proc/self").exists():
        yield from _engine_pid(state)
        return
    mark = f"{STATE_VARIABLE}={state}".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            variables = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # gone meanwhile, or another user's
        if mark in variables and _alive(int(entry.name)):
            yield int(entry.name)


def _engine_pid(state: Path) -> Iterator[int]:
    address = state / "engine.json"
    pid = int(json.loads(address.read_text())["pid"]) if address.exists() else 0
    if pid and _alive(pid):
        yield pid


def _mounts_below(state: Path) -> list[str]:
    try:
        lines = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return []
    points = [line.split()[1].encode().decode("unicode_escape") for line in lines]
    return [point for point in points if Path(point).is_relative_to(state)]
