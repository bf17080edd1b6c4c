"""Pictures that can be told apart, as files and in RecordIO, for tests of the built-in image classification."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable

import numpy as np
from PIL import Image

from embedded_aws.runtime.container_code.recordio import MAGIC


def picture(label: int, number: int, side: int = 28) -> Image.Image:
    """Stripes: upright (0), level (1) or slanting (2), of a random phase in random colours."""
    draw = np.random.default_rng([label, number])
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    along = (x, y, x + y)[label]
    stripes = (along // 3 + draw.integers(4)) % 2
    dark, light = draw.integers(0, 100, 3), draw.integers(130, 256, 3)
    return Image.fromarray(np.where(stripes[..., None], dark, light).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "JPEG") -> bytes:
    """A picture's file."""
    content = io.BytesIO()
    image.save(content, kind, quality=90)
    return content.getvalue()


def recordio(items: Iterable[tuple[int, bytes]]) -> bytes:
    """Classes and files as RecordIO (files are not looked into: none here holds the magic number)."""
    frames = []
    for number, (label, data) in enumerate(items):
        body = struct.pack("<IfQQ", 0, label, number, 0) + data
        frames.append(struct.pack("<II", MAGIC, len(body)) + body + b"\0" * (-len(body) % 4))
    return b"".join(frames)


def stripes(each: int, start: int = 0, side: int = 28) -> list[tuple[int, bytes]]:
    """So many pictures of each of the three classes, with their classes."""
    return [
        (label, encoded(picture(label, number, side))) for number in range(start, start + each) for label in range(3)
    ]
