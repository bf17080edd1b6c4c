"""Every rule finds a mistake that is planted, at its file and line, and says nothing of a sound lab."""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from classlab.lab_sources.check import RULES, Finding, check
from tests.unit.lab_sources.conftest import plant

SECTION = "## prepare\n\n## 준비"


class Mistake(NamedTuple):
    """What to plant, and what must be said: words of the text, and its place.

    That is the line where ``where`` stands then, by default the first that was changed; or line 1 of the file ``at``.
    """

    rule: str
    file: str
    old: str
    new: str
    told: str
    where: str = ""
    at: str = ""


YAML, NOTEBOOK, KOREAN, JAPANESE = "lab.yaml", "notebook.py", "notebook.ko.md", "notebook.ja.md"
LOCK, ASKED = "container.txt", "requirements.in"
END = "container.txt\n"  # of what uv writes into a lock that is empty
DATA = "data:\n  file: trial.csv\n  generator: generate.py\n"
TRAINING = "ml.m5.large\n    minutes: 15\n"
SOLUTION, CHECK = '# %% tags=["solution"]', '# %% tags=["check"]'
CODE = "# %%\n1\n\n"
LAST = '\nprint(words["removed"], len(keys))\n'
MISTAKES = [
    Mistake("manifest", YAML, "kernel: trial", "kernal: trial", "kernal: unknown key; did you mean 'kernel'"),
    Mistake("manifest", YAML, "  generator: gen", "  generater: gen", "did you mean 'generator'"),
    Mistake("manifest", YAML, "channels: [", "channels: [{a: [}", "no valid YAML"),
    Mistake("manifest", YAML, "minutes: 15", "minutes: 0", "pipeline.train.minutes: Input should be greater"),
    Mistake("duplicate-keys", YAML, "kernel: trial\n", "kernel: trial\nkernel: x\n", "line 7 already", "kernel: x"),
    Mistake("folder", YAML, "name: trial", "name: other", "'other' and the folder 'trial' differ"),
    Mistake("titles", YAML, "  ko: Trial\n", "", "title: ko is missing", "title:"),
    Mistake("images", YAML, "prepare:\n    image: ", "prepare:\n    image: my-", "prepare: no registry", "my-"),
    Mistake("gpu", YAML, TRAINING, f"{TRAINING}    gpu: true\n", "ml.m5.large has no GPU", "gpu: true"),
    Mistake("gpu", YAML, TRAINING, TRAINING.replace("m5", "g4dn"), "has a GPU, so say"),
    Mistake("gpu", YAML, "expected_minutes: 3, usd", "gpu: true, expected_minutes: 3, usd", "training: ml.m5"),
    Mistake("price", YAML, "expected_minutes: 3, usd: 0.006", "expected_minutes: 3, usd: 0.6", "training: usd is 0.6;"),
    Mistake("price", YAML, "    usd: 0.006\n", "    usd: 0.6\n", "train: usd is 0.6; 3 minutes of ml.m5.large cost"),
    Mistake("price", YAML, TRAINING, TRAINING.replace("m5", "x9"), "no price of ml.x9"),
    Mistake("starts-from", YAML, DATA, "starts_from: nowhere\n", "no lab 'nowhere'"),
    Mistake("starts-from", YAML, DATA, "starts_from: trial\n", "in a circle"),
    Mistake("reads", YAML, "kernel: trial\n", "kernel: trial\nreads: [nowhere]\n", "no lab 'nowhere'", "reads:"),
    Mistake("reads", YAML, "kernel: trial\n", "kernel: trial\nreads: [trial]\n", "the lab itself", "reads:"),
    Mistake("steps", YAML, "channels: [train, validation]", "channels: [train, tests]", "no output 'tests'"),
    Mistake("steps", YAML, "    input: test", "    input: labels2", "infer: prepare has no output 'labels2'"),
    Mistake("files", YAML, "generate.py", "make.py", "make.py is missing: write it"),
    Mistake("files", YAML, "generate.py", "generate.py\n  download: get.py", "get.py is missing", "download:"),
    Mistake("files", YAML, "kernel: trial", "borrows: {score.py: no/x.py}\nkernel: trial", "there is no no/x.py"),
    Mistake("python", "train.py", "def main() -> None:", "def main() -> None", "no valid Python"),
    Mistake("python", NOTEBOOK, "s3 = boto3.client(", "s3 = = boto3.client(", "no valid Python"),
    Mistake("accounts", "infer.py", 'MODEL_FILE = "', 'OWNER = "123456789012"\nMODEL_FILE = "', "123456789012 looks"),
    Mistake("accounts", "infer.py", 'MODEL_FILE = "', 'SET = "s3://sagemaker-us-east-1-123456789012/x"\nMODEL_FILE = "',
            "123456789012 looks"),
    Mistake("accounts", "infer.py", 'MODEL_FILE = "', 'HOST = "123456789012.signin"\nMODEL_FILE = "', "789012 looks"),
    Mistake("accounts", "infer.py", 'MODEL_FILE = "', 'SET = "123456789012_churn"\nMODEL_FILE = "', "789012 looks"),
    Mistake("accounts", NOTEBOOK, "s3 = boto3.client(", "image = 'x.dkr.ecr.y/z'\ns3 = boto3.client(", "address"),
    Mistake("pinned", LOCK, END, f"{END}numpy>=2\n", "numpy>=2 is not pinned", "numpy"),
    Mistake("pinned", LOCK, END, f"{END}numpy==2.*\n", "is not pinned", "numpy"),
    Mistake("pinned", LOCK, END, f"{END}numpy==2.0\n", "numpy==2.0 has no hash", "numpy"),
    Mistake("locked", ASKED, "\npandas\n", "\npandas\npolars[all]  # fast\n", "polars[all] is not what", "polars"),
    Mistake("locked", ASKED, "sagemaker-core==2.27.0", "sagemaker-core==2.26.0", "is not what"),
    Mistake("kernel-python", YAML, "kernel: trial\n", 'kernel: trial\nkernel_python: "3.11"\n', "is locked for 3.12",
            "kernel_python"),
    Mistake("kernel-python", ASKED, "# The notebook's", "# Python 3.11, as torch has wheels for.\n# The notebook's",
            "it is 3.12, but requirements.in is locked for 3.11", at=YAML),
    Mistake("hosts", LOCK, "container.in -o", "--index-url https://pypi.example/ container.in -o", "where packages"),
    Mistake("hosts", ASKED, "\npandas\n", "\n--find-links /wheels\npandas\n", "where packages", "--find-links"),
    Mistake("notebook", NOTEBOOK, '# %% [markdown] name="intro"', 'x\n# %% [markdown] name="intro"', "every cell"),
    Mistake("cell-length", NOTEBOOK, "share = 0\n", "share = 0\n" + "share += 1\n" * 15, "16 lines, 15 at most",
            '# %% tags=["exercise"]'),
    Mistake("explained", NOTEBOOK, SOLUTION, f"{CODE * 9}{SOLUTION}", "cells of text: say more", at=NOTEBOOK),
    Mistake("names", NOTEBOOK, '# %% [markdown] name="seat"', "# %% [markdown]", "without a name"),
    Mistake("names", NOTEBOOK, 'name="seat"', 'name="The seat"', "'The seat' is no name"),
    Mistake("names", NOTEBOOK, 'name="seat"', 'name="data"', "2 cells are named 'data'"),
    Mistake("tags", NOTEBOOK, 'tags=["clean-up"]', 'tags=["cleanup"]', "the tag 'cleanup' means nothing"),
    Mistake("exercise", NOTEBOOK, CHECK, "# %%", "no code cell is tagged 'check'", at=NOTEBOOK),
    Mistake("exercise", NOTEBOOK, SOLUTION, "# %%", "no code cell is tagged 'solution'", at=NOTEBOOK),
    Mistake("exercise", NOTEBOOK, SOLUTION, f"{CODE}{SOLUTION}", "an exercise whose next", '# %% tags=["exercise"]'),
    Mistake("exercise", NOTEBOOK, CHECK, f"{CODE}{CHECK}", "a solution whose next code cell is no check", SOLUTION),
    Mistake("exercise", NOTEBOOK, LAST, f"{LAST}\n# %%\nlast = 1\n", "code behind the clean-up", "# %%\nlast = 1"),
    Mistake("installs", NOTEBOOK, "\nfruits.head()", "\n# %%\n# %pip install x", "installs packages", "# %%\n# %pip"),
    Mistake("words", NOTEBOOK, "print(fruits.shape,", 'print("fruits", fruits.shape,', "'fruits' is shown in English"),
    Mistake("words", NOTEBOOK, "print(fruits.shape,", 'print(f"{len(fruits)} rows", fruits.shape,', "' rows' is shown"),
    Mistake("words", NOTEBOOK, 'xlabel=words["length_mm"]', 'xlabel="length"', "'length' is shown"),
    Mistake("words", NOTEBOOK, "share = 0\n", 'share = 0\npd.Series({"ripe": 1})\n', "'ripe' is shown", "pd.Series({"),
    Mistake("translation", KOREAN, "## prepare\n", "## other\n", "the cell 'prepare' (line", at=KOREAN),
    Mistake("sections", KOREAN, "## prepare\n", "## more\n\n여분\n\n## prepare\n", "no cell named 'more'"),
    Mistake("sections", KOREAN, "## prepare\n", "## data\n\n두 번\n\n## prepare\n", "'data' stands there twice"),
    Mistake("sections", KOREAN, "## intro\n", "처음\n\n## intro\n", "text before the first section"),
    Mistake("sections", KOREAN, "## prepare\n", "## prepare\n\n## nothing\n", "'prepare' is empty"),
    Mistake("translated-code", JAPANESE, "```python\n", "次の通りです。\n```python\n", "one ```python", "## words"),
    Mistake("translated-code", JAPANESE, '"right": "', '"right": = "', "'words': no valid Python", "## words"),
]  # fmt: skip


