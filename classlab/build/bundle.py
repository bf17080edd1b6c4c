"""The lab bundle: a git bundle of a generated repository with one folder a lab, and one commit.

Author and date of the commit are fixed, so the same content has the same commit on every machine and day.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from classlab.build.description import DESCRIPTION_NAME, describe
from classlab.build.notebook import build_notebooks
from classlab.errors import UserError
from classlab.labs import Lab
from classlab.settings import Language

BRANCH = "main"
# Sources and the manifest are the instructor's: solutions stand in them.
_NOT_FOR_ATTENDEES = {"lab.yaml", "container.txt", DESCRIPTION_NAME}
_NOT_FOR_ATTENDEES_SUFFIXES = {".in", ".override", ".ipynb"}
_TRANSLATION = re.compile(r".+\.[a-z]{2}\.md")
# For labs that bring none: plots with Korean and Japanese words show no boxes.
_FONTS = Path(__file__).resolve().parents[1] / "templates/matplotlibrc"
_WORDS = {
    "en": ("Labs", "Your work here is copied to your own bucket every five minutes."),
    "ko": ("실습", "여기에서 하는 작업은 5분마다 여러분의 버킷에 복사됩니다."),
    "ja": ("ラボ", "ここでの作業は5分ごとに自分のバケットにコピーされます。"),
}
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


def make_bundle(labs: Sequence[Lab], target: Path, *, language: Language, region: str) -> str:
    """Write the bundle of these labs for a class's language and region; returns its commit (40 hex digits)."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        repository = Path(scratch)
        for path, content in contents(labs, language=language, region=region).items():
            (repository / path).parent.mkdir(parents=True, exist_ok=True)
            (repository / path).write_bytes(content)
        _git(repository, "init", "--quiet", f"--initial-branch={BRANCH}", "--object-format=sha1", "--template=")
        _git(repository, "add", "--all", "--force")  # whatever its user lets git ignore
        _git(repository, "commit", "--quiet", "--message=The labs of this class")
        _git(repository, "-c", "pack.threads=1", "bundle", "create", "--quiet", str(target.resolve()), "HEAD", BRANCH)
        return _git(repository, "rev-parse", "HEAD").strip()


def contents(labs: Sequence[Lab], *, language: Language, region: str) -> Mapping[str, bytes]:
    """Every file of the repository by its path."""
    files = {".gitignore": _IGNORED.encode(), "README.md": _readme(labs, language).encode()}
    for lab in labs:
        files |= {f"{lab.name}/{name}": content for name, content in _folder(lab, language, region).items()}
    return files


def _folder(lab: Lab, language: Language, region: str) -> dict[str, bytes]:
    """What an attendee has of one lab, by file name."""
    notebooks = build_notebooks(lab, language)
    return {
        _FONTS.name: _FONTS.read_bytes(),
        **{name: lab.file(name).read_bytes() for name in _for_attendees(lab)},
        **{f"{name}.ipynb": text.encode() for name, text in notebooks.items()},
        DESCRIPTION_NAME: describe(lab, language=language, region=region),
    }


def _for_attendees(lab: Lab) -> list[str]:
    """Names of the files that are copied as they are, the lab's own and those it borrows."""
    names = {path.name for path in lab.folder.iterdir() if path.is_file()} | set(lab.borrows)
    sources = _NOT_FOR_ATTENDEES | set(lab.notebook_sources.values())
    return sorted(
        name
        for name in names - sources
        if not name.startswith(".")
        and Path(name).suffix not in _NOT_FOR_ATTENDEES_SUFFIXES
        and not _TRANSLATION.fullmatch(name)
    )


def _readme(labs: Sequence[Lab], language: Language) -> str:
    title, hint = _WORDS[language]
    lines = [f"- [{lab.titled(language)}]({lab.name}/{lab.name}.ipynb)" for lab in labs]
    return "\n".join([f"# {title}", "", *lines, "", hint, ""])


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
