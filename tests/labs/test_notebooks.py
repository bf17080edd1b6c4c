"""Every lab of the tree keeps the rules of `classlab labs check`, and its notebooks can be built in every language."""

from typing import get_args

import pytest

from classlab.build.notebook import build_notebooks
from classlab.lab_sources.check import check
from classlab.labs import LABS_FOLDER, lab_folders, read_lab
from classlab.settings import Language


@pytest.mark.parametrize("folder", lab_folders())
def test_a_lab_keeps_the_rules(folder: str) -> None:
    findings = check(LABS_FOLDER / folder)
    assert [f"{finding.file.name}:{finding.line}: {finding.text}" for finding in findings] == []


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("folder", lab_folders())
def test_its_notebooks_can_be_built(folder: str, language: Language) -> None:
    lab = read_lab(folder)
    assert list(build_notebooks(lab, language)) == [lab.name, *lab.notebooks]
