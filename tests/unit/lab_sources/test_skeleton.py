"""`classlab labs new`: a lab of its own name that keeps every rule, and overwrites nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from classlab.build import pack
from classlab.build.bundle import contents
from classlab.errors import UserError
from classlab.lab_sources.check import check
from classlab.lab_sources.skeleton import TEMPLATES, begin
from classlab.labs import read_lab


def begin_in(folder: Path, name: str) -> tuple[Path, Path]:
    """A new lab below a folder."""
    return begin(name, labs_folder=folder / "labs", tests_folder=folder / "tests")


def test_a_new_lab_has_its_own_name_everywhere_and_no_mistake(tmp_path: Path) -> None:
    folder, test = begin_in(tmp_path, "soil-samples")
    assert (folder, test) == (tmp_path / "labs/soil_samples", tmp_path / "tests/test_soil_samples.py")
    assert check(folder) == []
    lab = read_lab("soil_samples", tmp_path / "labs")
    assert (lab.name, lab.kernel, lab.titled("ja")) == ("soil-samples", "soil-samples", "Soil samples")
    assert lab.data
    assert lab.data.file == "soil_samples.csv"
    texts = [path.read_text(encoding="utf-8") for path in (test, *folder.iterdir())]
    assert not [text for text in texts if "new-lab" in text or "new_lab" in text or "New lab" in text]


def test_a_new_lab_can_be_bundled_and_has_the_templates_pack(tmp_path: Path) -> None:
    for name in ("one", "two"):
        begin_in(tmp_path, name)
    one, two = (read_lab(name, tmp_path / "labs") for name in ("one", "two"))
    assert "two/two.ipynb" in contents([one, two], language="ja", region="us-east-1")
    assert pack.recipe_of(one) == pack.recipe_of(two)


def test_its_generator_writes_the_same_data_every_time(tmp_path: Path) -> None:
    folder, _ = begin_in(tmp_path, "trial")
    for name in ("one.csv", "two.csv"):
        subprocess.run([sys.executable, "-I", folder / "generate.py", tmp_path / name], check=True)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


@pytest.mark.parametrize("name", ["Trial", "my_lab", "1st", "a-name-that-is-too-long"])
def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=rf"'{name}' is no name of a lab: 20 lower case letters"):
        begin_in(tmp_path, name)
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder, test = begin_in(tmp_path, "trial")
    (folder / "lab.yaml").write_text("mine")
    with pytest.raises(UserError, match="labs/trial is there already: choose another name"):
        begin_in(tmp_path, "trial")
    assert (folder / "lab.yaml").read_text() == "mine"
    with pytest.raises(UserError, match=r"test_trial\.py is there already"):
        begin("trial", labs_folder=tmp_path / "others", tests_folder=test.parent)


def test_the_template_itself_is_a_sound_lab() -> None:
    assert check(TEMPLATES / "new_lab") == []
