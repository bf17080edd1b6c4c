"""Rules about the notebooks' sources: short cells, named words, and an exercise that can be checked."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from classlab.errors import UserError
from classlab.lab_sources.cells import CHECK, CLEAN_UP, EXERCISE, SOLUTION, TAGS, Cell, read_cells
from classlab.lab_sources.subject import Remark, Subject
from classlab.lab_sources.translations import NAME

MOST_LINES = 15
_INSTALLS = re.compile(r"\b(?:pip|conda|apt-get|yum) +install\b")


def readable(subject: Subject) -> Iterator[Remark]:
    """Every source is in percent format, and begins with a cell."""
    for path in subject.sources:
        try:
            cells = read_cells(path)
        except (UserError, SyntaxError, ValueError) as error:
            yield Remark(path, 1, str(error).removeprefix(f"{path}: "))
            continue
        if not cells:
            yield Remark(path, 1, "the notebook has no cell")


def short(subject: Subject) -> Iterator[Remark]:
    """No code cell is longer than a learner can take in at a glance."""
    for path, cells in subject.notebooks.items():
        for cell in cells:
            if cell.is_code and (lines := len(cell.text.splitlines())) > MOST_LINES:
                yield Remark(path, cell.line, f"the cell has {lines} lines, {MOST_LINES} at most: split it")


def explained(subject: Subject) -> Iterator[Remark]:
    """There are words between the code: a text cell for two code cells at least."""
    for path, cells in subject.notebooks.items():
        code = sum(cell.is_code for cell in cells)
        if 2 * (len(cells) - code) < code:
            yield Remark(path, 1, f"{code} code cells and {len(cells) - code} cells of text: say more about them")


def named(subject: Subject) -> Iterator[Remark]:
    """Every cell of text has a name of its own, by which translations know it."""
    for path, cells in subject.notebooks.items():
        names = Counter(cell.name for cell in cells if cell.name)
        for cell in cells:
            if not cell.name and not cell.is_code:
                yield Remark(path, cell.line, 'a cell of text without a name: `# %% [markdown] name="…"`')
            elif cell.name and not NAME.fullmatch(cell.name):
                yield Remark(path, cell.line, f"{cell.name!r} is no name: lower case letters, digits, - and _")
            elif names[cell.name] > 1:
                yield Remark(path, cell.line, f"{names[cell.name]} cells are named {cell.name!r}")


def known_tags(subject: Subject) -> Iterator[Remark]:
    """Tags are those that the build and the rehearsal know."""
    for path, cells in subject.notebooks.items():
        for cell in cells:
            for tag in cell.tags:
                if tag not in TAGS:
                    yield Remark(path, cell.line, f"the tag {tag!r} means nothing; there are {', '.join(TAGS)}")


def exercise(subject: Subject) -> Iterator[Remark]:
    """Every notebook has an exercise, its solution right behind it, a check, and a clean-up at the end."""
    for path, cells in subject.notebooks.items():
        if code := [cell for cell in cells if cell.is_code]:
            yield from _exercise_in(path, code)


def _exercise_in(path: Path, code: Sequence[Cell]) -> Iterator[Remark]:
    for tag in TAGS:
        if not any(tag in cell.tags for cell in code):
            yield Remark(path, 1, f"no code cell is tagged {tag!r}")
    for cell, following in zip(code, [*code[1:], None], strict=True):
        if EXERCISE in cell.tags and not _has_any(following, EXERCISE, SOLUTION):
            yield Remark(path, cell.line, "an exercise whose next code cell is no solution")
        if SOLUTION in cell.tags and not _has_any(following, EXERCISE, SOLUTION, CHECK):
            yield Remark(path, cell.line, "a solution whose next code cell is no check")
    if any(CLEAN_UP in cell.tags for cell in code) and CLEAN_UP not in code[-1].tags:
        yield Remark(path, code[-1].line, "code behind the clean-up: that is the last code cell")


def installs_nothing(subject: Subject) -> Iterator[Remark]:
    """Kernels are ready before class: no notebook installs anything."""
    for path, cells in subject.notebooks.items():
        for cell in cells:
            if cell.is_code and _INSTALLS.search(cell.text):
                yield Remark(path, cell.line, "the cell installs packages: put them into requirements.in")


def _has_any(cell: Cell | None, *tags: str) -> bool:
    return cell is not None and any(tag in cell.tags for tag in tags)
