"""The job's channels as labelled pictures: RecordIO files, or picture files with lists of their labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ..recordio import RecordError, RecordFile
from .failures import CustomerError

RECORDIO = "application/x-recordio"
PICTURES = ("application/x-image", "image/jpeg", "image/png")


class Pictures(Protocol):
    """Encoded pictures and the numbers of their classes."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, number: int) -> tuple[bytes, int]:
        """A picture's file and its class."""


class RecordPictures:
    """Those of the RecordIO files below a directory."""

    def __init__(self, folder: Path, name: str) -> None:
        paths = sorted(folder.rglob("*.rec"))
        if not paths:
            raise CustomerError(f"There is no .rec file in the {name} channel.")
        try:
            self._files = [RecordFile(path) for path in paths]
        except RecordError as error:
            raise CustomerError(f"Invalid RecordIO file in the {name} channel: {error}") from error
        self._places = [(file, number) for file in self._files for number in range(len(file))]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, number: int) -> tuple[bytes, int]:
        file, place = self._places[number]
        record = file[place]
        if len(record.labels) != 1:
            raise CustomerError(f"record {record.identifier} has {len(record.labels)} labels: multi_label is not here")
        return record.payload, int(record.labels[0])


class ListedPictures:
    """Those that a .lst file names: number, class and path with tabs between them."""

    def __init__(self, folder: Path, listing: Path, name: str) -> None:
        lists = sorted(listing.rglob("*.lst"))
        if len(lists) != 1:
            raise CustomerError(f"The {name}_lst channel must hold one .lst file; it holds {len(lists)}.")
        self._items = [
            self._item(folder, line, f"{lists[0].name}, line {number}")
            for number, line in enumerate(lists[0].read_text().splitlines(), start=1)
            if line.strip()
        ]

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, number: int) -> tuple[bytes, int]:
        path, label = self._items[number]
        return path.read_bytes(), label

    @staticmethod
    def _item(folder: Path, line: str, place: str) -> tuple[Path, int]:
        fields = line.split("\t")
        try:
            path, label = folder / fields[2].strip(), int(float(fields[1]))
        except (IndexError, ValueError):
            raise CustomerError(f"Invalid lst file: {place} is not INDEX, CLASS and PATH with tabs between") from None
        if not path.is_file():
            raise CustomerError(f"Invalid lst file: {place} names {fields[2].strip()}, which the channel does not have")
        return path, label


def open_channel(folder: Path, configuration: Mapping[str, Any], name: str) -> Pictures:
    """The pictures of a channel; `folder` holds a directory for each channel, `configuration` says what is in them."""
    _need(configuration, name)
    kind = str(configuration[name].get("ContentType") or "").split(";")[0].strip().lower()
    if kind == RECORDIO:
        return RecordPictures(folder / name, name)
    if kind in PICTURES:
        _need(configuration, f"{name}_lst")
        return ListedPictures(folder / name, folder / f"{name}_lst", name)
    raise CustomerError(
        f"The content type {kind or 'None'!r} of the {name} channel is not supported: it must be one of "
        f"{', '.join((RECORDIO, *PICTURES))}"
    )


def refuse_model(configuration: Mapping[str, Any]) -> None:
    """Training cannot go on from another model here."""
    if "model" in configuration:
        raise CustomerError("the model channel (incremental training) is not implemented by the embedded AWS")


def _need(configuration: Mapping[str, Any], name: str) -> None:
    if name not in configuration:
        raise CustomerError(
            "Unable to initialize the algorithm. Failed to validate input data configuration. (caused by "
            f"ValidationError)\n\nCaused by: '{name}' is a required property"
        )
