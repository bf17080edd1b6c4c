"""The cells of a notebook's percent source, with their names, tags and line numbers."""

import re
from dataclasses import dataclass
from pathlib import Path

import jupytext  # type: ignore[import-untyped]  # it ships no types

from classlab.errors import UserError

EXERCISE, SOLUTION, CHECK, CLEAN_UP = "exercise", "solution", "check", "clean-up"
TAGS = (EXERCISE, SOLUTION, CHECK, CLEAN_UP)
_MARKER = re.compile(r"^# %%")


@dataclass(frozen=True)
class Cell:
    """One cell; a translation and the checks know it by its name."""

    kind: str  # "markdown", "code" or "raw"
    name: str  # empty where it has none
    tags: tuple[str, ...]
    text: str
    line: int  # of its marker, from 1

    @property
    def is_code(self) -> bool:
        """Whether it runs."""
        return self.kind == "code"


def read_cells(source: Path) -> list[Cell]:
    """The cells of a source; raises :class:`UserError` where it cannot be read or does not begin with a cell."""
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UserError(f"{source}: the source of the lab's notebook cannot be read: {reason}") from error
    markers = [number for number, line in enumerate(text.splitlines(), start=1) if _MARKER.match(line)]
    found = jupytext.reads(text, fmt="py:percent").cells
    if len(found) != len(markers):
        raise UserError(f"{source}: every cell begins with a line `# %%`, and nothing stands before the first one")
    return [
        Cell(
            kind=cell.cell_type,
            name=str(cell.metadata.get("name", "")),
            tags=tuple(cell.metadata.get("tags", ())),
            text=cell.source,
            line=line,
        )
        for cell, line in zip(found, markers, strict=True)
    ]
