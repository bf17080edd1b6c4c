"""The words that a lab's notebooks print and plot, by language."""

import json

from classlab.build.notebook import build_notebooks
from classlab.labs import Lab
from classlab.settings import Language


def words_of(lab: Lab, language: Language) -> dict[str, dict[str, str]]:
    """The table of words of every notebook, by its name."""
    return {name: _table(text) for name, text in build_notebooks(lab, language).items()}


def _table(notebook: str) -> dict[str, str]:
    (cell,) = (cell for cell in json.loads(notebook)["cells"] if _is_table(cell))
    names: dict[str, dict[str, str]] = {}
    exec("".join(cell["source"]), names)  # noqa: S102 # our own sources, a cell that defines a table
    return names["words"]


def _is_table(cell: dict[str, object]) -> bool:
    return cell["cell_type"] == "code" and cell["metadata"] == {"name": "words"}
