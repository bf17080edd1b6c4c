"""A lab that `classlab labs new` writes comes with tests that pass: its scripts run from generator to score."""

import subprocess
import sys
from pathlib import Path

from classlab.cdk import PROJECT
from classlab.lab_sources.skeleton import begin

# What the tree gives the tests of its labs; only that this lab lies elsewhere.
_CONFTEST = """
from functools import partial
from pathlib import Path

from classlab import labs
from tests.labs.conftest import environments

labs.read_lab = partial(labs.read_lab, labs_folder=Path({folder!r}))
"""


def test_a_new_labs_own_tests_pass(environments: Path, tmp_path: Path) -> None:
    folder, test = begin("trial", labs_folder=tmp_path / "labs", tests_folder=tmp_path / "tests")
    (test.parent / "conftest.py").write_text(_CONFTEST.format(folder=str(folder.parent)), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(tmp_path / "pytest.ini")]
    done = subprocess.run([*command, str(test)], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("5 passed")
