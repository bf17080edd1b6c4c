"""The lab bundle: a git bundle of a generated repository with one folder a lab, and one commit.

Author and date of the commit are fixed, so the same content has the same commit on every machine and day.
"""

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import jupytext  # type: ignore[import-untyped]  # it ships no types
import nbformat

from classlab.errors import UserError
from classlab.labs import Lab

NOTEBOOK_SOURCE = "notebook.py"
BRANCH = "main"
_NOT_FOR_ATTENDEES = {"lab.yaml", NOTEBOOK_SOURCE, "container.txt"}
_NOT_FOR_ATTENDEES_SUFFIXES = {".in", ".override"}
_IGNORED = "__pycache__/\n.ipynb_checkpoints/\ndata/\n"  # what running a lab leaves in its folder
_IDENTITY = {
    "GIT_AUTHOR_NAME": "ClassLab",
    "GIT_AUTHOR_EMAIL": "classlab@example.com",
    "GIT_AUTHOR_DATE": "2000-01-01T00:00:00+0000",
    "GIT_COMMITTER_NAME": "ClassLab",
    "GIT_COMMITTER_EMAIL": "classlab@example.com",
    "GIT_COMMITTER_DATE": "2000-01-01T00:00:00+0000",
    "GIT_CONFIG_GLOBAL": os.devnull,  # nobody's signing key, template or line ends
    "GIT_CONFIG_NOSYSTEM": "1",
}


def make_bundle(labs: Sequence[Lab], target: Path) -> str:
    """Write the bundle of these labs; returns its commit (40 hex digits)."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        repository = Path(scratch)
        for path, content in contents(labs).items():
            (repository / path).parent.mkdir(parents=True, exist_ok=True)
            (repository / path).write_bytes(content)
        _git(repository, "init", "--quiet", f"--initial-branch={BRANCH}", "--object-format=sha1", "--template=")
        _git(repository, "add", "--all")
        _git(repository, "commit", "--quiet", "--message=The labs of this class")
        _git(repository, "-c", "pack.threads=1", "bundle", "create", "--quiet", str(target.resolve()), "HEAD", BRANCH)
        return _git(repository, "rev-parse", "HEAD").strip()


def contents(labs: Sequence[Lab]) -> Mapping[str, bytes]:
    """Every file of the repository by its path."""
    files = {".gitignore": _IGNORED.encode(), "README.md": _readme(labs).encode()}
    for lab in labs:
        files[f"{lab.name}/{lab.name}.ipynb"] = build_notebook(lab).encode()
        files |= {f"{lab.name}/{path.name}": path.read_bytes() for path in _for_attendees(lab.folder)}
    return files


def build_notebook(lab: Lab) -> str:
    """The notebook of a lab without outputs, on the lab's kernel, its cells numbered; the same text every time."""
    source = lab.folder / NOTEBOOK_SOURCE
    try:
        notebook = jupytext.read(source, fmt="py:percent")
    except OSError as error:
        raise UserError(f"{source}: the source of the lab's notebook cannot be read: {error.strerror}") from error
    notebook.metadata.clear()
    notebook.metadata["kernelspec"] = {"name": lab.kernel, "display_name": lab.title, "language": "python"}
    notebook.metadata["language_info"] = {"name": "python"}
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number:02}"
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]  # nbformat leaves it untyped


def _for_attendees(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_file()
        and not path.name.startswith(".")
        and path.name not in _NOT_FOR_ATTENDEES
        and path.suffix not in _NOT_FOR_ATTENDEES_SUFFIXES
    ]


def _readme(labs: Sequence[Lab]) -> str:
    lines = [f"- [{lab.title}]({lab.name}/{lab.name}.ipynb)" for lab in labs]
    return "\n".join(["# Labs", "", *lines, "", "Your work here is copied to your own bucket every five minutes.", ""])


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            env={**os.environ, **_IDENTITY},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise UserError("git is needed to make the lab bundle; install it") from error
    if done.returncode:
        raise UserError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout
