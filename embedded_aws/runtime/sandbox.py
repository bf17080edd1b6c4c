"""Sandboxes: processes that see a file tree of their own and end all together.

With namespaces (Linux; as root or as an ordinary user) a sandbox has its own mounts, processes and host name, so that
`/opt/ml` and the like exist in it alone. Without them (`Isolation.NONE`) commands see the machine as it is: paths of
the sandbox are then ordinary directories (`Sandbox.inside`), nothing is hidden, users do not change, and only what
is told its directories by variables or arguments can work. Notebook instances need namespaces.

The engine's end of a sandbox is a socket: when the engine ends, however it ends, the sandbox does.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from embedded_aws.runtime.nursery import STATE_VARIABLE, FirstProcess, Nursery

MESSAGE_BYTES = 1 << 20
START_SECONDS = 60
STOP_SECONDS = 10


class SandboxError(RuntimeError):
    """A sandbox could not be made."""


class Isolation(StrEnum):
    """How far a sandbox is from the machine."""

    ROOT = "root"
    USER = "user"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Mount:
    """Something of the machine at a path of the sandbox.

    bind: writable; read-only; overlay: writable in the sandbox, untouched outside; volume: a file system image.
    """

    kind: Literal["bind", "read-only", "overlay", "volume"]
    source: Path
    target: str


@dataclass(frozen=True, kw_only=True)
class File:
    """A file the sandbox begins with; a directory when `text` is None."""

    path: str
    text: str | None
    mode: int = 0o644
    uid: int = 0
    gid: int = 0


@dataclass(frozen=True, kw_only=True)
class User:
    """Whom a command runs as."""

    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SandboxSpec:
    """What a sandbox is made of. `nursery` is its engine's: temporary parts lie below that one's state directory."""

    nursery: Nursery
    isolation: Isolation
    hostname: str = "localhost"
    mounts: Sequence[Mount] = ()
    files: Sequence[File] = ()
    links: Mapping[str, str] = field(default_factory=dict)

    def message(self, root: Path, scratch: Path) -> dict[str, Any]:
        """The specification as the first process reads it."""
        mounts = [{"kind": m.kind, "source": str(m.source), "target": m.target} for m in self.mounts]
        return {
            "isolation": self.isolation.value, "root": str(root), "scratch": str(scratch), "hostname": self.hostname,
            "mounts": mounts, "files": [asdict(file) for file in self.files], "links": dict(self.links),
        }  # fmt: skip


class Process:
    """A command in a sandbox."""

    def __init__(self, sandbox: Sandbox, number: int) -> None:
        self._sandbox = sandbox
        self._number = number
        self._ended = threading.Event()
        self._code = -signal.SIGKILL

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit status (negative: the signal that ended it), or None after `timeout` seconds."""
        return self._code if self._ended.wait(timeout) else None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the command's process group."""
        self._sandbox.send({"signal": self._number, "number": int(number)})

    def end(self, code: int | None = None) -> None:
        """Called by the sandbox when the command has ended; without a code it was killed with the sandbox."""
        self._code = self._code if code is None else code
        self._ended.set()


