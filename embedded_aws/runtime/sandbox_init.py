"""The first process of a sandbox: makes its namespaces and its file tree, then runs what it is told to.

A fork of the nursery (nursery_process.py), with the standard library alone, so that it starts in milliseconds and stays
small. It has a SOCK_SEQPACKET socket to the engine that carries JSON messages:

- in, first: the specification (`SandboxSpec.message` in sandbox.py)
- in, then: `{"run": id, "argv", "env", "cwd", "uid", "gid", "groups"}` with one descriptor for both outputs; with a
  second one, a listening socket, the command starts when somebody connects and finds the socket as descriptor 3
- in, too: `{"signal": id, "number"}` for a command's process group, `{"terminate": true}` for everyone
- out: `{"ready": true}` or `{"error": text}`, then `{"exited": id, "code"}` (negative: the signal that ended it), and
  after a `terminate` `{"empty": true}` when no process is left

The end of that socket means that the engine is gone or wants the sandbox gone: everything in it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
from pathlib import Path
from typing import Any, NoReturn

from embedded_aws.runtime.sandbox_tree import Tree, libc

PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER = 24, 36
# What a container engine leaves to root in a container; the rest could reach the machine around it.
KEPT_CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
LAST_CAPABILITY = 63
LISTENER = 3
MESSAGE_BYTES = 1 << 20


class Init:
    """Runs commands, reaps everything, answers the engine."""

    def __init__(self, control: socket.socket, *, confine: bool) -> None:
        self.control = control
        self.confine = confine
        self.commands: dict[int, int] = {}
        self.waiting: dict[int, tuple[dict[str, Any], list[int]]] = {}
        self.emptying = False
        self.wake_read, self.wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        """Until the engine's end of the socket closes."""
        while True:
            ready, _, _ = select.select([self.control.fileno(), self.wake_read, *self.waiting], [], [])
            if self.wake_read in ready:
                os.read(self.wake_read, 4096)
                self.reap()
            for listener in self.waiting.keys() & set(ready):
                self.start(*self.waiting.pop(listener))
            if self.control.fileno() in ready:
                data, descriptors, _, _ = socket.recv_fds(self.control, MESSAGE_BYTES, 2)
                if not data:
                    return
                for descriptor in descriptors:
                    os.set_inheritable(descriptor, False)  # noqa: FBT003 # its own signature
                self.obey(json.loads(data), descriptors)

    def obey(self, message: dict[str, Any], descriptors: list[int]) -> None:
        """One message of the engine."""
        if "run" in message:
            if len(descriptors) > 1:
                self.waiting[descriptors[1]] = message, descriptors
            else:
                self.start(message, descriptors)
            return
        if "terminate" in message:
            self.terminate()
            return
        for pid, command in self.commands.items():
            if command == message["signal"]:
                os.killpg(pid, message["number"])

    def start(self, message: dict[str, Any], descriptors: list[int]) -> None:
        """A command in a process of its own."""
        pid = os.fork()
        if not pid:
            self.become(message, descriptors)
        self.commands[pid] = message["run"]
        for descriptor in descriptors:
            os.close(descriptor)

    def terminate(self) -> None:
        """SIGTERM to everyone; from now on it is told when nobody is left, and nobody new starts."""
        self.emptying = True
        self.waiting.clear()
        with contextlib.suppress(ProcessLookupError):
            if self.confine:
                os.kill(-1, signal.SIGTERM)
            else:
                for pid in self.commands:
                    os.killpg(pid, signal.SIGTERM)
        self.reap()

    def become(self, message: dict[str, Any], descriptors: list[int]) -> NoReturn:
        """In the child: turn into the command."""
        try:
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(descriptors[0], 1)
            os.dup2(descriptors[0], 2)
            for listener in descriptors[1:]:
                os.dup2(listener, LISTENER)
                os.set_inheritable(LISTENER, True)  # noqa: FBT003 # its own signature
            for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            os.umask(0o022)
            if self.confine:
                drop_capabilities()
                take_user(message["uid"], message["gid"], message["groups"])
            os.chdir(message["cwd"])
            os.execvpe(message["argv"][0], message["argv"], message["env"])  # noqa: S606 # no shell is wanted
        except OSError as error:
            os.write(2, f"cannot run {message['argv'][0]}: {error}\n".encode())
        finally:
            os._exit(127)

    def reap(self) -> None:
        """Collect whatever ended; tell of the commands."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                if self.emptying:
                    self.tell({"empty": True})
                return
            if not pid:
                return
            if pid in self.commands:
                self.tell({"exited": self.commands.pop(pid), "code": os.waitstatus_to_exitcode(status)})

    def tell(self, message: dict[str, Any]) -> None:
        """Send to the engine; if it has gone, the next read says so."""
        try:
            self.control.send(json.dumps(message).encode())
        except OSError:
            return


def drop_capabilities() -> None:
    """Root in the sandbox is not root on the machine."""
    for number in set(range(LAST_CAPABILITY + 1)) - KEPT_CAPABILITIES:
        libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)


def take_user(uid: int, gid: int, groups: list[int]) -> None:
    """Become a user; in a user namespace there is one only, and its groups cannot be set."""
    if (uid, gid) == (os.getuid(), os.getgid()):
        return
    os.setgroups(groups)
    os.setgid(gid)
    os.setuid(uid)


def map_one_user(uid: int, gid: int) -> None:
    """In a fresh user namespace: the user outside is root inside."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        Path(f"/proc/self/{name}").write_text(text)


def take_namespaces(isolation: str) -> None:
    """Namespaces for processes, host name and System V objects, for users too; the next child is the first in them."""
    if isolation == "none":
        return
    uid, gid = os.getuid(), os.getgid()
    user = isolation == "user"
    flags = os.CLONE_NEWPID | os.CLONE_NEWUTS | os.CLONE_NEWIPC
    os.unshare(flags | (os.CLONE_NEWUSER if user else 0))
    if user:
        map_one_user(uid, gid)


def descendants() -> set[int]:
    """Every process below this one."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
                )
            except OSError:
                continue
    found = {os.getpid()}
    while grown := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= grown
    return found - {os.getpid()}


def end_descendants() -> None:
    """Without a process namespace nobody ends the children: do it until there are none."""
    while remaining := descendants():
        for pid in remaining:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def first_process(control: socket.socket, spec: dict[str, Any]) -> None:
    """Build, say so, serve."""
    confined = spec["isolation"] != "none"
    if not confined:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        if confined:
            # Mounts are the first process's own, so that its parent can clear away what they covered.
            os.unshare(os.CLONE_NEWNS)
            socket.sethostname(spec["hostname"])
            tree = Tree(spec)
            tree.build()
            tree.enter()
        init = Init(control, confine=confined)
    except OSError as error:
        control.send(json.dumps({"error": str(error)}).encode())
        return
    init.tell({"ready": True})
    init.serve()
    if not confined:
        end_descendants()