def lines_of(findings: list[Finding], folder: Path) -> list[tuple[str, str, int]]:
    """Rule, file and line of findings."""
    return [(finding.rule, str(finding.file.relative_to(folder)), finding.line) for finding in findings]


def test_a_sound_lab_has_no_mistake(sound: Path) -> None:
    assert check(sound) == []


def test_every_rule_has_its_mistake_here() -> None:
    elsewhere = {"outputs", "data-file", "kernel"}
    assert {mistake.rule for mistake in MISTAKES} | elsewhere == set(RULES)
    assert all((rule.__doc__ or "").endswith(".") for rule in RULES.values())


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.rule}: {mistake.told}")
def test_a_planted_mistake_is_found_at_its_line(sound: Path, mistake: Mistake) -> None:
    line = plant(sound / mistake.file, mistake.old, mistake.new)
    if mistake.where:
        text = (sound / mistake.file).read_text(encoding="utf-8")
        line = text[: text.index(mistake.where)].count("\n") + 1
    place = (mistake.at, 1) if mistake.at else (mistake.file, line)
    found = [finding for finding in check(sound) if finding.rule == mistake.rule]
    assert (mistake.rule, *place) in lines_of(found, sound)
    assert any(mistake.told in finding.text for finding in found if finding.line == place[1])


