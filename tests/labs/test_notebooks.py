"""Every lab of the tree keeps the rules of `classlab labs check`, and its notebooks can be built in every language."""

import ast
from string import Formatter
from typing import get_args

import pytest

from classlab.build.notebook import build_notebooks
from classlab.lab_sources.check import check
from classlab.labs import LABS_FOLDER, SOURCE_LANGUAGE, lab_folders, read_lab
from classlab.settings import Language
from tests.labs.lab_words import words_of


@pytest.mark.parametrize("folder", lab_folders())
def test_a_lab_keeps_the_rules(folder: str) -> None:
    findings = check(LABS_FOLDER / folder)
    assert [f"{finding.file.name}:{finding.line}: {finding.text}" for finding in findings] == []


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("folder", lab_folders())
def test_its_notebooks_can_be_built(folder: str, language: Language) -> None:
    lab = read_lab(folder)
    assert list(build_notebooks(lab, language)) == [lab.name, *lab.notebooks]


@pytest.mark.parametrize("language", get_args(Language))
@pytest.mark.parametrize("folder", lab_folders())
def test_its_words_are_the_sources_with_the_same_gaps(folder: str, language: Language) -> None:
    lab = read_lab(folder)
    english, translated = (
        {name: {key: _gaps(word) for key, word in table.items()} for name, table in words_of(lab, spoken).items()}
        for spoken in (SOURCE_LANGUAGE, language)
    )
    assert translated == english


@pytest.mark.parametrize("folder", lab_folders())
def test_every_word_that_its_code_looks_up_is_there(folder: str) -> None:
    lab = read_lab(folder)
    tables = words_of(lab, SOURCE_LANGUAGE)
    for name, source in lab.notebook_sources.items():
        code = (lab.folder / source).read_text(encoding="utf-8")
        asked = {
            node.slice.value
            for node in ast.walk(ast.parse(code))
            if isinstance(node, ast.Subscript)
            and ast.unparse(node.value) == "words"
            and isinstance(node.slice, ast.Constant)
        }
        assert "right" in asked
        assert asked <= set(tables[name])


def _gaps(word: str) -> list[tuple[str, str]]:
    """What `format` fills in, and how."""
    return sorted((name, form or "") for _, name, form, _ in Formatter().parse(word) if name is not None)
