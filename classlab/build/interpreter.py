"""The Python that goes into a kernel pack: one that runs on any Linux, else a copy of this machine's.

uv's managed interpreters (python-build-standalone) need nothing of the machine they run on. Where none can be had, the
pack holds this machine's Python: it then needs this machine's libraries too, and the build says so.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from classlab.build.tools import Report, run, uv
from classlab.errors import UserError

# Of the standard library: tests and tools that no kernel starts, and packages, which are no part of it.
_LEFT_OUT = ("site-packages", "dist-packages", "test", "tests", "idlelib", "turtledemo", "ensurepip", "config-*",
             "__pycache__", "lib2to3", "tkinter")  # fmt: skip


# What another interpreter is asked about itself.
_ABOUT = """
import json, platform, sys, sysconfig
about = {name: str(sysconfig.get_config_var(name)) for name in ("LIBDIR", "INSTSONAME")}
about |= {"version": platform.python_version(), "prefix": sys.base_exec_prefix}
print(json.dumps({**about, "library": sysconfig.get_path("stdlib")}))
"""


@dataclass(frozen=True)
class Interpreter:
    """What was put into the pack."""

    description: str  # version and where it comes from
    portable: bool


def managed_name(version: str) -> str:
    """What uv calls its own Python of a version for the platform of notebook instances."""
    return f"cpython-{version}-linux-x86_64-gnu"


def place_interpreter(target: Path, version: str, report: Report) -> Interpreter:
    """Make ``target/bin/python3`` of a version such as 3.12.

    Raises :class:`UserError` where this machine has nothing that fits.
    """
    try:
        return _managed(target, version)
    except UserError as error:
        report(f"no managed Python {version} can be had here ({str(error).splitlines()[-1].strip()})")
    found = _found_here(version) if sys.platform == "linux" and platform.machine() == "x86_64" else None
    if found is None:
        raise UserError(
            f"a kernel pack needs Python {version} for Linux x86_64: let uv download one "
            f"(`uv python install {managed_name(version)}` must work), or build on a machine that has it"
        )
    report(f"the pack gets this machine's Python {version} and runs only where the same libraries are: not on AWS")
    return _this_machines(target, found)


def _managed(target: Path, version: str) -> Interpreter:
    downloads = target.with_name(target.name + ".managed")
    install = [uv(), "python", "install", "--no-bin", "--install-dir", str(downloads), managed_name(version)]
    try:
        run(install, purpose="downloading a managed Python")
        found = next(path for path in downloads.glob("cpython-*") if path.is_dir() and not path.is_symlink())
        shutil.move(found, target)
    finally:
        shutil.rmtree(downloads, ignore_errors=True)
    exact = found.name.split("-")[1]
    for path in (target / "lib").glob("python3*/test"):
        shutil.rmtree(path)
    return Interpreter(f"{exact} managed", portable=True)


def _found_here(version: str) -> dict[str, str] | None:
    """What this machine's Python of a version says about itself: ours, one of pyenv's, or one on the PATH."""
    for program in _candidates(version):
        done = subprocess.run([program, "-I", "-c", _ABOUT], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            about: dict[str, str] = json.loads(done.stdout)
            if about["version"].startswith(f"{version}."):
                return about
    return None


def _candidates(version: str) -> Iterator[str]:
    yield sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(map(str, pyenv.glob(f"versions/{version}.*/bin/python{version}")), reverse=True)
    if on_path := shutil.which(f"python{version}"):
        yield on_path


def _this_machines(target: Path, about: dict[str, str]) -> Interpreter:
    library = Path(about["library"])
    shutil.copytree(library, target / "lib" / library.name, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    (target / "bin").mkdir(parents=True)
    binary = target / "bin" / library.name  # both are called python3.12
    shutil.copyfile(Path(about["prefix"]) / "bin" / binary.name, binary)
    binary.chmod(0o755)
    (target / "bin/python3").symlink_to(binary.name)
    folder, shared = about["LIBDIR"], about["INSTSONAME"]
    if ".so" in shared:
        shutil.copyfile(Path(folder) / shared, target / "lib" / shared)
        _search_beside(binary, folder)
    return Interpreter(f"{about['version']} this machine", portable=False)


def _search_beside(binary: Path, folder: str) -> None:
    """Let a binary look for its library in its own neighbourhood instead of a folder of this machine.

    The run path is a string in the file that may be overwritten by a shorter one.
    """
    old, new = os.fsencode(folder) + b"\0", b"$ORIGIN/../lib"
    content = binary.read_bytes()
    if old not in content or len(new) >= len(old):
        raise UserError(f"{binary.name} finds its library in an unusual way; build with a Python linked statically")
    binary.write_bytes(content.replace(old, new.ljust(len(old), b"\0")))
