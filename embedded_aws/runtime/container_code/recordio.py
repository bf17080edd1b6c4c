"""Read Apache MXNet's RecordIO files of labelled pictures. Standard library only.

A file is a row of records, each padded to four bytes: magic number, then 3 bits that say which part of a whole it is,
29 bits of length, and the data. A payload that holds the magic number at a multiple of four bytes is split there, and
the number left out. A record's payload begins with a header (flag, label, id, id2): with a flag above zero that many
more labels follow and the one in the header means nothing.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

MAGIC = 0xCED7230A
_FRAME = struct.Struct("<II")
_HEADER = struct.Struct("<IfQQ")
_LENGTH_BITS = 29
_WHOLE, _BEGIN, _MIDDLE, _END = range(4)
_MARK = struct.pack("<I", MAGIC)


class RecordError(ValueError):
    """A file that is not RecordIO; the text says where it stops being that."""


@dataclass(frozen=True)
class Record:
    """One labelled payload."""

    identifier: int
    labels: tuple[float, ...]
    payload: bytes


class RecordFile:
    """The records of a file, by number; the file is scanned once and read when a record is asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            empty = path.stat().st_size == 0
            self._data = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._records = self._scan()

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, number: int) -> Record:
        data = _MARK.join(self._data[start:end] for start, end in self._records[number])
        if len(data) < _HEADER.size:
            raise RecordError(f"{self._path}: record {number} is too short for its header")
        flag, label, identifier, _ = _HEADER.unpack_from(data)
        if not flag:
            return Record(identifier, (label,), data[_HEADER.size :])
        end = _HEADER.size + 4 * flag
        if end > len(data):
            raise RecordError(f"{self._path}: record {number} is too short for its {flag} labels")
        return Record(identifier, struct.unpack_from(f"<{flag}f", data, _HEADER.size), data[end:])

    def _scan(self) -> list[list[tuple[int, int]]]:
        """Where the parts of every record are."""
        records: list[list[tuple[int, int]]] = []
        at, open_record = 0, False
        while at < len(self._data):
            part, start, end = self._frame(at)
            if (part in {_MIDDLE, _END}) != open_record:
                raise RecordError(f"{self._path}: at byte {at} a record's parts are out of order")
            if part in {_WHOLE, _BEGIN}:
                records.append([])
            records[-1].append((start, end))
            open_record = part in {_BEGIN, _MIDDLE}
            at = end + -end % 4
        if open_record:
            raise RecordError(f"{self._path}: the last record has no end")
        return records

    def _frame(self, at: int) -> tuple[int, int, int]:
        """Which part begins at a byte, and from where to where its data goes."""
        if at + _FRAME.size > len(self._data):
            raise RecordError(f"{self._path}: the file ends within a record, at byte {at}")
        magic, word = _FRAME.unpack_from(self._data, at)
        start, end = at + _FRAME.size, at + _FRAME.size + (word & ((1 << _LENGTH_BITS) - 1))
        if magic != MAGIC:
            raise RecordError(f"{self._path}: no record begins at byte {at}: it is no RecordIO file, or it is damaged")
        if end > len(self._data):
            raise RecordError(f"{self._path}: the record at byte {at} is longer than the file")
        return word >> _LENGTH_BITS, start, end
