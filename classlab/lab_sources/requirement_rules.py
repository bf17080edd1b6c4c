"""Rules about a lab's requirements: pinned, hashed, as asked for, and naming no host."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from classlab.lab_sources.subject import Remark, Subject

_LOCKS = ("requirements*.txt", "container.txt")
_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])? *== *(?P<version>[^\s;*]+)(?=\s|;|$)")
_PYTHON = re.compile(r"^# Python (3\.\d+)", re.MULTILINE)
_USUAL_PYTHON = "3.12"
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
_HOST = re.compile(r"://|--(?:extra-)?index-url|--find-links|--trusted-host|^\s*-[if]\s")


class Entry(NamedTuple):
    """A requirement of a file."""

    line: int  # where it begins
    text: str  # its continued lines in one, without comments


def pinned(subject: Subject) -> Iterator[Remark]:
    """Every line of a lock names one version and its hashes."""
    for path in subject.files(*_LOCKS):
        for entry in entries(path):
            if not _PINNED.match(entry.text):
                yield Remark(path, entry.line, f"{_short(entry)} is not pinned with ==: run `make lock`")
            elif not _HASH.search(entry.text):
                yield Remark(path, entry.line, f"{_short(entry)} has no hash: run `make lock`")


def locked(subject: Subject) -> Iterator[Remark]:
    """Everything that is asked for stands in the lock, in the version that is asked for."""
    for path in subject.files("requirements*.in", "container.in"):
        lock = path.with_suffix(".txt")
        if not lock.is_file():
            continue  # the rule about files says so
        versions = {
            _canonical(match["name"]): match["version"]
            for entry in entries(lock)
            if (match := _PINNED.match(entry.text))
        }
        for entry in entries(path):
            name, asked = _NAME.match(entry.text), _PINNED.match(entry.text)
            have = versions.get(_canonical(name[0])) if name else None
            if have is None or (asked and have.partition("+")[0] != asked["version"].partition("+")[0]):
                yield Remark(path, entry.line, f"{_short(entry)} is not what {lock.name} holds: run `make lock`")


def python_named(subject: Subject) -> Iterator[Remark]:
    """The kernel's lock is made for the kernel's Python: `make lock` reads it in a comment of requirements.in."""
    if not subject.lab:
        return
    path = subject.lab.file("requirements.in")
    said = _PYTHON.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    version = said[1] if said else _USUAL_PYTHON
    if path.is_file() and version != subject.lab.kernel_python:
        text = f"kernel_python: it is {subject.lab.kernel_python}, but {path.name} is locked for {version}"
        yield subject.at("kernel_python", text=f"{text}: a line `# Python 3.x` says which")


def no_hosts(subject: Subject) -> Iterator[Remark]:
    """No requirement file names a registry: it is whoever installs that has one."""
    for path in subject.files("requirements*.txt", "requirements*.in", "container.*", "*.override"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            said = line if path.suffix == ".txt" else line.partition("#")[0]  # uv notes its options in comments
            if _HOST.search(said):
                yield Remark(path, number, "names where packages come from: leave that to the settings of pip and uv")


def entries(path: Path) -> Iterator[Entry]:
    """The requirements of a file, options and comments left out."""
    start, text = 0, ""
    for number, line in enumerate([*path.read_text(encoding="utf-8").splitlines(), ""], start=1):
        code = re.sub(r"(^|\s)#.*", "", line).strip()
        start = start or number
        text = f"{text} {code.removesuffix('\\')}".strip()
        if code.endswith("\\"):
            continue
        if text and not text.startswith("-"):
            yield Entry(start, text)
        start, text = 0, ""


def _short(entry: Entry) -> str:
    return entry.text.split(" --hash")[0].strip()


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
