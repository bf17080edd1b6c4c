"""The file tree of a sandbox, built below a directory of the machine and then made the root.

Runs in the first process of a sandbox (sandbox_init.py) with the standard library alone. What a sandbox shows of the
machine: its programs and settings (copy-on-write), its environments of packages (read-only or copy-on-write), the
directories it was given. Home directories, other state, disks and other processes are not there.
"""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path
from typing import Any

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = (
    1, 2, 4, 8, 32, 4096, 16384, 1 << 18,
)  # fmt: skip
MNT_DETACH = 2
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
MASKED = ("sys", "sysrq-trigger", "irq", "bus")
DIRECTORIES = ("run", "var/log", "var/cache", "var/lib", "home", "opt", "mnt", "srv")

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> None:
    """Raise OSError with `what` and errno's text when a call of libc answered -1."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: Path, kind: str = "", flags: int = 0, options: str = "") -> None:
    """The system call of that name."""
    arguments = (source.encode(), os.fsencode(target), kind.encode() or None, flags, options.encode() or None)
    checked(libc.mount(*arguments), f"cannot mount {source} on {target}")


def bind(source: Path, target: Path, *, read_only: bool = False) -> None:
    """Show `source` (and what is mounted below it) at `target`."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    mount(str(source), target, flags=MS_BIND | MS_REC)
    if read_only:
        # A user namespace may not clear the flags its parent's mount carries, so they are asked for again.
        kept = os.statvfs(target).f_flag & (MS_NOSUID | MS_NODEV | MS_NOEXEC)
        mount("none", target, flags=MS_REMOUNT | MS_BIND | MS_RDONLY | kept)


def overlay(lower: Path, target: Path, upper: Path, *, user: bool) -> None:
    """Show `lower` at `target`, writable; what is written goes below `upper` and `lower` stays as it is."""
    changes, work = upper / "changes", upper / "work"
    for folder in (target, changes, work):
        folder.mkdir(parents=True, exist_ok=True)
    escaped = str(lower).replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
    options = f"lowerdir={escaped},upperdir={changes},workdir={work}{',userxattr' if user else ''}"
    mount("overlay", target, "overlay", 0, options)


