"""The churn notebook's cells about cost: the cut-off is chosen on validation rows, and only read off on test rows."""

import ast
from typing import Any

import numpy as np
import pytest

from classlab.lab_sources.cells import CHECK, SOLUTION, Cell, read_cells
from classlab.labs import Lab
from tests.labs.lab_words import words_of

CUT_OFFS = np.arange(0.01, 1.0, 0.01).round(2)


@pytest.fixture
def cells(churn: Lab) -> list[Cell]:
    """Of the notebook's source."""
    return read_cells(churn.folder / "notebook.py")


def _run(cell: Cell, names: dict[str, Any]) -> dict[str, Any]:
    exec(cell.text, names)  # noqa: S102 # our own source
    return names


def _cell(cells: list[Cell], words: str) -> Cell:
    (found,) = [cell for cell in cells if cell.is_code and words in cell.text]
    return found


def _rows(churn: Lab, *, validation: float, test: float) -> dict[str, Any]:
    """What the cell finds: rows whose leavers have probabilities above a point, another one in each part."""
    values = np.linspace(0.005, 0.995, 100)
    return {
        "np": np,
        "words": words_of(churn, "en")[churn.name],
        "probability": {"validation": values, "test": values},
        "truth": {"validation": (values > validation).astype(int), "test": (values > test).astype(int)},
    }


def test_the_cut_off_is_the_cheapest_on_validation_rows_whatever_the_test_rows_say(
    churn: Lab, cells: list[Cell]
) -> None:
    cell = _cell(cells, "def cost(")
    found = [_run(cell, _rows(churn, validation=0.3, test=test)) for test in (0.3, 0.8)]
    assert [names["chosen"] for names in found] == [0.3, 0.3]
    assert CUT_OFFS[np.argmin(found[1]["costs"]["test"])] == 0.8  # which the test rows would have chosen


def test_what_decisions_cost_is_counted_by_hand(churn: Lab, cells: list[Cell]) -> None:
    cost = _run(_cell(cells, "def cost("), _rows(churn, validation=0.3, test=0.3))["cost"]
    labels, values = np.array([1, 1, 0, 0, 1]), np.array([0.9, 0.2, 0.8, 0.1, 0.5])
    assert cost(labels, values, 0.5) == 500 * 1 + 100 * 3
    assert cost(labels, values, 0.95) == 500 * 3
    assert cost(labels, values, 0.5, missed=800, offer=50) == 800 * 1 + 50 * 3


def test_the_test_rows_are_asked_at_the_chosen_cut_off_and_choose_none(cells: list[Cell]) -> None:
    for cell in (
        _cell(cells, "def cost("),
        _cell(cells, "def is_cheapest("),
        *(c for c in cells if SOLUTION in c.tags),
    ):
        for node in ast.walk(ast.parse(cell.text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.argmin", "cheapest", "min"):
                assert "test" not in ast.unparse(node)


def test_the_exercise_is_solved_by_its_solution_alone(
    churn: Lab, cells: list[Cell], capsys: pytest.CaptureFixture[str]
) -> None:
    names = _run(_cell(cells, "def cost("), _rows(churn, validation=0.3, test=0.8))
    exercise, solution, check = (
        next(cell for cell in cells if tag in cell.tags) for tag in ("exercise", SOLUTION, CHECK)
    )
    for cell, told in ((exercise, "not yet"), (solution, "right")):
        capsys.readouterr()
        _run(check, _run(cell, names))
        assert capsys.readouterr().out.startswith(told)
