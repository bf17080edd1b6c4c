"""Files of objects that a request replaces or removes: the old ones stay until the journal knows of it.

An object's record is in the journal and its content in a file. Whoever dies between the two would leave the record of
one content beside the other; so the old file is put back. Numbers grow; the journal notes the last one it has seen to.
"""

from __future__ import annotations

import os
from pathlib import Path


class ReplacedFiles:
    """Old files in a folder: `N` is a link to the content, `N.path` says where it belongs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)
        self._kept: dict[str, int] = {}
        self.last = self.settled = 0

    def keep(self, path: str) -> None:
        """Call before a file is replaced or removed."""
        if path in self._kept or not Path(path).is_file():
            return
        number = self.last + 1
        (self._folder / f"{number}.path").write_text(path)
        os.link(path, self._folder / str(number))
        self._kept[path] = self.last = number

    def settle(self, until: int) -> None:
        """Forget the old files up to a number: the journal has what came after them."""
        for path, number in list(self._kept.items()):
            if number <= until:
                del self._kept[path]
                self._remove(number)
        self.settled = max(self.settled, until)

    def put_back(self, *, after: int) -> None:
        """Put back every old file with a higher number, the oldest last, and forget the others."""
        numbers = sorted((int(path.name) for path in self._folder.iterdir() if path.name.isdecimal()), reverse=True)
        for number in numbers:
            where = self._folder / f"{number}.path"
            if number > after:
                target = Path(where.read_text())
                target.parent.mkdir(parents=True, exist_ok=True)
                (self._folder / str(number)).replace(target)
        for path in self._folder.iterdir():
            path.unlink()
        self.last = self.settled = after

    def _remove(self, number: int) -> None:
        (self._folder / str(number)).unlink()
        (self._folder / f"{number}.path").unlink()
