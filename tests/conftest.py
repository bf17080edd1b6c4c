"""The order of a whole run: what takes minutes begins first, so that no worker is alone with it at the end."""

from pathlib import Path

import pytest

_LONGEST_FIRST = ("rehearsal", "labs")
_TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole classes, then the labs' trainings, then everything else as it was found."""
    items.sort(key=lambda item: _rank(item.path.relative_to(_TESTS).parts[0]))


def _rank(folder: str) -> int:
    return _LONGEST_FIRST.index(folder) if folder in _LONGEST_FIRST else len(_LONGEST_FIRST)
