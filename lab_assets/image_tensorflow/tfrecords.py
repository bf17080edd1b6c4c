"""Write TFRecords without TensorFlow, which the processing image does not have and this needs 300 MB of.

A file is one record after another: length (8 bytes), its checksum, the bytes, their checksum; all little-endian, each
checksum a CRC-32C that is turned and raised ("masked") so that records of records stay safe. The bytes are a
``tf.train.Example``, a protocol buffer: what is in it is written here by hand. Numbers of fields and types are those
of tensorflow/core/example/{example,feature}.proto, the framing is that of tensorflow/core/lib/io/record_writer.h.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

POLYNOMIAL = 0x82F63B78  # Castagnoli's, its bits reversed
ALL_ONES = 0xFFFFFFFF
MASK_DELTA = 0xA282EAD8
BYTES_LIST, INT64_LIST = 1, 3  # fields of a Feature
DELIMITED = 2  # wire type: a length, then that many bytes
Value = bytes | Sequence[int]


def example(values: Mapping[str, Value]) -> bytes:
    """A ``tf.train.Example``: bytes become a bytes feature, whole numbers (not negative) an int64 feature."""
    entries = (_field(1, _field(1, name.encode()) + _field(2, _feature(value))) for name, value in values.items())
    return _field(1, b"".join(entries))


def _feature(value: Value) -> bytes:
    if isinstance(value, bytes):
        return _field(BYTES_LIST, _field(1, value))
    return _field(INT64_LIST, _field(1, b"".join(_varint(number) for number in value)))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | DELIMITED) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def write(path: Path, records: Sequence[bytes]) -> None:
    """A file of records."""
    lengths = [len(record).to_bytes(8, "little") for record in records]
    parts = zip(lengths, masked(checksums(lengths)), records, masked(checksums(records)), strict=True)
    path.write_bytes(b"".join(part for record in parts for part in record))


def masked(found: np.ndarray) -> Iterator[bytes]:
    """Each checksum as the four bytes that a file holds."""
    turned = ((found >> 15 | found << 17).astype(np.uint64) + MASK_DELTA) & ALL_ONES
    return (int(one).to_bytes(4, "little") for one in turned)


def checksums(messages: Sequence[bytes]) -> np.ndarray:
    """CRC-32C of every message (four bytes at least), shape (messages,): all at once, two bytes a step.

    Zeros in front of a message change nothing where the register begins with zeros; the ones that it has to begin with
    are put into the message's first four bytes instead. So messages of any lengths end in the same step.
    """
    longest = max((len(message) for message in messages), default=0)
    padded = np.zeros((len(messages), longest + longest % 2), np.uint8)
    for row, message in zip(padded, messages, strict=True):
        start = len(row) - len(message)
        row[start:] = np.frombuffer(message, np.uint8)
        row[start : start + 4] ^= 0xFF
    register, table = np.zeros(len(messages), np.uint32), _table()
    for pairs in np.ascontiguousarray(padded.view("<u2").T):
        register = table[(register ^ pairs) & 0xFFFF] ^ register >> 16
    return register ^ ALL_ONES


@cache
def _table() -> np.ndarray:
    """What two bytes do to the register, for each of their values."""
    register = np.arange(1 << 16, dtype=np.uint32)
    for _ in range(16):
        register = register >> 1 ^ (register & 1) * np.uint32(POLYNOMIAL)
    return register
