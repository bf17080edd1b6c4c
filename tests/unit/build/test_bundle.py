"""The lab bundle: the same content has the same commit, and nothing in it that is not for attendees."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from classlab.build.bundle import contents, make_bundle
from classlab.labs import Lab
from classlab.settings import Language
from tests.unit.build.conftest import make_lab


def make(labs: list[Lab], target: Path, language: Language = "en", region: str = "us-east-1") -> str:
    """The bundle of a class."""
    return make_bundle(labs, target, language=language, region=region)


def test_the_same_content_has_the_same_commit_whoever_builds_it(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make([lab], tmp_path / "one/labs.bundle")
    again = make_lab(tmp_path / "elsewhere")
    for variable, value in {
        "GIT_AUTHOR_DATE": "2021-01-01T00:00:00",
        "GIT_COMMITTER_NAME": "b",
        "TZ": "Asia/Tokyo",
    }.items():
        monkeypatch.setenv(variable, value)
    assert make([again], tmp_path / "two/labs.bundle") == first
    assert (tmp_path / "one/labs.bundle").read_bytes() == (tmp_path / "two/labs.bundle").read_bytes()


def test_other_content_has_another_commit(lab: Lab, tmp_path: Path) -> None:
    commits = [make([lab], tmp_path / "labs.bundle"), make([lab], tmp_path / "labs.bundle", language="ja")]
    commits.append(make([lab], tmp_path / "labs.bundle", region="eu-central-1"))
    (lab.folder / "train.py").write_text("changed\n")
    commits.append(make([lab], tmp_path / "labs.bundle"))
    assert len(set(commits)) == 4


def test_a_clone_is_at_the_commit_and_holds_the_lab(lab: Lab, tmp_path: Path) -> None:
    commit = make([lab], tmp_path / "labs.bundle")
    clone = tmp_path / "clone"
    plain = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "clone", "-q", tmp_path / "labs.bundle", clone], check=True, env=plain)
    head = subprocess.run(["git", "-C", clone, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    assert head.stdout.strip() == commit
    assert (clone / "tiny/tiny.ipynb").is_file()


def test_what_the_builder_lets_git_ignore_is_there_all_the_same(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make([lab], tmp_path / "labs.bundle")
    (tmp_path / "git").mkdir()
    (tmp_path / "git/ignore").write_text("*.ipynb\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert make([lab], tmp_path / "labs.bundle") == first


def test_sources_solutions_translations_and_hidden_files_stay_out(lab: Lab) -> None:
    for stray in ("old.ipynb", "old.ko.md", "lab.json"):
        (lab.folder / stray).write_text("stray")
    files = contents([lab], language="ko", region="us-east-1")
    scripts = {f"tiny/{name}.py" for name in ("prepare", "train", "infer", "score", "generate", "download")}
    notebooks = {"tiny/tiny.ipynb", "tiny/tiny-more.ipynb"}
    others = {"tiny/lab.json", "tiny/matplotlibrc", "tiny/requirements.txt"}
    assert {path for path in files if path.startswith("tiny/")} == scripts | notebooks | others
    assert not [path for path, content in files.items() if b"answer = 42" in content]


def test_files_are_borrowed_from_other_labs(lab: Lab) -> None:
    (lab.folder / "score.py").unlink()
    (lab.folder.parent / "shared.py").write_text("one source")
    borrowing = lab.model_copy(update={"borrows": {"score.py": "shared.py"}})
    assert contents([borrowing], language="en", region="us-east-1")["tiny/score.py"] == b"one source"


def test_a_labs_own_fonts_come_before_the_common_ones(lab: Lab) -> None:
    common = contents([lab], language="en", region="us-east-1")["tiny/matplotlibrc"]
    assert b"NanumGothic" in common
    (lab.folder / "matplotlibrc").write_text("its own")
    assert contents([lab], language="en", region="us-east-1")["tiny/matplotlibrc"] == b"its own"


def test_the_first_page_is_in_the_classs_language(lab: Lab) -> None:
    readme = contents([lab], language="ja", region="us-east-1")["README.md"].decode()
    assert readme.startswith("# ラボ\n")
    assert "- [小さなラボ](tiny/tiny.ipynb)" in readme


def test_the_description_says_what_the_notebook_needs_of_the_manifest(lab: Lab) -> None:
    described = json.loads(contents([lab], language="ko", region="eu-central-1")["tiny/lab.json"])
    image = "492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-xgboost:3.2-0"
    steps = ("prepare", "train", "infer", "score")
    assert described == {
        "name": "tiny",
        "title": "작은 실습",
        "language": "ko",
        "region": "eu-central-1",
        "images": dict.fromkeys(steps, image),
        "instance_types": dict.fromkeys(steps, "ml.t3.medium"),
        "hyperparameters": {"depth": "2"},
        "settings": {"prepare": {"SIZE": "32"}},
        "small": {"prepare": {}, "train": {"depth": "1"}},
        "starts_from": "",
        "gate": {"metric": "auc", "at_least": 0.5},
    }


def test_the_description_names_the_lab_that_comes_before(lab: Lab, tmp_path: Path) -> None:
    first = make_lab(tmp_path / "labs", "first_one")
    later = lab.model_copy(update={"data": None, "starts_from": first.folder.name})
    described = json.loads(contents([later], language="en", region="us-east-1")["tiny/lab.json"])
    assert described["starts_from"] == "first-one"