def clear(place: Path) -> Path:
    """Make room for a file or a link."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    return place


class Tree:
    """Builds the file tree of a sandbox below a directory of the machine, then makes it the root."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.root = Path(spec["root"])
        self.scratch = Path(spec["scratch"])
        self.user = spec["isolation"] == "user"

    def at(self, path: str) -> Path:
        """Where a path of the sandbox is while the tree is being built."""
        return self.root / path.lstrip("/")

    def build(self) -> None:
        """Everything, in the order in which later mounts need earlier ones."""
        mount("none", Path("/"), flags=MS_REC | MS_PRIVATE)
        mount("tmpfs", self.root, "tmpfs", 0, "mode=755")
        self.system()
        self.directories()
        self.devices()
        self.kernel()
        self.network_files()
        for entry in self.spec["mounts"]:
            self.add(entry)
        for path, target in self.spec["links"].items():
            clear(self.at(path)).symlink_to(target)
        for entry in self.spec["files"]:
            self.file(**entry)

    def system(self) -> None:
        """The machine's programs and settings, writable here without a trace there."""
        for path in sorted(Path("/").iterdir()):
            target = self.at(path.name)
            if path.name in {"usr", "etc"}:
                overlay(path, target, self.at(f".changes/{path.name}"), user=self.user)
            elif path.name in {"bin", "sbin"} or path.name.startswith("lib"):
                if path.is_symlink():
                    target.symlink_to(path.readlink())
                else:
                    bind(path, target, read_only=True)
        self.at(".changes").chmod(0o700)

    def directories(self) -> None:
        """What else a root has, empty; temporary files lie on disk."""
        for name in DIRECTORIES:
            self.at(name).mkdir(parents=True)
        self.at("var/run").symlink_to("/run")
        # Interpreters may lie below the home of whoever runs the engine: one may pass through, not look around.
        self.at("root").mkdir(mode=0o711)
        for name in ("tmp", "var/tmp"):
            place = self.scratch / name.replace("/", "-")
            place.mkdir()
            place.chmod(0o1777)
            bind(place, self.at(name))

    def devices(self) -> None:
        """The devices of a container: no disks."""
        dev = self.at("dev")
        dev.mkdir()
        mount("tmpfs", dev, "tmpfs", MS_NOSUID, "mode=755")
        for name in DEVICES:
            bind(Path("/dev") / name, dev / name)
        (dev / "pts").mkdir()
        mount("devpts", dev / "pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620")
        (dev / "shm").mkdir()
        mount("tmpfs", dev / "shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
        links = {"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
        for name, target in links.items():
            (dev / name).symlink_to(target)

    def kernel(self) -> None:
        """/proc of this process namespace and /sys; what would change the machine is read-only."""
        proc = self.at("proc")
        proc.mkdir()
        mount("proc", proc, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
        masked = [] if self.user else [proc / name for name in MASKED]
        for place in masked:
            if place.exists():
                bind(place, place, read_only=True)
        bind(Path("/sys"), self.at("sys"), read_only=not self.user)

    def network_files(self) -> None:
        """Name resolution: the machine's files may be mounts or links to places that are not here."""
        host = self.spec["hostname"]
        resolver = Path("/etc/resolv.conf")
        texts = {
            "hosts": f"127.0.0.1 localhost {host}\n::1 localhost\n",
            "hostname": f"{host}\n",
            "resolv.conf": resolver.read_text() if resolver.exists() else "",
        }
        for name, text in texts.items():
            clear(self.at(f"etc/{name}")).write_text(text)

    def add(self, entry: dict[str, str]) -> None:
        """One mount of the specification."""
        kind, source, target = entry["kind"], Path(entry["source"]), self.at(entry["target"])
        if kind == "overlay":
            self.copy_on_write(source, target)
        elif kind == "volume":
            target.mkdir(parents=True, exist_ok=True)
            self.loop(source, target)
        else:
            bind(source, target, read_only=kind == "read-only")

    def copy_on_write(self, source: Path, target: Path) -> None:
        """An overlay whose changes lie on disk, or in memory where the disk's file system takes none."""
        name = str(target.relative_to(self.root)).replace("/", "-")
        try:
            overlay(source, target, self.scratch / f"changes-{name}", user=self.user)
        except OSError:
            overlay(source, target, self.at(f".changes/{name}"), user=self.user)

    def loop(self, image: Path, target: Path) -> None:
        """Mount a file system image; the loop device goes with the mount."""
        command = ["mount", "-o", "loop,discard,nosuid,nodev", str(image), str(target)]
        if os.waitstatus_to_exitcode(os.waitpid(os.posix_spawnp("mount", command, os.environ), 0)[1]):
            raise OSError(f"cannot mount the volume {image}")

    def file(self, *, path: str, text: str | None, mode: int, uid: int, gid: int) -> None:
        """A file with its text, in place of what is there; a directory when it has none."""
        place = self.at(path)
        if text is None:
            place.mkdir(parents=True, exist_ok=True)
        else:
            clear(place).write_text(text)
        place.chmod(mode)
        os.chown(place, uid, gid)

    def enter(self) -> None:
        """Make the tree the root and let go of the machine's."""
        machine = self.at(".machine")
        machine.mkdir()
        number = PIVOT_ROOT.get(platform.machine())
        if number is None:
            raise OSError(f"pivot_root is not known here for {platform.machine()}")
        checked(libc.syscall(number, os.fsencode(self.root), os.fsencode(machine)), "cannot enter the tree")
        os.chdir("/")
        checked(libc.umount2(b"/.machine", MNT_DETACH), "cannot leave the machine's root")
        Path("/.machine").rmdir()
