"""The Python that goes into a kernel pack: one that runs on any Linux, else a copy of this machine's.

uv's managed interpreters (python-build-standalone) need nothing of the machine they run on. Where none can be had, the
pack holds this machine's Python: it then needs this machine's libraries too, and the build says so.
"""

import os
import platform
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from classlab.build.tools import Report, run, uv
from classlab.errors import UserError

VERSION = "3.12"
MANAGED = f"cpython-{VERSION}-linux-x86_64-gnu"
# Of the standard library: tests and tools that no kernel starts, and packages, which are no part of it.
_LEFT_OUT = ("site-packages", "dist-packages", "test", "tests", "idlelib", "turtledemo", "ensurepip", "config-*",
             "__pycache__", "lib2to3", "tkinter")  # fmt: skip


@dataclass(frozen=True)
class Interpreter:
    """What was put into the pack."""

    description: str  # version and where it comes from
    portable: bool


def place_interpreter(target: Path, report: Report) -> Interpreter:
    """Make ``target/bin/python3``; raises :class:`UserError` where this machine has nothing that fits."""
    try:
        return _managed(target)
    except UserError as error:
        report(f"no managed Python {VERSION} can be had here ({str(error).splitlines()[-1].strip()})")
    if sys.platform != "linux" or platform.machine() != "x86_64" or not sys.version.startswith(VERSION + "."):
        raise UserError(
            f"a kernel pack needs Python {VERSION} for Linux x86_64: let uv download one "
            f"(`uv python install {MANAGED}` must work), or build on such a machine"
        )
    report("the pack gets this machine's Python and runs only where the same libraries are: not on AWS")
    return _this_machines(target)


def _managed(target: Path) -> Interpreter:
    downloads = target.with_name(target.name + ".managed")
    install = [uv(), "python", "install", "--no-bin", "--install-dir", str(downloads), MANAGED]
    try:
        run(install, purpose="downloading a managed Python")
        found = next(path for path in downloads.glob("cpython-*") if path.is_dir() and not path.is_symlink())
        shutil.move(found, target)
    finally:
        shutil.rmtree(downloads, ignore_errors=True)
    version = found.name.split("-")[1]
    for path in (target / "lib").glob("python3*/test"):
        shutil.rmtree(path)
    return Interpreter(f"{version} managed", portable=True)


def _this_machines(target: Path) -> Interpreter:
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(library, target / "lib" / library.name, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    (target / "bin").mkdir(parents=True)
    binary = target / "bin" / f"python{VERSION}"
    shutil.copyfile(Path(sys.base_exec_prefix) / "bin" / binary.name, binary)
    binary.chmod(0o755)
    (target / "bin/python3").symlink_to(binary.name)
    folder = str(sysconfig.get_config_var("LIBDIR"))
    shared = str(sysconfig.get_config_var("INSTSONAME"))
    if ".so" in shared:
        shutil.copyfile(Path(folder) / shared, target / "lib" / shared)
        _search_beside(binary, folder)
    return Interpreter(f"{platform.python_version()} this machine", portable=False)


def _search_beside(binary: Path, folder: str) -> None:
    """Let a binary look for its library in its own neighbourhood instead of a folder of this machine.

    The run path is a string in the file that may be overwritten by a shorter one.
    """
    old, new = os.fsencode(folder) + b"\0", b"$ORIGIN/../lib"
    content = binary.read_bytes()
    if old not in content or len(new) >= len(old):
        raise UserError(f"{binary.name} finds its library in an unusual way; build with a Python linked statically")
    binary.write_bytes(content.replace(old, new.ljust(len(old), b"\0")))
