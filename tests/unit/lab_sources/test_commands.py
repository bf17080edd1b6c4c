"""`classlab labs`: what its commands print and leave, and which status they end with."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from classlab.cli import labs
from classlab.cli.main import main
from classlab.lab_sources.prices import cost, hourly_prices
from classlab.labs import lab_folders, read_lab
from tests.unit.lab_sources.conftest import plant


def run(*words: str) -> Result:
    """A command of the group."""
    return CliRunner().invoke(main, ["labs", *words], catch_exceptions=False)


@pytest.fixture
def only_trial(sound: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The new lab is the only one of the tree."""
    monkeypatch.setattr(labs, "LABS_FOLDER", sound.parent)
    monkeypatch.setattr(labs, "PROJECT", sound.parents[1])
    return sound


def test_the_list_says_what_a_lab_takes_on_aws(only_trial: Path) -> None:
    plant(only_trial / "lab.yaml", "ml.m5.large\n    minutes: 15\n", "ml.g4dn.xlarge\n    minutes: 15\n    gpu: true\n")
    lines = [line.split() for line in run("list").output.splitlines()]
    assert ["trial", "trial", "prepare", "4", "0.003"] in lines
    assert ["Trial", "train", "yes", "3", "0.006"] in lines
    assert ["sum", "17", "0.024"] in lines
    assert ["notebook:", "training", "3", "0.006"] in lines
    assert ["notebook:", "sum", "3", "0.006"] in lines


def test_the_list_for_machines(only_trial: Path) -> None:
    (row,) = json.loads(run("list", "--json").output)
    assert (row["lab"], row["kernel"], row["gpu"], row["minutes"], row["usd"]) == ("trial", "trial", False, 17, 0.024)
    assert row["steps"]["train"]["instance_type"] == "ml.m5.large"
    assert row["titles"]["ko"] == "Trial"
    assert (row["notebook_minutes"], row["notebook_usd"]) == (3, 0.006)
    assert row["notebook"]["training"]["instance_type"] == "ml.m5.large"


def test_every_lab_of_the_tree_is_listed() -> None:
    assert {row["lab"] for row in json.loads(run("list", "--json").output)} == {
        read_lab(folder).name for folder in lab_folders()
    }


def test_a_sound_lab_ends_with_status_0(only_trial: Path) -> None:
    done = run("check")
    assert (done.exit_code, done.output) == (0, "1 labs checked, 0 mistakes\n")
    assert json.loads(run("check", "trial", "--json").output) == []


def test_mistakes_are_told_with_file_and_line_and_status_1(only_trial: Path) -> None:
    line = plant(only_trial / "lab.yaml", "    usd: 0.006\n", "    usd: 0.6\n")
    done = run("check", "trial")
    assert done.exit_code == 1
    assert done.stdout.startswith(f"labs/trial/lab.yaml:{line}: train: usd is 0.6;")
    assert done.stdout.endswith("[price]\n")
    (finding,) = json.loads(run("check", "--json").output)
    assert (finding["rule"], finding["file"], finding["line"]) == ("price", "labs/trial/lab.yaml", line)


def test_an_unknown_lab_is_refused_with_the_known_ones(only_trial: Path) -> None:
    done = run("check", "trail")
    assert done.exit_code == 2
    assert "there is no lab 'trail'; known labs: trial" in done.stderr


@pytest.mark.parametrize(
    ("words", "file", "solved"),
    [
        ((), "trial.en.ipynb", False),
        (("--lang", "ko"), "trial.ko.ipynb", False),
        (("--lang", "ja", "--solutions"), "trial.ja.solutions.ipynb", True),
    ],
)
def test_notebooks_are_built_to_look_at(
    only_trial: Path, tmp_path: Path, words: tuple[str, ...], file: str, *, solved: bool
) -> None:
    done = run("build", "trial", "--into", str(tmp_path / "out"), *words)
    assert done.output.strip() == str(tmp_path / "out/trial" / file)
    notebook = json.loads((tmp_path / "out/trial" / file).read_text(encoding="utf-8"))
    assert any("solution" in cell["metadata"].get("tags", ()) for cell in notebook["cells"]) == solved
    assert not any(cell.get("outputs") for cell in notebook["cells"])


def test_a_new_lab_is_begun_and_passes(only_trial: Path) -> None:
    done = run("new", "soil-samples")
    assert done.exit_code == 0
    assert (only_trial.parents[1] / "tests/labs/test_soil_samples.py").is_file()
    assert run("check", "soil-samples").exit_code == 0
    assert run("new", "soil-samples").exit_code == 2


def test_minutes_cost_what_the_price_list_says() -> None:
    step = read_lab("churn_xgboost").pipeline.train
    half_an_hour = step.model_copy(update={"expected_minutes": 30.0})
    assert cost(half_an_hour) == pytest.approx(hourly_prices()["ml.m5.large"] / 2)
    assert cost(half_an_hour.model_copy(update={"instance_type": "ml.x9.large"})) is None
