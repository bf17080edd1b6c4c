"""Read ``animals.tar`` without trusting it: no path leaves it, and nothing is used whose checksum did not match."""

import hashlib
import json
import tarfile
from pathlib import Path, PurePosixPath

CHECKSUMS = "checksums.json"
ANNOTATIONS = "coco/annotations/instances.json"
PICTURES = "coco/images"
BATCH = "cifar-10-batches-py/data_batch_1"
BIGGEST = 2 << 30  # bytes; the real archive has about 0.5 GB in all, no member comes near
CHUNK = 1 << 20


class DataError(Exception):
    """What is wrong with the data, and where."""


class Archive:
    """The files of the archive by path. Nothing is ever unpacked under a name that the archive chose."""

    def __init__(self, path: Path, *, name: str = "", sha256: str = "") -> None:
        """Open and check it.

        Args:
            path: the archive.
            name: what errors call it, such as its S3 address; by default its path.
            sha256: what the whole file's checksum must be; empty means any.

        Raises:
            DataError: it is not the expected file, no archive, or has members that it must not have.
        """
        self.name = name or str(path)
        if sha256 and (actual := file_sha256(path)) != sha256:
            raise DataError(f"{self.name}: its SHA-256 is {actual} and not the expected {sha256}; fetch it again")
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115 - it stays open as long as the archive is read
            self._members = {member.name: self._checked(member) for member in self._tar if not member.isdir()}
        except (tarfile.TarError, OSError) as error:
            raise DataError(f"{self.name}: no readable tar archive ({error}); fetch it again") from error
        self._checksums = self._read_checksums()

    def names(self, folder: str) -> list[str]:
        """Paths below a folder, sorted."""
        return sorted(name for name in self._members if name.startswith(f"{folder}/"))

    def read(self, name: str) -> bytes:
        """The content of a file; raises :class:`DataError` where it is missing or not what the checksum says."""
        content = self._content(name)
        expected, actual = self._checksums.get(name), hashlib.sha256(content).hexdigest()
        if actual != expected:
            wrong = f"its SHA-256 is {actual} and not {expected}" if expected else f"{CHECKSUMS} does not list it"
            raise DataError(f"{self.name}: {name}: {wrong}; fetch the archive again")
        return content

    def _content(self, name: str) -> bytes:
        member = self._members.get(name)
        stream = self._tar.extractfile(member) if member else None
        if stream is None:
            raise DataError(f"{self.name}: {name} is not in the archive; make it again with download.py or generate.py")
        try:
            return stream.read()
        except (tarfile.TarError, OSError) as error:
            raise DataError(f"{self.name}: {name} cannot be read ({error}); the archive may be cut off") from error

    def _checked(self, member: tarfile.TarInfo) -> tarfile.TarInfo:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or "\\" in member.name:
            raise DataError(f"{self.name}: {member.name!r} leads out of the archive; do not use it")
        if not member.isreg():
            raise DataError(f"{self.name}: {member.name!r} is a link or a device; do not use it")
        if member.size > BIGGEST:
            raise DataError(f"{self.name}: {member.name!r} has {member.size:,} bytes, more than {BIGGEST:,}")
        return member

    def _read_checksums(self) -> dict[str, str]:
        try:
            checksums: dict[str, str] = json.loads(self._content(CHECKSUMS))
        except ValueError as error:
            raise DataError(f"{self.name}: {CHECKSUMS} is not JSON ({error})") from error
        return checksums


def file_sha256(path: Path) -> str:
    """Of a file's content; raises :class:`DataError` where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise DataError(f"{path}: the file cannot be read: {error.strerror}") from error
    return digest.hexdigest()
