"""Archives and hashes that are the same for the same content: no clock, no user, no order of a disk in them."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from classlab.build.manifest import BuiltFile


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def tree_sha256(folder: Path) -> str:
    """SHA-256 over the relative paths and contents of all files below a folder."""
    lines = (f"{path.relative_to(folder)} {file_sha256(path)}" for path in files_below(folder))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def files_below(folder: Path) -> Iterable[Path]:
    """Every regular file and link below a folder, in the order of their relative paths."""
    return sorted(path for path in folder.rglob("*") if path.is_symlink() or path.is_file())


def built_file(assets: Path, path: str) -> BuiltFile:
    """The manifest's line about ``assets/<path>``."""
    file = assets / path
    return BuiltFile(path=path, sha256=file_sha256(file), size=file.stat().st_size)


def write_tar_gz(target: Path, contents: Mapping[str, bytes]) -> None:
    """An archive of small files, all readable by everybody."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name in sorted(contents):
            member = tarfile.TarInfo(name)
            member.size = len(contents[name])
            member.mode = 0o644
            tar.addfile(member, io.BytesIO(contents[name]))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(raw.getvalue(), mtime=0))


def write_tar(target: Path, folder: Path) -> None:
    """An uncompressed archive of a folder's files, links and their right to be executed."""
    with tarfile.open(target, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path in files_below(folder):
            tar.add(path, arcname=str(path.relative_to(folder)), recursive=False, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.mode & 0o100 else 0o644
    return member
