"""Stands for the AWS command line: `s3 cp`, `s3 sync` on folders for buckets, and a record of every other call.

Folders lie below FAKE_S3. A file named `deny` in a bucket's folder refuses whatever is asked of it.
"""

import os
import shutil
import sys
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(os.environ["FAKE_S3"])
VALUED = {"--content-type", "--exclude", "--cli-connect-timeout", "--cli-read-timeout"}


def place(uri: str) -> Path:
    """The file of an S3 address; ends the call as AWS's command line does where it may not be reached."""
    path = ROOT / uri.removeprefix("s3://")
    bucket = ROOT / uri.removeprefix("s3://").split("/")[0]
    if (bucket / "deny").exists():
        sys.exit("fatal error: An error occurred (403) when calling the HeadObject operation: Forbidden")
    return path


def words(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Positional words and the patterns of --exclude."""
    positional, excluded = [], []
    rest = iter(arguments)
    for word in rest:
        if word in VALUED:
            value = next(rest)
            excluded += [value] if word == "--exclude" else []
        elif not word.startswith("--"):
            positional.append(word)
    return positional, excluded


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


def sync(folder: Path, target: Path, excluded: list[str]) -> None:
    """Copy what is new; links are left out."""
    for path in folder.rglob("*"):
        relative = str(path.relative_to(folder))
        if path.is_file() and not path.is_symlink() and not any(fnmatch(relative, pattern) for pattern in excluded):
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / relative)
    if (folder / "lost+found").exists():
        sys.exit(2)  # AWS's command line warns of what it may not read and says so in its status


def main() -> None:
    """Do what is asked."""
    service, operation, *arguments = sys.argv[1:]
    with (ROOT / "calls").open("a") as calls:
        calls.write(" ".join(sys.argv[1:]) + "\n")
    positional, excluded = words(arguments)
    if (service, operation) == ("s3", "cp"):
        copy(positional[0], positional[1])
    elif (service, operation) == ("s3", "sync"):
        sync(Path(positional[0]), place(positional[1]), excluded)


if __name__ == "__main__":
    main()
