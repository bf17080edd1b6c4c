"""Rules about translations: each named cell once in every language, and nothing else."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from classlab.errors import UserError
from classlab.lab_sources.cells import Cell
from classlab.lab_sources.notebook_rules import MOST_LINES
from classlab.lab_sources.subject import Remark, Subject
from classlab.lab_sources.translations import Section, code_of, read_sections, translation_of
from classlab.labs import SOURCE_LANGUAGE
from classlab.settings import Language

LANGUAGES: tuple[Language, ...] = tuple(language for language in get_args(Language) if language != SOURCE_LANGUAGE)


def complete(subject: Subject) -> Iterator[Remark]:
    """Every named cell has its section in every language."""
    for path, cells, sections in _translations(subject):
        if sections is None:
            yield Remark(
                path, 1, f"the translation is missing or unreadable: write it beside {path.stem.split('.')[0]}.py"
            )
            continue
        there = {section.name for section in sections}
        for cell in cells:
            if cell.name and cell.name not in there:
                yield Remark(path, 1, f"the cell {cell.name!r} (line {cell.line} of the source) has no section")


def known(subject: Subject) -> Iterator[Remark]:
    """Every section belongs to a cell, once."""
    for path, cells, sections in _translations(subject):
        names, seen = {cell.name for cell in cells}, set[str]()
        for section in sections or ():
            if not section.name:
                yield Remark(path, section.line, "text before the first section: no cell takes it")
            elif section.name not in names:
                yield Remark(path, section.line, f"there is no cell named {section.name!r}")
            elif section.name in seen:
                yield Remark(path, section.line, f"the section {section.name!r} stands there twice")
            elif not section.text:
                yield Remark(path, section.line, f"the section {section.name!r} is empty")
            seen.add(section.name)


def code_fits(subject: Subject) -> Iterator[Remark]:
    """A code cell's section is one block of valid Python, as short as the cell must be."""
    for path, cells, sections in _translations(subject):
        code_cells = {cell.name for cell in cells if cell.is_code}
        for section in sections or ():
            if section.name in code_cells and (what := _wrong_code(section)):
                yield Remark(path, section.line, f"{section.name!r}: {what}")


def _wrong_code(section: Section) -> str:
    code = code_of(section)
    if code is None:
        return "a code cell's section is one ```python block and nothing else"
    try:
        ast.parse(code)
    except SyntaxError as error:
        return f"no valid Python: {error.msg}"
    lines = len(code.splitlines())
    return f"the cell has {lines} lines, {MOST_LINES} at most" if lines > MOST_LINES else ""


def _translations(subject: Subject) -> Iterator[tuple[Path, Sequence[Cell], list[Section] | None]]:
    """Every translation there should be, the cells it translates, and its sections where it can be read."""
    for source, cells in subject.notebooks.items():
        for language in LANGUAGES:
            path = translation_of(source, language)
            try:
                yield path, cells, read_sections(path)
            except UserError:
                yield path, cells, None
