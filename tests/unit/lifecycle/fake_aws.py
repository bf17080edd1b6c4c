"""Stands for the AWS command line: `s3 cp`, `s3 sync` on folders for buckets, and a record of every other call.

Folders lie below FAKE_S3. A file named `deny` in a bucket's folder refuses whatever is asked of it.
"""

import os
import shutil
import sys
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(os.environ["FAKE_S3"])
VALUED = {"--content-type", "--exclude", "--include", "--cli-connect-timeout", "--cli-read-timeout"}


def place(uri: str) -> Path:
    """The file of an S3 address; ends the call as AWS's command line does where it may not be reached."""
    path = ROOT / uri.removeprefix("s3://")
    bucket = ROOT / uri.removeprefix("s3://").split("/")[0]
    if (bucket / "deny").exists():
        sys.exit("fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden")
    return path


Filters = list[tuple[str, str]]


def words(arguments: list[str]) -> tuple[list[str], Filters]:
    """Positional words and the filters, in their order."""
    positional, filters = [], []
    rest = iter(arguments)
    for word in rest:
        if word in VALUED:
            value = next(rest)
            filters += [(word, value)] if word in {"--exclude", "--include"} else []
        elif not word.startswith("--"):
            positional.append(word)
    return positional, filters


def taken(relative: str, filters: Filters) -> bool:
    """Whether the last filter that matches a path, if any does, includes it."""
    return next((word == "--include" for word, value in reversed(filters) if fnmatch(relative, value)), True)


def copy(source: str, target: str) -> None:
    """One object, from or to a file or a stream."""
    if source == "-":
        place(target).parent.mkdir(parents=True, exist_ok=True)
        place(target).write_bytes(sys.stdin.buffer.read())
        return
    if not place(source).is_file():
        sys.exit("fatal error: An error occurred (404) when calling the HeadObject operation: Key does not exist")
    if target == "-":
        with place(source).open("rb") as stream:
            shutil.copyfileobj(stream, sys.stdout.buffer)
        return
    shutil.copyfile(place(source), target)


def sync(folder: Path, target: Path, filters: Filters) -> None:
    """Copy what is new; links are left out."""
    for path in folder.rglob("*"):
        relative = str(path.relative_to(folder))
        if path.is_file() and not path.is_symlink() and taken(relative, filters):
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / relative)
    if (folder / "lost+found").exists():
        sys.exit(2)  # AWS's command line warns of what it may not read and says so in its status


def main() -> None:
    """Do what is asked."""
    service, operation, *arguments = sys.argv[1:]
    with (ROOT / "calls").open("a") as calls:
        calls.write(" ".join(sys.argv[1:]) + "\n")
    positional, filters = words(arguments)
    if (service, operation) == ("s3", "cp"):
        copy(positional[0], positional[1])
    elif (service, operation) == ("s3", "sync"):
        sync(Path(positional[0]), place(positional[1]), filters)


if __name__ == "__main__":
    main()
