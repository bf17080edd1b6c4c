"""Objects of S3 to files and back, as a role."""

from __future__ import annotations

import posixpath
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embedded_aws.runtime.host import Principal

CHUNK_BYTES = 1 << 20
_MARKER_SUFFIX = "/"


class BadLocationError(ValueError):
    """An address that is none of S3, or an object name or archive member that would leave its directory."""


@dataclass(frozen=True)
class Location:
    """A bucket and a key or the beginning of keys."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        """As s3://."""
        return f"s3://{self.bucket}/{self.key}"

    def below(self, name: str) -> Location:
        """A key below this one."""
        return Location(self.bucket, posixpath.join(self.key, name))


def locate(uri: str) -> Location:
    """Read s3://bucket/key and the two https forms; BadLocationError otherwise."""
    scheme, _, rest = uri.partition("://")
    host, _, path = rest.partition("/")
    if scheme == "s3" and host:
        return Location(host, path)
    if scheme == "https" and host.startswith("s3.") and host.endswith(".amazonaws.com"):
        bucket, _, key = path.partition("/")
        return Location(bucket, key)
    bucket, dot, domain = host.partition(".s3.")
    if scheme == "https" and dot and domain.endswith("amazonaws.com"):
        return Location(bucket, path)
    raise BadLocationError(f"{uri} is not an S3 location: write it as s3://bucket/key")


def keys(principal: Principal, prefix: Location) -> Iterator[str]:
    """The keys that begin with a prefix, without directory markers."""
    token: dict[str, str] = {}
    while True:
        page = principal.call("s3", "ListObjectsV2", Bucket=prefix.bucket, Prefix=prefix.key, **token)
        for item in page.get("Contents", []):
            if not item["Key"].endswith(_MARKER_SUFFIX):
                yield item["Key"]
        if not page.get("IsTruncated"):
            return
        token = {"ContinuationToken": page["NextContinuationToken"]}


def exists(principal: Principal, prefix: Location) -> bool:
    """Whether any object begins with a prefix."""
    return next(keys(principal, prefix), None) is not None


def fetch(principal: Principal, place: Location, file: Path) -> None:
    """One object into a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as target:
        body = principal.call("s3", "GetObject", Bucket=place.bucket, Key=place.key)["Body"]
        shutil.copyfileobj(body, target, CHUNK_BYTES)


def fetch_prefix(principal: Principal, prefix: Location, folder: Path) -> list[Path]:
    """Every object that begins with a prefix, below a directory; the files, in the order of their keys."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for key in keys(principal, prefix):
        file = folder / relative_name(key, prefix.key)
        if not file.resolve().is_relative_to(folder.resolve()):
            raise BadLocationError(f"the object s3://{prefix.bucket}/{key} would leave its directory")
        fetch(principal, Location(prefix.bucket, key), file)
        files.append(file)
    return files


def relative_name(key: str, prefix: str) -> str:
    """Where an object lies below the directory of its prefix: the prefix may be a directory, a key or a part of one."""
    if key == prefix:
        return posixpath.basename(key)
    if prefix.endswith("/") or not prefix or key[len(prefix)] == "/":
        return key[len(prefix) :].lstrip("/")
    return key[len(posixpath.dirname(prefix)) :].lstrip("/")


def put(principal: Principal, file: Path, place: Location) -> None:
    """One file into an object."""
    with file.open("rb") as body:
        principal.call("s3", "PutObject", Bucket=place.bucket, Key=place.key, Body=body)


def put_tree(principal: Principal, folder: Path, prefix: Location) -> int:
    """Every file below a directory into objects below a prefix; how many."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    for file in files:
        put(principal, file, prefix.below(file.relative_to(folder).as_posix()))
    return len(files)


def pack(folder: Path, archive: Path) -> None:
    """A directory's content as a gzipped tar, names in order."""
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for file in sorted(folder.iterdir()):
            tar.add(file, arcname=file.name)


def unpack(archive: Path, folder: Path) -> None:
    """A tar into a directory; BadLocationError if it is none or a member would leave it."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except tarfile.TarError as error:
        raise BadLocationError(f"cannot unpack {archive.name}: {error}") from error
