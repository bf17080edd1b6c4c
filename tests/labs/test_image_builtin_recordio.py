"""The lab's RecordIO: byte for byte what MXNet writes, split records included, and read back as it was."""

import importlib.util
import json
import random
import struct
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import recordio as benchmark

# What MXNet writes of the same items.
_MXNET = """
import json, sys
from mxnet.recordio import IRHeader, MXIndexedRecordIO, pack
target, items = sys.argv[1:]
writer = MXIndexedRecordIO(target + ".idx", target + ".rec", "w")
for number, label, content in json.load(open(items)):
    writer.write_idx(number, pack(IRHeader(0, label, number, 0), bytes.fromhex(content)))
writer.close()
"""
Plain = tuple[int, float | list[float], bytes]


@pytest.fixture(scope="module")
def recordio() -> ModuleType:
    """The lab's module, under a name of its own."""
    spec = importlib.util.spec_from_file_location("builtin_recordio", benchmark.LAB / "recordio.py")
    assert spec
    assert spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def edge_cases(mark: bytes) -> list[bytes]:
    """Contents with the magic number where it hurts: in front, behind, twice, cut, not aligned."""
    twice = [mark + mark, b"abcd" + mark + mark + b"x", mark[:3] + mark, (mark[:2] + mark) * 9, mark * 5]
    return [b"", b"a", b"abcd", mark, b"abcd" + mark, mark + b"ab", b"ab" + mark + b"ab", mark[:3], *twice]


def items_of(mark: bytes) -> list[Plain]:
    """Edge cases, then random contents with and without the magic number; labels of all kinds."""
    chance = random.Random(4)  # noqa: S311 - test data, no secrets
    pieces = [mark, mark[:1], b"zz", b"\0\0\0", b"four"]
    contents = [b"".join(chance.choices(pieces, k=chance.randrange(40))) for _ in range(200)]
    contents = [*edge_cases(mark), *contents, chance.randbytes(100_000)]
    as_label = struct.unpack("<f", mark)[0]  # the header itself then holds the magic number, at a multiple of four
    labels: list[float | list[float]] = [3.0, as_label, [1.0, 0.5], [as_label]]
    return [(number, labels[number % 4], content) for number, content in enumerate(contents)]


def write(recordio: ModuleType, items: list[Plain], target: Path) -> None:
    with recordio.Writer(target) as writer:
        for number, label, content in items:
            writer.write(recordio.Item(number=number, label=label, content=content))


def test_files_are_those_of_mxnet(recordio: ModuleType, tmp_path: Path) -> None:
    items = items_of(recordio.MARK)
    write(recordio, items, tmp_path / "ours")
    listing = tmp_path / "items.json"
    listing.write_text(json.dumps([(number, label, content.hex()) for number, label, content in items]))
    subprocess.run([benchmark.mxnet().python, "-c", _MXNET, tmp_path / "theirs", listing], check=True)
    for suffix in (".rec", ".idx"):
        ours, theirs = ((tmp_path / f"{name}{suffix}").read_bytes() for name in ("ours", "theirs"))
        assert ours == theirs, suffix
    split = sum(
        len(recordio.parts(recordio.packed(recordio.Item(number=0, label=0, content=c)))) > 1 for *_, c in items
    )
    assert split > 50  # of them; else nothing of this was tested


def test_records_are_read_as_they_were_written(recordio: ModuleType, tmp_path: Path) -> None:
    items = items_of(recordio.MARK)
    write(recordio, items, tmp_path / "t")
    found = list(recordio.read(tmp_path / "t.rec"))
    assert [(item.number, item.content) for item in found] == [(number, content) for number, _, content in items]
    assert [item.label for item in found if isinstance(item.label, float)][:2] == [3.0, items[1][1]]
    assert found[2].label == (1.0, 0.5)


def test_the_index_says_where_records_begin(recordio: ModuleType, tmp_path: Path) -> None:
    write(recordio, items_of(recordio.MARK), tmp_path / "t")
    content = (tmp_path / "t.rec").read_bytes()
    for line in (tmp_path / "t.idx").read_text().splitlines():
        place = int(line.split("\t")[1])
        assert place % 4 == 0
        assert content[place : place + 4] == recordio.MARK


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content[:-4], "is cut off"),
        (lambda content: content + b"xy", "no record begins at byte"),
        (lambda content: b"x" + content, "no record begins at byte 0"),
        (lambda content: content[:8] + content[12:], "no record begins at byte|is cut off"),
        (lambda content: content[:4] + struct.pack("<I", 2 << 29 | 32) + content[8:], "out of order"),
        (lambda content: content[:4] + struct.pack("<I", 1 << 29 | 32) + content[8:], "has no end"),
        (lambda content: content[:4] + struct.pack("<I", 8) + content[8:16], "too short for its header"),
    ],
)
def test_a_damaged_file_is_told(recordio: ModuleType, tmp_path: Path, damage: object, said: str) -> None:
    write(recordio, [(0, 1.0, b"picture!")], tmp_path / "t")
    path = tmp_path / "t.rec"
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator] # one of the lambdas above
    with pytest.raises(recordio.RecordError, match=said):
        list(recordio.read(path))


def test_a_record_may_not_be_longer_than_its_length_can_say(
    recordio: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordio, "LONGEST", 100)
    assert len(recordio.framed(bytes(100))) == 108
    with pytest.raises(recordio.RecordError, match="101 bytes is longer than the 100"):
        recordio.framed(bytes(101))


def test_a_line_of_the_list_is_im2rec_s(recordio: ModuleType) -> None:
    assert recordio.listed(7, 3, "cat/a.jpg") == "7\t3.000000\tcat/a.jpg\n"
