"""The engine's side of the nursery: how the first processes of sandboxes come into being, and how they are watched.

A Python process takes five MiB for itself, a fork of a small one that stands ready shares nearly all of it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from pathlib import Path

MESSAGE_BYTES = 1 << 16
STATE_VARIABLE = "EMBEDDED_AWS_STATE"
CODE = Path(__file__).parents[2]


class FirstProcess:
    """The first process of a sandbox, which is nobody's child here: a pipe tells of its end."""

    def __init__(self, pid: int, end: int) -> None:
        self._pid = pid
        self._end = end
        weakref.finalize(self, os.close, end)

    def wait(self, seconds: float) -> bool:
        """Whether it has ended; waits for that at most so long."""
        polled = select.poll()  # a class has more descriptors than select can count
        polled.register(self._end, select.POLLIN)
        return bool(polled.poll(seconds * 1000))

    def kill(self) -> None:
        """End it, and with it everything in its sandbox."""
        if not self.wait(0):
            os.kill(self._pid, signal.SIGKILL)
            self.wait(seconds=5)


class Nursery:
    """Starts first processes for one engine; `state` is that engine's directory. It starts with the first of them."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, control: socket.socket, log: int, scratch: Path) -> FirstProcess:
        """A first process that takes its orders from `control`; OSError if there can be none.

        `log` is a descriptor for what it prints; `scratch` is removed after its end, should the engine be gone by then.
        """
        reading, writing = os.pipe()
        try:
            with self._lock:
                nursery = self._control or self._open()
                descriptors = [control.fileno(), log, writing]
                socket.send_fds(nursery, [json.dumps({"scratch": str(scratch)}).encode()], descriptors)
                answer = json.loads(nursery.recv(MESSAGE_BYTES) or b'{"error": "the nursery has ended"}')
        except OSError:
            self.close()
            os.close(reading)
            raise
        finally:
            os.close(writing)
        if "error" in answer:
            os.close(reading)
            raise OSError(answer["error"])
        return FirstProcess(answer["pid"], reading)

    def close(self) -> None:
        """End it once its sandboxes have ended; the next `start` opens another."""
        control, self._control = self._control, None
        if control is not None:
            control.close()

    def _open(self) -> socket.socket:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-S", "-m", "embedded_aws.runtime.nursery_process", str(theirs.fileno())]
            environment = {"PATH": os.defpath, "PYTHONPATH": str(CODE), STATE_VARIABLE: str(self.state)}
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        return self._control
