"""Write and read RecordIO, MXNet's format for many labelled pictures in one file. Standard library only.

A file is a row of records. A record is the magic number, a word of 3 bits (which part of a whole it is) and 29 bits
(bytes of data), the data, and zeros up to a multiple of four bytes. Where the data holds the magic number at such a
multiple, a reader that looks for the beginning of a record would be led astray: there the record is split and the
magic number left out. A record's data is a header (flag, label, id, id2) and the picture's file. ``.idx`` beside it
says at which byte each record begins, ``.lst`` which picture it was made of.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TextIO

MAGIC = 0xCED7230A
MARK = struct.pack("<I", MAGIC)
FRAME = struct.Struct("<II")  # magic number; part and length
HEADER = struct.Struct("<IfQQ")  # flag, label, id, id2
LENGTH_BITS = 29
LONGEST = (1 << LENGTH_BITS) - 1  # bytes of a record
ALIGNMENT = len(MARK)
WHOLE, FIRST, MIDDLE, LAST = range(4)


class RecordError(ValueError):
    """A record that cannot be written, or a file that is no RecordIO; the text says what and where."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """A labelled picture; ``label`` is a class's number, or several numbers (stored as 32-bit floats)."""

    number: int
    label: float | Sequence[float]
    content: bytes


def packed(item: Item) -> bytes:
    """A record's data: the header, further labels where there are several, and the picture's file."""
    if isinstance(item.label, Sequence):
        labels = struct.pack(f"<{len(item.label)}f", *item.label)
        return HEADER.pack(len(item.label), 0, item.number, 0) + labels + item.content
    return HEADER.pack(0, item.label, item.number, 0) + item.content


def unpacked(data: bytes) -> Item:
    """What :func:`packed` packed; raises :class:`RecordError` where the data is too short."""
    try:
        flag, label, number, _ = HEADER.unpack_from(data)
        labels = struct.unpack_from(f"<{flag}f", data, HEADER.size)
    except struct.error as error:
        raise RecordError(f"a record of {len(data)} bytes is too short for its header: {error}") from error
    return Item(number=number, label=labels if flag else label, content=data[HEADER.size + ALIGNMENT * flag :])


def parts(data: bytes) -> list[bytes]:
    """The data cut at every magic number that stands at a multiple of four bytes, the magic number left out."""
    found, start = [], 0
    place = data.find(MARK)
    while place >= 0:
        aligned = place % ALIGNMENT == 0
        if aligned:
            found.append(data[start:place])
            start = place + ALIGNMENT
        place = data.find(MARK, start if aligned else place + 1)
    return [*found, data[start:]]


def framed(data: bytes) -> bytes:
    """One record as it stands in the file."""
    if len(data) > LONGEST:
        raise RecordError(f"a record of {len(data):,} bytes is longer than the {LONGEST:,} that the format allows")
    pieces = parts(data)
    last = len(pieces) - 1
    kinds = [WHOLE] if not last else [FIRST, *[MIDDLE] * (last - 1), LAST]
    frames = [
        FRAME.pack(MAGIC, kind << LENGTH_BITS | len(piece)) + piece for kind, piece in zip(kinds, pieces, strict=True)
    ]
    return b"".join(frames) + bytes(-len(data) % ALIGNMENT)


class Writer:
    """Writes ``<path>.rec`` and ``<path>.idx``; to be used in a ``with``."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._records: BinaryIO = path.with_suffix(".rec").open("wb")
        self._index: TextIO = path.with_suffix(".idx").open("w", encoding="ascii", newline="\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._records.close()
        self._index.close()

    def write(self, item: Item) -> None:
        """Add a picture."""
        self._index.write(f"{item.number}\t{self._records.tell()}\n")
        self._records.write(framed(packed(item)))


def read(path: Path) -> Iterator[Item]:
    """The pictures of a ``.rec`` file in its order; raises :class:`RecordError` that names the byte."""
    pieces: list[bytes] = []
    with path.open("rb") as file:
        while frame := file.read(FRAME.size):
            at = file.tell() - len(frame)
            magic, word = FRAME.unpack(frame) if len(frame) == FRAME.size else (0, 0)
            if magic != MAGIC:
                raise RecordError(f"{path}: no record begins at byte {at}: it is no RecordIO file, or it is damaged")
            kind, length = word >> LENGTH_BITS, word & LONGEST
            padded = file.read(length + -length % ALIGNMENT)
            if len(padded) < length or (kind in {MIDDLE, LAST}) != bool(pieces):
                raise RecordError(f"{path}: the record at byte {at} is cut off, or its parts are out of order")
            pieces.append(padded[:length])
            if kind in {WHOLE, LAST}:
                yield unpacked(MARK.join(pieces))
                pieces = []
    if pieces:
        raise RecordError(f"{path}: the last record has no end")


def listed(number: int, label: int, path: str) -> str:
    """A line of a ``.lst`` file, as im2rec writes it."""
    return f"{number}\t{label:f}\t{path}\n"
