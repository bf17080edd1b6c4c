"""RecordIO as MXNet writes it, byte by byte, and files that are none."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from embedded_aws.runtime.container_code.recordio import MAGIC, RecordError, RecordFile

MARK = struct.pack("<I", MAGIC)


def frame(data: bytes, part: int = 0) -> bytes:
    """One part of a record: 0 whole, 1 first, 2 middle, 3 last."""
    return MARK + struct.pack("<I", part << 29 | len(data)) + data + b"\0" * (-len(data) % 4)


def header(label: float, identifier: int = 0, flag: int = 0) -> bytes:
    return struct.pack("<IfQQ", flag, label, identifier, 0)


def opened(folder: Path, *frames: bytes) -> RecordFile:
    (folder / "a.rec").write_bytes(b"".join(frames))
    return RecordFile(folder / "a.rec")


def test_records_have_numbers_labels_and_payloads_of_any_length(tmp_path: Path) -> None:
    file = opened(tmp_path, frame(header(3, 7) + b"abcde"), frame(header(0, 8)), frame(header(1.5) + b"x" * 4000))
    assert [(item.identifier, item.labels, item.payload) for item in (file[number] for number in range(len(file)))] == [
        (7, (3.0,), b"abcde"),
        (8, (0.0,), b""),
        (0, (1.5,), b"x" * 4000),
    ]


def test_the_magic_number_in_a_payload_parts_it_and_comes_back(tmp_path: Path) -> None:
    first, middle, last = header(2) + b"abcd", b"efgh", b"ij"
    file = opened(tmp_path, frame(first, 1), frame(middle, 2), frame(last, 3), frame(header(4) + b"z"))
    assert (len(file), file[0].payload) == (2, b"abcd" + MARK + b"efgh" + MARK + b"ij")
    assert file[1].labels == (4.0,)


def test_several_labels_stand_before_the_payload(tmp_path: Path) -> None:
    record = opened(tmp_path, frame(header(0, flag=2) + struct.pack("<2f", 1, 5) + b"pixels"))[0]
    assert (record.labels, record.payload) == ((1.0, 5.0), b"pixels")


def test_an_empty_file_holds_no_records(tmp_path: Path) -> None:
    assert len(opened(tmp_path)) == 0


@pytest.mark.parametrize(
    ("frames", "text"),
    [
        ([b"\xff\xd8\xff\xe0 a JPEG"], "no record begins at byte 0"),
        ([frame(b"whole"), MARK], "ends within a record, at byte 16"),
        ([frame(b"x" * 40)[:20]], "at byte 0 is longer than the file"),
        ([frame(b"aaaa", 1)], "the last record has no end"),
        ([frame(b"aaaa", 3)], "at byte 0 a record's parts are out of order"),
        ([frame(b"aaaa", 1), frame(b"bbbb")], "at byte 12 a record's parts are out of order"),
    ],
)
def test_what_is_no_recordio_is_told_with_its_place(tmp_path: Path, frames: list[bytes], text: str) -> None:
    with pytest.raises(RecordError, match=text):
        opened(tmp_path, *frames)


@pytest.mark.parametrize("data", [b"short", header(0, flag=9) + b"abc"])
def test_a_record_without_its_header_is_told(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(RecordError, match="record 0 is too short for its"):
        _ = opened(tmp_path, frame(data))[0]