@pytest.mark.parametrize("name", ["train.py", "requirements.txt", "container.in", "notebook.py"])
def test_a_missing_file_is_found_at_the_key_that_asks_for_it(sound: Path, name: str) -> None:
    (sound / name).unlink()
    asks = {"train.py": "  train:", "notebook.py": "# The manifest"}.get(name, "kernel:")
    lines = (sound / "lab.yaml").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, start=1) if text.startswith(asks))
    texts = {finding.text for finding in check(sound) if finding.rule == "files" and finding.line == line}
    assert texts == {f"{name} is missing: write it, or name it under `borrows`"}


def test_a_missing_translation_is_found_where_it_should_be(sound: Path) -> None:
    (sound / "notebook.ja.md").unlink()
    assert lines_of(check(sound), sound) == [("translation", "notebook.ja.md", 1)]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("cell", [{"outputs": [{"text": "x"}]}, {"outputs": [], "execution_count": 3}])
def test_outputs_in_a_notebook_that_lies_about_are_found(sound: Path, cell: object, indent: int | None) -> None:
    (sound / "old.ipynb").write_text(json.dumps({"cells": [{"outputs": [], "execution_count": None}]}))
    assert check(sound) == []
    text = json.dumps({"cells": [cell]}, indent=indent)
    (sound / "old.ipynb").write_text(text)
    key = '"execution_count"' if '"execution_count"' in text else '"outputs"'
    line = text[: text.index(key)].count("\n") + 1
    assert lines_of(check(sound), sound) == [("outputs", "old.ipynb", line)]