class Sandbox:
    """A running sandbox. Make it, `spawn` in it, `stop` it; also a context manager."""

    def __init__(self, spec: SandboxSpec) -> None:
        if sys.platform != "linux":
            raise SandboxError("jobs and notebook instances run on Linux only")
        self.spec = spec
        self._numbers = itertools.count(1)
        self._processes: dict[int, Process] = {}
        self._lock = threading.Lock()
        self._empty = threading.Event()
        self._ended = False
        self._parts = spec.nursery.state / "sandboxes"
        self._parts.mkdir(parents=True, exist_ok=True)
        self._scratch = Path(tempfile.mkdtemp(prefix="sandbox-", dir=self._parts))
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._first = self._start(theirs)
        self._reader = threading.Thread(target=self._read, name="sandbox", daemon=True)
        self._reader.start()

    def _start(self, theirs: socket.socket) -> FirstProcess:
        """Start the first process, hand it the specification and wait until it is ready."""
        root = self._scratch / "root"
        root.mkdir()
        self._scratch.chmod(0o755)
        try:
            self._control.send(json.dumps(self.spec.message(root, self._scratch)).encode())
            with theirs, (self._scratch / "init.log").open("wb") as log:
                first = self.spec.nursery.start(theirs, log.fileno(), self._scratch)
        except OSError as error:
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise self._cannot(str(error)) from error
        try:
            self._control.settimeout(START_SECONDS)
            answer = json.loads(self._control.recv(MESSAGE_BYTES) or b'{"error": "its first process ended"}')
            self._control.settimeout(None)
        except OSError as error:
            answer = {"error": str(error)}
        if "error" in answer:
            details = (self._scratch / "init.log").read_text(errors="replace").strip()[-500:]
            first.kill()
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise self._cannot(f"{answer['error']} {details}".strip())
        return first

    def _cannot(self, reason: str) -> SandboxError:
        return SandboxError(f"cannot make a sandbox ({self.spec.isolation}): {reason}")

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def inside(self, path: str) -> str:
        """The path under which commands find what the specification put at `path`."""
        if self.spec.isolation is not Isolation.NONE:
            return path
        for mount in sorted(self.spec.mounts, key=lambda mount: len(mount.target), reverse=True):
            if path == mount.target or path.startswith(mount.target + "/"):
                return f"{mount.source}{path[len(mount.target) :]}"
        return path

    def spawn(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        output: int,
        cwd: str = "/",
        user: User | None = None,
        listener: socket.socket | None = None,
    ) -> Process:
        """Start a command; `output` is a descriptor for what it prints (duplicated, so the caller closes its own).

        With a `listener` it starts when somebody first connects to that socket (duplicated too), which is its
        descriptor 3.
        """
        user = User() if user is None or self.spec.isolation is Isolation.USER else user
        number = next(self._numbers)
        process = Process(self, number)
        with self._lock:
            if self._ended:
                process.end()
                return process
            self._processes[number] = process
        message = {
            "run": number, "argv": list(argv), "env": {**env, STATE_VARIABLE: str(self.spec.nursery.state)}, "cwd": cwd,
            "uid": user.uid, "gid": user.gid, "groups": list(user.groups),
        }  # fmt: skip
        # When the sandbox ends meanwhile, so does the command: the reader sees to that.
        with contextlib.suppress(OSError):
            descriptors = [output] if listener is None else [output, listener.fileno()]
            socket.send_fds(self._control, [json.dumps(message).encode()], descriptors)
        return process

    def send(self, message: dict[str, Any]) -> None:
        """A message to the first process; nobody hears it when the sandbox has ended."""
        with contextlib.suppress(OSError):
            self._control.send(json.dumps(message).encode())

    def terminate(self, seconds: float) -> None:
        """Ask every process in it to end, and wait until none is left or time is up.

        Without a process namespace only the process groups of the commands are asked.
        """
        self.send({"terminate": True})
        self._empty.wait(seconds)

    def stop(self) -> None:
        """End everything in the sandbox and undo its mounts; returns when nothing of it is left."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        if not self._first.wait(STOP_SECONDS):
            self._first.kill()
        self._reader.join()
        self._control.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _read(self) -> None:
        """Take the first process's messages until it is gone."""
        while True:
            try:
                data = self._control.recv(MESSAGE_BYTES)
            except OSError:
                data = b""
            if not data:
                break
            message = json.loads(data)
            if "empty" in message:
                self._empty.set()
                continue
            with self._lock:
                process = self._processes.pop(message["exited"], None)
            if process:
                process.end(message["code"])
        self._empty.set()
        with self._lock:
            self._ended = True
            remaining = list(self._processes.values())
            self._processes.clear()
        for process in remaining:
            process.end()


def detect(nursery: Nursery) -> Isolation:
    """The strongest isolation that this machine lets us have, found by trying."""
    for isolation in (Isolation.ROOT, Isolation.USER):
        if isolation is Isolation.ROOT and os.geteuid() != 0:
            continue
        try:
            Sandbox(SandboxSpec(nursery=nursery, isolation=isolation)).stop()
        except SandboxError:
            continue
        return isolation
    return Isolation.NONE
