"""Batches of pictures as tensors; the next one is decoded while the last is computed on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch

from . import pictures
from .channels import Pictures
from .failures import CustomerError
from .parameters import Parameters

Batch = tuple[Any, Any]
"""Pixels from 0 to 255, (N, channels, height, width) of float32, and classes, (N,) of int64."""


class Loader:
    """Reads the pictures of a channel."""

    def __init__(self, source: Pictures, parameters: Parameters, name: str) -> None:
        self._source = source
        self._parameters = parameters
        self._name = name

    def __len__(self) -> int:
        return len(self._source)

    def training(self, augmentation: pictures.Augmentation, draw: Any) -> Iterator[Batch]:
        """One epoch in a random order; the last batch is filled up with the first pictures."""
        size = self._parameters.mini_batch_size
        order = draw.permutation(len(self))
        order = np.concatenate([order, order[: -len(order) % size]])
        return self._batches(order, augmentation)

    def plain(self) -> Iterator[Batch]:
        """All pictures in their order, their middles."""

        def middle(picture: Any, height: int, width: int) -> Any:
            return pictures.array(pictures.crop(picture, height, width))

        return self._batches(np.arange(len(self)), middle)

    def _batches(self, order: Any, finish: Callable[[Any, int, int], Any]) -> Iterator[Batch]:
        size = self._parameters.mini_batch_size
        parts = [order[start : start + size] for start in range(0, len(order), size)]
        with ThreadPoolExecutor(1) as reader:
            waiting = [reader.submit(self._batch, part, finish) for part in parts[:2]]
            for part in [*parts[2:], None, None]:
                if waiting:
                    ready = waiting.pop(0)
                    if part is not None:
                        waiting.append(reader.submit(self._batch, part, finish))
                    yield ready.result()

    def _batch(self, numbers: Sequence[int], finish: Callable[[Any, int, int], Any]) -> Batch:
        items = [self._item(int(number), finish) for number in numbers]
        pixels = torch.from_numpy(np.stack([item[0] for item in items])).float()
        return pixels.contiguous(memory_format=torch.channels_last), torch.tensor([item[1] for item in items])

    def _item(self, number: int, finish: Callable[[Any, int, int], Any]) -> tuple[Any, int]:
        data, label = self._source[number]
        channels, height, width = self._parameters.image_shape
        where = f"picture {number} of the {self._name} channel"
        if not 0 <= label < self._parameters.num_classes:
            raise CustomerError(f"{where} has the label {label}; num_classes={self._parameters.num_classes} are 0 to "
                                f"{self._parameters.num_classes - 1}")  # fmt: skip
        try:
            picture = pictures.decode(data, channels)
        except ValueError as error:
            raise CustomerError(f"{where}: {error}") from error
        return finish(pictures.fit(picture, self._parameters.resize), height, width), label
