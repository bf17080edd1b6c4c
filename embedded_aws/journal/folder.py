"""The state folder: one engine at a time, what of it outlives an engine, and the port that its addresses name."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded_aws.journal.file import Changes, JournalError, JournalFile
from embedded_aws.journal.replaced_files import ReplacedFiles

_JOURNAL = "journal"
_ENDED = ("engine.json", "engine.json.new", "jobs", "models", "sandboxes", "tmp", "warm_pools")
"""What belongs to an engine's processes and goes with them."""
_PORT = "port"


@contextmanager
def temporary() -> Iterator[Path]:
    """A folder that is gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="embedded-aws-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The only engine on a folder, as long as it lives; JournalError if there is another, or no folder can be there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(f"{folder} cannot be a state folder: {error.strerror}") from error
    with (folder / "lock").open("w") as lock:
        try:
            # Of the process alone: a child that outlives it does not hold it.
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise JournalError(f"another engine serves {folder}: end it first, or name another folder") from error
        yield


def open_file(folder: Path, emulator: str = "") -> JournalFile:
    """The folder's journal, made if there is none; JournalError if it is not ours, or of another `emulator`."""
    (folder / _JOURNAL).mkdir(exist_ok=True)
    return JournalFile(folder / _JOURNAL / "entries.sqlite", emulator)


def replaced_files(folder: Path) -> ReplacedFiles:
    """The folder's old files of objects."""
    return ReplacedFiles(folder / _JOURNAL / "replaced")


def refuse_unkept(folder: Path) -> None:
    """JournalError if an engine that kept nothing has left files: half of an account would be taken up."""
    if (folder / "s3").exists() and not (folder / _JOURNAL).exists():
        raise JournalError(f"{folder} holds what an engine without --state has left: name a fresh folder")


def refuse_used(folder: Path) -> None:
    """JournalError if an earlier engine's files are in a folder from which nothing is taken up."""
    if any((folder / name).exists() for name in ("engine.json", _JOURNAL, "s3")):
        raise JournalError(f"{folder} holds the state of an earlier engine: name a fresh folder, or go on with --state")


def tidy(folder: Path, file: JournalFile) -> None:
    """Remove what an earlier engine's processes had, if there was one: jobs, sandboxes, temporary files."""
    if not file.note(_PORT):
        return
    for name in _ENDED:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def port_to_serve(file: JournalFile, asked: int) -> int:
    """The port of an account: addresses of queues and functions name it, so it stays; JournalError for another."""
    remembered = file.note(_PORT)
    if not remembered:
        return asked
    if asked not in (0, int(remembered)):
        raise JournalError(
            f"this account is served on port {remembered}, which its addresses name, and not on {asked}: "
            f"leave --port away or give --port {remembered}"
        )
    return int(remembered)


def remember_port(file: JournalFile, port: int) -> None:
    """The port of this account from now on."""
    file.write(Changes(notes={_PORT: str(port)}))