@pytest.mark.parametrize("name", ["old.ipynb", "settings.json"])
def test_account_ids_are_found_in_notebooks_and_json_too(sound: Path, name: str) -> None:
    clean = {"cells": [], "run": "6fa459ea-ee8a-3ca4-894e-123456789012", "share": 0.123456789012}
    (sound / name).write_text(json.dumps(clean, indent=1))
    assert check(sound) == []
    (sound / name).write_text(json.dumps({**clean, "bucket": "sagemaker-123456789012"}, indent=1))
    assert lines_of(check(sound), sound) == [("accounts", name, 5)]


def test_a_further_notebook_keeps_the_rules_too(sound: Path) -> None:
    plant(sound / "lab.yaml", "kernel: trial", "notebooks: {trial-more: more.py}\nkernel: trial")
    assert lines_of(check(sound), sound) == [("files", "lab.yaml", 7)]
    (sound / "more.py").write_text('# %% [markdown] name="intro"\n# Hello\n')
    (sound / "more.ko.md").write_text("## intro\n\n안녕하세요\n")
    assert lines_of(check(sound), sound) == [("translation", "more.ja.md", 1)]
    (sound / "more.ja.md").write_text("## intro\n\nこんにちは\n")
    (sound / "more.py").write_text('# %% [markdown] name="intro"\n# Hello\n\n# %% tags=["check"]\nprint(1)\n')
    missing = {finding.text for finding in check(sound)}
    assert missing == {f"no code cell is tagged {tag!r}" for tag in ("exercise", "solution", "clean-up")}


def test_what_is_borrowed_need_not_be_there(sound: Path) -> None:
    (sound.parent / "other").mkdir()
    (sound / "score.py").rename(sound.parent / "other/score.py")
    plant(sound / "lab.yaml", "kernel: trial", "borrows: {score.py: other/score.py}\nkernel: trial")
    assert check(sound) == []


def test_labs_beside_each_other_have_data_of_their_own(sound: Path, neighbour: Path) -> None:
    assert check(sound) == []
    line = plant(sound / "lab.yaml", "trial.csv", "other.csv")
    assert lines_of(check(sound), sound) == [("data-file", "lab.yaml", line)]
    plant(neighbour / "lab.yaml", "name: other", "name: Other!")  # what cannot be read is that lab's own mistake
    assert check(sound) == []


def test_labs_beside_each_other_share_a_kernel_only_with_the_same_lock(sound: Path, neighbour: Path) -> None:
    line = plant(sound / "lab.yaml", "kernel: trial", "kernel: other")
    assert check(sound) == []
    plant(neighbour / "requirements.txt", "# This file was autogenerated", "# This was autogenerated")
    assert lines_of(check(sound), sound) == [("kernel", "lab.yaml", line)]


def test_a_folder_without_a_manifest_is_told(tmp_path: Path) -> None:
    (finding,) = check(tmp_path)
    assert (finding.rule, finding.file, finding.line) == ("manifest", tmp_path / "lab.yaml", 1)
