"""The notebooks as sources: short cells, words between them, nothing that belongs to one account or person."""

import re

import jupytext  # type: ignore[import-untyped]  # it ships no types
import pytest

from classlab.labs import LABS_FOLDER

LABS = sorted(path.parent.name for path in LABS_FOLDER.glob("*/lab.yaml"))
MOST_LINES = 15


@pytest.mark.parametrize("lab", LABS)
def test_code_cells_are_short_and_explained(lab: str) -> None:
    cells = jupytext.read(LABS_FOLDER / lab / "notebook.py", fmt="py:percent").cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert code
    assert all(len(cell.source.splitlines()) <= MOST_LINES for cell in code)
    assert len(cells) - len(code) >= len(code) / 2


@pytest.mark.parametrize("lab", LABS)
def test_a_notebook_names_no_account_and_installs_nothing(lab: str) -> None:
    text = (LABS_FOLDER / lab / "notebook.py").read_text()
    assert not re.search(r"\b\d{12}\b", text)
    assert "pip install" not in text
    assert "s3://sagemaker-" not in text
