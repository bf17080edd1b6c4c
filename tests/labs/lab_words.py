"""The words that a lab's notebooks print and plot, by language."""

import json
from typing import Any

from classlab.build.notebook import build_notebooks
from classlab.labs import Lab
from classlab.settings import Language

TABLES = ("words", "more-words")


def words_of(lab: Lab, language: Language) -> dict[str, dict[str, str]]:
    """The table of words of every notebook, by its name."""
    return {name: _table(text) for name, text in build_notebooks(lab, language).items()}


def _table(notebook: str) -> dict[str, str]:
    names: dict[str, dict[str, str]] = {}
    for cell in json.loads(notebook)["cells"]:
        if _is_table(cell):
            exec("".join(cell["source"]), names)  # noqa: S102 # our own sources, cells that define a table
    return names["words"]


def _is_table(cell: dict[str, Any]) -> bool:
    return cell["cell_type"] == "code" and cell["metadata"].get("name") in TABLES
