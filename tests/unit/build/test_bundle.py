"""The lab bundle: the same content has the same commit, and nothing in it that is not for attendees."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from classlab.build.bundle import build_notebook, contents, make_bundle
from classlab.errors import UserError
from classlab.labs import Lab
from tests.unit.build.conftest import make_lab


def test_the_same_content_has_the_same_commit_whoever_builds_it(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make_bundle([lab], tmp_path / "one/labs.bundle")
    again = make_lab(tmp_path / "elsewhere")
    for variable, value in {
        "GIT_AUTHOR_DATE": "2021-01-01T00:00:00",
        "GIT_COMMITTER_NAME": "b",
        "TZ": "Asia/Tokyo",
    }.items():
        monkeypatch.setenv(variable, value)
    assert make_bundle([again], tmp_path / "two/labs.bundle") == first
    assert (tmp_path / "one/labs.bundle").read_bytes() == (tmp_path / "two/labs.bundle").read_bytes()


def test_other_content_has_another_commit(lab: Lab, tmp_path: Path) -> None:
    first = make_bundle([lab], tmp_path / "labs.bundle")
    (lab.folder / "train.py").write_text("changed\n")
    assert make_bundle([lab], tmp_path / "labs.bundle") != first


def test_a_clone_is_at_the_commit_and_holds_the_lab(lab: Lab, tmp_path: Path) -> None:
    commit = make_bundle([lab], tmp_path / "labs.bundle")
    clone = tmp_path / "clone"
    plain = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "clone", "-q", tmp_path / "labs.bundle", clone], check=True, env=plain)
    head = subprocess.run(["git", "-C", clone, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    assert head.stdout.strip() == commit
    assert (clone / "tiny/tiny.ipynb").is_file()


def test_sources_and_hidden_files_stay_out(lab: Lab) -> None:
    inside = {path for path in contents([lab]) if path.startswith("tiny/")}
    scripts = {f"tiny/{name}.py" for name in ("prepare", "train", "infer", "score", "generate")}
    assert inside == {*scripts, "tiny/tiny.ipynb", "tiny/requirements.txt"}


def test_the_notebook_runs_on_the_labs_kernel_and_has_no_outputs(lab: Lab) -> None:
    notebook = json.loads(build_notebook(lab))
    assert notebook["metadata"]["kernelspec"]["name"] == "tiny"
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(code) == 2
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert build_notebook(lab) == build_notebook(lab)


def test_a_lab_without_a_notebook_is_named(lab: Lab) -> None:
    (lab.folder / "notebook.py").unlink()
    with pytest.raises(UserError, match=r"notebook\.py: the source"):
        build_notebook(lab)
