"""Translations of a notebook: ``notebook.ko.md`` beside ``notebook.py``, a section ``## <name>`` for each named cell.

The text of a section takes the place of the cell's; a code cell's is one fenced Python block.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from classlab.errors import UserError
from classlab.lab_sources.cells import Cell
from classlab.settings import Language

NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_HEADING = re.compile(rf"^## ({NAME.pattern})\s*$")  # other headings of the same level belong to a cell's text
_FENCE = re.compile(r"^(```+|~~~+)")
_CODE = re.compile(r"```(?:python)?\n(?P<code>.*?)\n?```", re.DOTALL)


@dataclass(frozen=True)
class Section:
    """What one cell says in another language; the name is empty for text before the first heading."""

    name: str
    text: str
    line: int  # of its heading, from 1


def translation_of(source: Path, language: Language) -> Path:
    """The file that translates a notebook's source."""
    return source.with_suffix(f".{language}.md")


def read_sections(path: Path) -> list[Section]:
    """The sections of a translation in their order; raises :class:`UserError` where it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"{path}: the translation of the lab's notebook cannot be read: {reason}") from error
    starts = [(0, "")] + [(number, name) for number, name in _headings(lines)]
    ends = [number - 1 for number, _ in starts[1:]] + [len(lines)]
    sections = [
        Section(name=name, text="\n".join(lines[start:end]).strip(), line=max(start, 1))
        for (start, name), end in zip(starts, ends, strict=True)
    ]
    return [section for section in sections if section.name or section.text]


def translate(cells: Sequence[Cell], path: Path) -> list[Cell]:
    """Cells in the language of a translation; raises :class:`UserError` that names file and cell."""
    sections = {section.name: section for section in read_sections(path)}
    return [_in_words_of(sections, cell, path) if cell.name else cell for cell in cells]


def code_of(section: Section) -> str | None:
    """The code of a section that holds one fenced block and nothing else, or None."""
    match = _CODE.fullmatch(section.text)
    return match["code"] if match and not re.search(r"^```", match["code"], re.MULTILINE) else None


def _headings(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Line number and name of every section's heading; what stands inside a fence is none."""
    found, fence = [], ""
    for number, line in enumerate(lines, start=1):
        if match := _FENCE.match(line):
            fence = "" if fence and line.startswith(fence) else fence or match[1]
        elif not fence and (heading := _HEADING.match(line)):
            found.append((number, heading[1]))
    return found


def _in_words_of(sections: Mapping[str, Section], cell: Cell, path: Path) -> Cell:
    section = sections.get(cell.name)
    if section is None:
        raise UserError(f"{path}: the cell {cell.name!r} has no section: add `## {cell.name}` and its text")
    text = code_of(section) if cell.is_code else section.text
    if text is None:
        raise UserError(f"{path}:{section.line}: {cell.name!r} is a code cell: one ```python block and nothing else")
    return replace(cell, text=text)
