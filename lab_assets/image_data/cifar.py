"""Read a batch of CIFAR-10's Python version: a pickle, so only after its checksum matched, and nothing but arrays."""

import io
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from archive import DataError

FROG = 6
SIDE = 32  # pixels
HARMLESS = {  # all that a pickled batch is made of; numpy 2 has moved its functions
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("_codecs", "encode"),
}


@dataclass(frozen=True)
class CifarPicture:
    """One picture of the batch: its name there, and its pixels, (32, 32, 3) uint8."""

    name: str
    pixels: np.ndarray


class _ArraysOnly(pickle.Unpickler):
    """A pickle may name any function to be called while it is read; here only those that make arrays."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - a class or a function, as in pickle
        if (module, name) not in HARMLESS:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no batch of pictures needs")
        return super().find_class(module, name)


def pictures_of(content: bytes, label: int, *, name: str) -> Iterator[CifarPicture]:
    """The pictures of one label, in the order of the batch.

    Args:
        content: the pickled batch; its checksum has been compared by whoever read it.
        label: 0 to 9; frogs are 6.
        name: what errors call the batch.

    Raises:
        DataError: the batch is no batch.
    """
    batch = read_batch(content, name=name)
    try:
        rows, labels, names = batch[b"data"], batch[b"labels"], batch[b"filenames"]
    except KeyError as error:
        raise DataError(f"{name}: the batch lacks {error.args[0]!r}") from error
    if not (isinstance(rows, np.ndarray) and rows.dtype == np.uint8 and rows.shape == (len(labels), 3 * SIDE * SIDE)):
        raise DataError(f"{name}: `data` is no array of {len(labels)} rows of {3 * SIDE * SIDE:,} bytes")
    for row, found, file in zip(rows, labels, names, strict=True):
        if found == label:
            yield CifarPicture(file.decode(), row.reshape(3, SIDE, SIDE).transpose(1, 2, 0))


def read_batch(content: bytes, *, name: str) -> dict[bytes, Any]:
    """The dictionary in the pickle, made of arrays, numbers and bytes alone."""
    try:
        batch = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        raise DataError(f"{name}: the pickle is not a batch of CIFAR-10: {error}") from error
    if not isinstance(batch, dict):
        raise DataError(f"{name}: the pickle holds no dictionary, but {type(batch).__name__}")
    return batch
