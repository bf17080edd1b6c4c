"""The file tree of a sandbox, built below a directory of the machine and then made the root.

Runs in the first process of a sandbox (sandbox_init.py) with the standard library alone. What a sandbox shows of the
machine: its programs and settings (copy-on-write), its environments of packages (read-only or copy-on-write), the
directories it was given. Home directories, other state, disks and other processes are not there.
"""

from __future__ import annotations

import ctypes
import os
import platform
from typing import Any

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1, 2, 4, 8, 32, 4096, 16384, 1 << 18,
)  # fmt: skip
MNT_DETACH = 2
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
MASKED = ("sys", "sysrq-trigger", "irq", "bus")

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> None:
    """Raise OSError with `what` and errno's text when a call of libc answered -1."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    arguments = (source.encode(), target.encode(), kind.encode() or None, flags, options.encode() or None)
    checked(libc.mount(*arguments), f"cannot mount {source} on {target}")


def touch_target(source: str, target: str) -> None:
    """A bind mount needs something of the same sort to cover."""
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if not os.path.lexists(target):
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))


def bind(source: str, target: str, *, read_only: bool = False) -> None:
    """Show `source` (and what is mounted below it) at `target`."""
    touch_target(source, target)
    mount(source, target, flags=MS_BIND | MS_REC)
    if read_only:
        # A user namespace may not clear the flags its parent's mount carries, so they are asked for again.
        kept = os.statvfs(target).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
        mount("none", target, flags=MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def overlay(lower: str, target: str, upper: str, *, user: bool) -> None:
    """Show `lower` at `target`, writable; what is written goes below `upper` and `lower` stays as it is."""
    os.makedirs(target, exist_ok=True)
    for part in ("changes", "work"):
        os.makedirs(f"{upper}/{part}", exist_ok=True)
    escaped = lower.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
    options = f"lowerdir={escaped},upperdir={upper}/changes,workdir={upper}/work" + (",userxattr" if user else "")
    mount("overlay", target, "overlay", 0, options)


class Tree:
    """Builds the file tree of a sandbox below a directory of the machine, then makes it the root."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.root = str(spec["root"])
        self.user = spec["isolation"] == "user"

    def at(self, path: str) -> str:
        """Where a path of the sandbox is while the tree is being built."""
        return self.root + path

    def build(self) -> None:
        """Everything, in the order in which later mounts need earlier ones."""
        mount("none", "/", flags=MS_REC | MS_PRIVATE)
        mount("tmpfs", self.root, "tmpfs", 0, "mode=755")
        self.system()
        self.devices()
        self.kernel()
        self.network_files()
        for entry in self.spec["mounts"]:
            self.add(entry)
        for path, target in self.spec["links"].items():
            self.link(path, target)
        for entry in self.spec["files"]:
            self.file(entry)

    def system(self) -> None:
        """The machine's programs and settings, writable here without a trace there."""
        for name in sorted(os.listdir("/")):
            path = f"/{name}"
            if name in {"usr", "etc"}:
                self.writable(path, self.at(f"/.changes/{name}"))
            elif name in {"bin", "sbin"} or name.startswith("lib"):
                if os.path.islink(path):
                    os.symlink(os.readlink(path), self.at(path))
                else:
                    bind(path, self.at(path), read_only=True)
        os.chmod(self.at("/.changes"), 0o700)
        for name in ("run", "var/log", "var/cache", "var/lib", "home", "opt", "mnt", "srv"):
            os.makedirs(self.at(f"/{name}"))
        os.symlink("/run", self.at("/var/run"))
        # Interpreters may lie below the home of whoever runs the engine: one may pass through, not look around.
        os.mkdir(self.at("/root"), 0o711)
        for name in ("tmp", "var/tmp"):
            place = f"{self.spec['scratch']}/{name.replace('/', '-')}"
            os.makedirs(place, exist_ok=True)
            os.chmod(place, 0o1777)
            bind(place, self.at(f"/{name}"))

    def writable(self, path: str, upper: str) -> None:
        """A copy-on-write view of a directory of the machine, its changes below `upper`."""
        os.makedirs(upper, exist_ok=True)
        overlay(path, self.at(path), upper, user=self.user)

    def devices(self) -> None:
        """The devices of a container: no disks."""
        os.makedirs(self.at("/dev"))
        mount("tmpfs", self.at("/dev"), "tmpfs", MS_NOSUID, "mode=755")
        for name in DEVICES:
            bind(f"/dev/{name}", self.at(f"/dev/{name}"))
        os.makedirs(self.at("/dev/pts"))
        mount("devpts", self.at("/dev/pts"), "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620")
        os.makedirs(self.at("/dev/shm"))  # noqa: S108 # the sandbox's own, made here
        mount("tmpfs", self.at("/dev/shm"), "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")  # noqa: S108 # as above
        links = {"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
        for name, target in links.items():
            os.symlink(target, self.at(f"/dev/{name}"))

    def kernel(self) -> None:
        """/proc of this process namespace and /sys; what would change the machine is read-only."""
        os.makedirs(self.at("/proc"))
        mount("proc", self.at("/proc"), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
        if not self.user:
            for name in MASKED:
                if os.path.exists(self.at(f"/proc/{name}")):
                    bind(self.at(f"/proc/{name}"), self.at(f"/proc/{name}"), read_only=True)
        os.makedirs(self.at("/sys"))
        bind("/sys", self.at("/sys"), read_only=not self.user)

    def network_files(self) -> None:
        """Name resolution: the machine's files may be mounts or links to places that are not here."""
        hosts = "127.0.0.1 localhost\n::1 localhost\n"
        host = self.spec["hostname"]
        texts = {"hosts": f"{hosts}127.0.0.1 {host}\n", "hostname": f"{host}\n", "resolv.conf": ""}
        if os.path.exists("/etc/resolv.conf"):
            with open("/etc/resolv.conf", encoding="utf-8") as file:
                texts["resolv.conf"] = file.read()
        for name, text in texts.items():
            self.file({"path": f"/etc/{name}", "text": text, "mode": 0o644, "uid": 0, "gid": 0})

    def add(self, entry: dict[str, Any]) -> None:
        """One mount of the specification."""
        kind, source, target = entry["kind"], entry["source"], self.at(entry["target"])
        if kind == "overlay":
            self.copy_on_write(source, entry["target"])
        elif kind == "volume":
            os.makedirs(target, exist_ok=True)
            self.loop(source, target)
        else:
            bind(source, target, read_only=kind == "read-only")

    def copy_on_write(self, source: str, path: str) -> None:
        """An overlay whose changes lie on disk, or in memory where the disk's file system takes none."""
        name = path.strip("/").replace("/", "-")
        try:
            overlay(source, self.at(path), f"{self.spec['scratch']}/changes-{name}", user=self.user)
        except OSError:
            overlay(source, self.at(path), self.at(f"/.changes/{name}"), user=self.user)

    def loop(self, image: str, target: str) -> None:
        """Mount a file system image; the loop device goes with the mount."""
        pid = os.fork()
        if not pid:
            os.execvp("mount", ["mount", "-o", "loop,discard,nosuid,nodev", image, target])
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
            raise OSError(f"cannot mount the volume {image}")

    def link(self, path: str, target: str) -> None:
        """A symbolic link, in place of what is there."""
        place = self.at(path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if os.path.lexists(place):
            os.unlink(place)
        os.symlink(target, place)

    def file(self, entry: dict[str, Any]) -> None:
        """A file with its text, in place of what is there; a directory when it has none."""
        place = self.at(entry["path"])
        if entry["text"] is None:
            os.makedirs(place, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            if os.path.lexists(place):
                os.unlink(place)
            with open(place, "w", encoding="utf-8") as file:
                file.write(entry["text"])
        os.chmod(place, entry["mode"])
        os.chown(place, entry["uid"], entry["gid"])

    def enter(self) -> None:
        """Make the tree the root and let go of the machine's."""
        os.makedirs(self.at("/.machine"))
        number = PIVOT_ROOT.get(platform.machine())
        if number is None:
            raise OSError(f"pivot_root is not known here for {platform.machine()}")
        checked(libc.syscall(number, self.root.encode(), self.at("/.machine").encode()), "cannot enter the tree")
        os.chdir("/")
        checked(libc.umount2(b"/.machine", MNT_DETACH), "cannot leave the machine's root")
        os.rmdir("/.machine")
