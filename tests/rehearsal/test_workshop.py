"""Every lab of the workshop in one class: pipelines in their order, all notebooks, one report."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from classlab.build.notebook import build_notebooks
from classlab.cli.main import main
from classlab.contract import WORK_PREFIX
from classlab.lab_sources.cells import CHECK, CLEAN_UP, SOLUTION
from classlab.labs import Lab, in_order, lab_folders, read_lab
from classlab.rehearsal.options import Options
from classlab.reporting.report import LabRow, Report
from classlab.settings import Language
from tests.labs.shown_tables import tables_in

pytestmark = [pytest.mark.rehearsal, pytest.mark.workshop]
LABS = in_order([read_lab(folder) for folder in lab_folders()])
PICTURES = ["image-builtin", "image-tensorflow", "image-pytorch"]
NOTEBOOKS = [(lab.name, notebook) for lab in LABS for notebook in (lab.name, *lab.notebooks)]


def _solved(lab: Lab, language: Language) -> dict[str, str]:
    """What attendees get, with the solutions, and with every check before its solution as well as behind it.

    No clean-up cell bears its tag, so that the one of the first lab runs too: the rehearsal would forget it.
    """
    notebooks = {name: json.loads(text) for name, text in build_notebooks(lab, language, solutions=True).items()}
    for notebook in notebooks.values():
        notebook["cells"] = list(_checked_twice(notebook["cells"]))
        for cell in notebook["cells"]:
            if CLEAN_UP in (tags := cell["metadata"].get("tags", [])):
                tags.remove(CLEAN_UP)
    return {name: json.dumps(notebook) for name, notebook in notebooks.items()}


def _checked_twice(cells: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    checks = [cell for cell in cells if CHECK in cell["metadata"].get("tags", [])]
    for cell in cells:
        if SOLUTION in cell["metadata"].get("tags", []):
            yield {**checks[0], "id": f"{checks[0]['id']}-before"}
        elif checks and cell is checks[0]:
            checks.pop(0)
        yield cell


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the rehearsal works."""
    return tmp_path_factory.mktemp("workshop")


@pytest.fixture(scope="module")
def day(environments: Path, folder: Path) -> tuple[int, Report]:
    """Exit status and report; on the labs' generated data, whatever this machine has, and with solved exercises."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CLASSLAB_DATA", raising=False)
        patch.setattr("classlab.cli.rehearse.Options", partial(Options, folder=folder))
        patch.setattr("classlab.build.bundle.build_notebooks", _solved)
        words = ["rehearse", "--labs", "all", "--attendees", "1", "--json"]
        done = CliRunner().invoke(main, words, catch_exceptions=False)
    return done.exit_code, Report.read(folder / "report.json")


def _lab(day: tuple[int, Report], name: str) -> LabRow:
    return next(row for row in day[1].labs if row.name == name)


def test_everything_held(day: tuple[int, Report]) -> None:
    assert (day[1].problems, day[0]) == ([], 0)


def test_every_lab_ran_after_those_it_starts_from(day: tuple[int, Report]) -> None:
    assert [row.name for row in day[1].labs] == [lab.name for lab in LABS]
    assert [row.lab for row in day[1].pipelines] == [lab.name for lab in LABS]
    assert {row.status for row in day[1].labs} == {"held"}


def test_every_notebook_ran_to_its_end(day: tuple[int, Report]) -> None:
    assert [(row.notebook, row.status) for row in day[1].notebooks] == [(name, "succeeded") for _, name in NOTEBOOKS]
    assert min(row.cells for row in day[1].notebooks) >= 5


@pytest.mark.parametrize(("lab", "notebook"), NOTEBOOKS)
def test_checks_tell_what_is_solved_from_what_is_not(
    day: tuple[int, Report], folder: Path, lab: str, notebook: str
) -> None:
    (path,) = (folder / "closed" / WORK_PREFIX / day[1].notebooks[0].attendee).rglob(f"{lab}/{notebook}.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    checks = [cell for cell in cells if CHECK in cell["metadata"].get("tags", [])]
    said = ["".join(line for output in cell["outputs"] for line in output.get("text", [])) for cell in checks]
    assert said
    for before, after in zip(said[::2], said[1::2], strict=True):
        assert before.startswith("not yet")
        assert after.startswith("right")


def test_both_churn_labs_are_scored_on_the_same_rows(day: tuple[int, Report]) -> None:
    xgboost, autogluon = _lab(day, "churn-xgboost").metrics, _lab(day, "churn-autogluon").metrics
    assert xgboost["rows"] == autogluon["rows"]
    assert autogluon["auc"] >= xgboost["auc"] - 0.002


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_learned(day: tuple[int, Report], name: str) -> None:
    lab = _lab(day, name)
    assert lab.metrics["accuracy"] >= 0.9
    assert lab.metrics["pictures"] == _lab(day, "image-data").metrics["pictures"]


def test_the_comparison_has_a_row_for_each_image_lab_and_no_gap(day: tuple[int, Report], folder: Path) -> None:
    (path,) = (folder / "closed" / WORK_PREFIX / day[1].notebooks[0].attendee).rglob("image-comparison.ipynb")
    tables = list(tables_in(json.loads(path.read_text(encoding="utf-8"))))
    headings = ["", "accuracy", "macro F1", "training, seconds", "pictures a second"]
    (rows,) = [rows for heading, *rows in tables if heading == headings]
    assert [row[0] for row in rows] == ["image-data", *PICTURES]
    for _, *cells in rows:
        assert all(float(cell) > 0 for cell in cells)  # not a number is not above zero


def test_later_labs_inherit_what_their_data_goes_back_to(day: tuple[int, Report]) -> None:
    for row in day[1].pipelines:
        assert row.data is not None
        assert row.data.generated
    by_lab = {row.lab: row.data.sha256 for row in day[1].pipelines if row.data}
    for lab in LABS:
        if lab.starts_from:
            assert by_lab[lab.name] == by_lab[read_lab(lab.starts_from).name]


def test_clean_up_cells_leave_no_endpoint(day: tuple[int, Report]) -> None:
    deleted = {item.kind for item in day[1].teardown.items if item.outcome == "deleted"}
    assert not {"endpoint", "endpoint_config"} & deleted
    assert day[1].judge is not None
    assert day[1].judge.problems == []
