"""What the rules look at: a lab's folder as it lies there, complete or not; and what they say."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from classlab.errors import UserError
from classlab.lab_sources.cells import Cell, read_cells
from classlab.lab_sources.manifest import Key, ManifestText, read_manifest
from classlab.labs import NOTEBOOK_SOURCE, Lab
from classlab.settings import mistakes


class Remark(NamedTuple):
    """A mistake and its place."""

    file: Path
    line: int  # from 1
    text: str


@dataclass(frozen=True)
class Subject:
    """One lab's folder."""

    folder: Path

    @cached_property
    def manifest(self) -> ManifestText:
        """The manifest's text."""
        return read_manifest(self.folder / "lab.yaml")

    @cached_property
    def _read(self) -> tuple[Lab | None, list[tuple[Key, str]]]:
        document = self.manifest.document
        if not isinstance(document, dict):
            return None, [((), "a manifest is a mapping of keys to values")]
        try:
            return Lab.model_validate({**document, "folder": self.folder}), []
        except ValidationError as error:
            return None, mistakes(error, Lab)

    @property
    def lab(self) -> Lab | None:
        """What the manifest says, or None where it is not valid: most rules then have nothing to look at."""
        return self._read[0]

    @property
    def invalid(self) -> list[tuple[Key, str]]:
        """Keys of the manifest and what is wrong with them."""
        return self._read[1]

    @property
    def sources(self) -> list[Path]:
        """The notebooks' sources that are there."""
        names = list(self.lab.notebook_sources.values()) if self.lab else [NOTEBOOK_SOURCE]
        return [self.folder / name for name in names if (self.folder / name).is_file()]

    @cached_property
    def notebooks(self) -> dict[Path, list[Cell]]:
        """The cells of every source that can be read."""
        return {path: cells for path in self.sources if (cells := _cells(path)) is not None}

    def files(self, *patterns: str) -> list[Path]:
        """Files of the folder by the patterns of their names, sorted."""
        return sorted({path for pattern in patterns for path in self.folder.glob(pattern) if path.is_file()})

    def at(self, *key: int | str, text: str) -> Remark:
        """A remark about a key of the manifest."""
        return Remark(self.manifest.path, self.manifest.line(*key), text)


Look = Callable[[Subject], Iterator[Remark]]


def _cells(path: Path) -> list[Cell] | None:
    try:
        return read_cells(path)
    except (UserError, SyntaxError, ValueError):
        return None  # the rule about sources says what is wrong with it
