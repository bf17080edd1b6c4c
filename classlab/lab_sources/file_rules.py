"""Rules about the files of a lab: which there are, that they parse, and what must not stand in them."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from classlab.lab_sources.subject import Remark, Subject
from classlab.labs import STEP_SCRIPTS, Lab

_TEXTS = ("*.py", "*.md", "*.yaml", "*.in", "*.override", "*.sh", "*rc", "*.ipynb", "*.json")  # locks are hashes
_OF_A_UUID = r"(?<![0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-)"  # its last group may be all digits
_ACCOUNT = re.compile(rf"(?<![0-9A-Za-z_.]){_OF_A_UUID}\d{{12}}(?![0-9A-Za-z])")
_IMAGE_ADDRESS = re.compile(r"\.dkr\.ecr\.")
_OUTPUT = re.compile(r'"(?:execution_count": *\d|outputs": *\[ *(?:[^\] ]|$))')
_LOCKS = ("requirements.txt", "container.txt")


def present(subject: Subject) -> Iterator[Remark]:
    """Every script, notebook and lock is there, the lab's own or borrowed."""
    if not subject.lab:
        return
    for name, key in _needed(subject.lab).items():
        if not subject.lab.file(name).is_file():
            yield subject.at(*key, text=f"{name} is missing: write it, or name it under `borrows`")
    for name, source in subject.lab.borrows.items():
        if not subject.lab.file(name).is_file():
            yield subject.at("borrows", name, text=f"borrows: there is no {source}")


def _needed(lab: Lab) -> dict[str, tuple[str, ...]]:
    """The key of the manifest that asks for it, by file name."""
    steps = {script: ("pipeline", step) for step, script in STEP_SCRIPTS.items()}
    notebooks = {source: ("notebooks", name) for name, source in lab.notebook_sources.items()}
    locks = {name: ("kernel",) for lock in _LOCKS for name in (lock, lock.replace(".txt", ".in"))}
    scripts = {
        script: ("data", key) for key in ("generator", "download") if lab.data and (script := getattr(lab.data, key))
    }
    return {**steps, **notebooks, **locks, **scripts}


def parses(subject: Subject) -> Iterator[Remark]:
    """Every script and every notebook's source is valid Python."""
    for path in subject.files("*.py"):
        try:
            ast.parse(path.read_text(encoding="utf-8"))
        except SyntaxError as error:
            yield Remark(path, error.lineno or 1, f"no valid Python: {error.msg}")
        except (UnicodeDecodeError, ValueError) as error:
            yield Remark(path, 1, f"no valid Python: {error}")


def no_outputs(subject: Subject) -> Iterator[Remark]:
    """Notebooks that lie about hold neither outputs nor execution counts."""
    for path in subject.files("*.ipynb"):
        text = path.read_text(encoding="utf-8", errors="replace")
        if lines := [number for number, line in enumerate(text.splitlines(), start=1) if _OUTPUT.search(line)]:
            yield Remark(path, lines[0], "a notebook with outputs: clear them, or remove the file; sources are built")
        elif (what := _not_clean(text)) is not None:
            yield Remark(path, 1, what)


def _not_clean(text: str) -> str | None:
    """What is wrong with a notebook whose lines look clean."""
    try:
        cells = json.loads(text)["cells"]
    except (ValueError, KeyError, TypeError):
        return "no valid notebook"
    found = any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
    return "a notebook with outputs: clear them, or remove the file; sources are built" if found else None


def no_accounts(subject: Subject) -> Iterator[Remark]:
    """No account id and no image's address: both belong to one account or region."""
    for path in subject.files(*_TEXTS):
        for number, line in _lines(path):
            if match := _ACCOUNT.search(line):
                yield Remark(path, number, f"{match[0]} looks like an account id: take it from seat.json or lab.json")
            if _IMAGE_ADDRESS.search(line):
                yield Remark(path, number, "the address of an image: take it from lab.json")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    yield from enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
