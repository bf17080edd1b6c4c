"""A lab that keeps every rule, to plant mistakes in."""

from pathlib import Path

import pytest

from classlab.lab_sources.skeleton import begin


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """The folder of a new lab called `trial`."""
    folder, _ = begin("trial", labs_folder=tmp_path / "labs", tests_folder=tmp_path / "tests")
    return folder


@pytest.fixture
def neighbour(tmp_path: Path) -> Path:
    """The folder of a lab called `other` beside it."""
    folder, _ = begin("other", labs_folder=tmp_path / "labs", tests_folder=tmp_path / "tests")
    return folder


def plant(path: Path, old: str, new: str) -> int:
    """Put a mistake in the place of a text that stands there once; returns its line, from 1."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1
