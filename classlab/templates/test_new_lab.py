"""The scripts of new-lab, one after another in the job images' environments, on generated data."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.lab_scripts import LabScripts, ScriptError
from classlab.labs import read_lab

LAB = read_lab("new_lab")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that the lab's generator makes."""
    assert LAB.data
    path = tmp_path_factory.mktemp("data") / LAB.data.file
    subprocess.run([sys.executable, "-I", LAB.folder / LAB.data.generator, path], check=True)
    return path


@pytest.fixture
def scripts(environments: Path, tmp_path: Path) -> LabScripts:
    """The lab's scripts, ready to run."""
    return LabScripts.of(LAB, environments=environments, work=tmp_path, small=True)


def test_generated_data_passes_the_gate_and_the_test_set_agrees(scripts: LabScripts, data: Path) -> None:
    gate = LAB.pipeline.gate
    scripts.prepare(data)
    assert scripts.train()[gate.metric] >= gate.at_least
    scripts.infer()
    metrics = scripts.score()
    assert metrics["auc"] >= gate.at_least
    assert metrics["rows"] == 100


def test_the_split_is_the_same_every_time(scripts: LabScripts, data: Path) -> None:
    scripts.prepare(data)
    first = {path: path.read_bytes() for path in (scripts.work / "prepared").rglob("*.csv")}
    scripts.prepare(data)
    assert {path: path.read_bytes() for path in first} == first


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("70.0,x,10.0,yes", "row 1002, column 'weight_g': 'x' is not a finite number"),
        ("70.0,150.0,10.0,perhaps", "row 1002, column 'ripe': 'perhaps' is neither"),
        ("70.0,150.0", "row 1002, column 'ripe': 2 cells where 4 are expected"),
    ],
)
def test_an_error_in_the_data_names_row_and_column(
    scripts: LabScripts, data: Path, tmp_path: Path, row: str, told: str
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(f"{data.read_text()}{row}\n")
    with pytest.raises(ScriptError, match=told):
        scripts.prepare(bad)
