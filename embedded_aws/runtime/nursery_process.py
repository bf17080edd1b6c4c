"""The nursery: a small process that forks the first processes of sandboxes, so that they share its memory.

Run as `python -S -m embedded_aws.runtime.nursery_process FD`. FD is a SOCK_SEQPACKET socket to the engine:

- in: `{"scratch": directory}` with three descriptors: the control socket of a sandbox, its log, and a pipe's end that
  is closed when the sandbox's first process has ended
- out: `{"pid": number}` of that process, or `{"error": text}`

The end of the socket means that the engine is gone: when the last sandbox has ended, so does the nursery.
"""

from __future__ import annotations

import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
from typing import NamedTuple, NoReturn

from embedded_aws.runtime.sandbox_init import MESSAGE_BYTES, PR_SET_CHILD_SUBREAPER, first_process, take_namespaces
from embedded_aws.runtime.sandbox_tree import libc


class Child(NamedTuple):
    """A sandbox that lives: where its temporary parts are, and the pipe's end that says so."""

    scratch: str
    end: int


class Nursery:
    """Forks, collects, and tidies up after an engine that was killed."""

    def __init__(self, engine: socket.socket) -> None:
        self.engine = engine
        self.children: dict[int, Child] = {}
        self.alone = False
        self.wake_read, self.wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Until the engine is gone and the last sandbox has ended."""
        while not (self.alone and not self.children):
            engine = [] if self.alone else [self.engine.fileno()]
            ready, _, _ = select.select([self.wake_read, *engine], [], [])
            if self.wake_read in ready:
                os.read(self.wake_read, 4096)
            if engine and engine[0] in ready:
                data, descriptors, _, _ = socket.recv_fds(self.engine, MESSAGE_BYTES, 3)
                self.alone = not data
                if data:
                    self.engine.send(json.dumps(self.bear(json.loads(data)["scratch"], *descriptors)).encode())
            self.reap()

    def bear(self, scratch: str, control: int, log: int, end: int) -> dict[str, int | str]:
        """One first process; what the engine is told of it."""
        told, telling = os.pipe()
        try:
            midwife = os.fork()
        except OSError as error:
            for descriptor in (told, telling, control, log, end):
                os.close(descriptor)
            return {"error": str(error)}
        if not midwife:
            self.engine.close()
            for descriptor in (
                told,
                end,
                self.wake_read,
                self.wake_write,
                *(child.end for child in self.children.values()),
            ):
                os.close(descriptor)
            deliver(control, log, telling)
        for descriptor in (telling, control, log):
            os.close(descriptor)
        answer = os.read(told, MESSAGE_BYTES).decode()
        os.close(told)
        if not answer.isdigit():
            os.close(end)
            return {"error": answer or "its first process did not start"}
        self.children[int(answer)] = Child(scratch, end)
        return {"pid": int(answer)}

    def reap(self) -> None:
        """Collect those that have ended; remove what they leave where no engine does that."""
        for pid in iter(ended, 0):
            child = self.children.pop(pid, None)
            if child and self.alone:
                shutil.rmtree(child.scratch, ignore_errors=True)
            if child:
                os.close(child.end)


def ended() -> int:
    """A child that has ended; 0 if there is none."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0]
    except ChildProcessError:
        return 0


def deliver(control: int, log: int, telling: int) -> NoReturn:
    """Take a sandbox's namespaces and leave a child in them; its number is told, or why there is none."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    theirs = socket.socket(fileno=control)
    spec = json.loads(theirs.recv(MESSAGE_BYTES))
    try:
        take_namespaces(spec["isolation"])
        child = os.fork()
    except OSError as error:
        os.write(telling, str(error).encode())
        os._exit(1)
    if not child:
        os.close(telling)
        first_process(theirs, spec)
        os._exit(0)
    os.write(telling, str(child).encode())
    os._exit(0)


def main() -> None:
    """Serve the engine at the other end of the descriptor that is named."""
    os.umask(0o022)
    engine = socket.socket(fileno=int(sys.argv[1]))
    engine.set_inheritable(False)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # What is collected is written to, and what is written to is shared no more.
    gc.disable()
    gc.freeze()
    Nursery(engine).serve()


if __name__ == "__main__":
    main()
