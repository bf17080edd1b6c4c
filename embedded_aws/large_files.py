"""Reads files so that a part of a large one can be taken without the rest."""

from __future__ import annotations

import mmap
from pathlib import Path

_LARGE = 1 << 20


def read_file(path: Path) -> bytes | memoryview:
    """A file's content; a large one is mapped, and slices of it read only what they hold."""
    with path.open("rb") as file:
        if path.stat().st_size < _LARGE:
            return file.read()
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
