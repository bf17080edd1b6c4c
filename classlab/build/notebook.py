"""A lab's notebooks, built from percent sources in one of the languages: without outputs, the same text every time."""

import nbformat

from classlab.lab_sources.cells import SOLUTION, Cell, read_cells
from classlab.lab_sources.translations import translate, translation_of
from classlab.labs import SOURCE_LANGUAGE, Lab
from classlab.settings import Language


def build_notebooks(lab: Lab, language: Language, *, solutions: bool = False) -> dict[str, str]:
    """Every notebook of a lab by its name.

    Args:
        lab: whose sources and translations are read.
        language: of words and titles.
        solutions: whether the exercises' solutions are there; attendees never get them.

    Raises:
        UserError: names the file and the cell that cannot be built.
    """
    return {
        name: _write(lab, language, _cells(lab, source, language), solutions=solutions)
        for name, source in lab.notebook_sources.items()
    }


def _cells(lab: Lab, source: str, language: Language) -> list[Cell]:
    path = lab.folder / source
    cells = read_cells(path)
    return cells if language == SOURCE_LANGUAGE else translate(cells, translation_of(path, language))


def _write(lab: Lab, language: Language, cells: list[Cell], *, solutions: bool) -> str:
    # Numbered before solutions go, so that a cell has one id in both editions.
    numbered = list(enumerate(cells, start=1))
    kernel = {"name": lab.kernel, "display_name": lab.titled(language), "language": "python"}
    document = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "cells": [_cell(cell, number) for number, cell in numbered if solutions or SOLUTION not in cell.tags],
    }
    notebook = nbformat.from_dict(document)  # type: ignore[no-untyped-call]  # nbformat leaves it untyped
    nbformat.validate(notebook)
    return str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]  # nbformat leaves it untyped


def _cell(cell: Cell, number: int) -> dict[str, object]:
    metadata = {"name": cell.name, "tags": list(cell.tags)}
    return {
        "cell_type": cell.kind,
        "id": f"cell-{number:02}",
        "metadata": {key: value for key, value in metadata.items() if value},
        "source": cell.text,
        **({"execution_count": None, "outputs": []} if cell.is_code else {}),
    }
