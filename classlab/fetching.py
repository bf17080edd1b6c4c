"""Objects of a bucket brought to this machine."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from classlab.aws import Aws


def fetch(
    aws: Aws, bucket: str, folder: Path, *, prefix: str = "", place: Callable[[str], str] = lambda key: key
) -> int:
    """Download every object below a prefix to the path below the folder that ``place`` says for its key.

    An empty path leaves the object out. Returns how many were fetched.
    """
    fetched = 0
    for page in aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            path = place(entry["Key"])
            if path and not path.endswith("/"):  # what the console makes for a folder
                target = _below(folder, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                aws.s3.download_file(bucket, entry["Key"], str(target))
                fetched += 1
    return fetched


def _below(folder: Path, key: str) -> Path:
    """Where a key is kept. Attendees choose their files' names: none may lead out of the folder."""
    parts = [part for part in PurePosixPath(key).parts if part not in ("/", "..", ".")]
    return folder.joinpath(*parts)
