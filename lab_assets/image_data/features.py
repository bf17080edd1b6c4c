"""Numbers that describe a picture without any deep learning: colours, the directions of its edges, and its sharpness.

Pillow and numpy only: train.py, infer.py and the notebook take the same numbers of the same picture.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 32  # pixels that every picture is brought to before it is described
CELLS = 8  # cells a side in which edge directions are counted, each of SIDE / CELLS pixels
DIRECTIONS = 9
SHADES = 4  # levels of red, green and blue in the colour histogram
STEEPEST = 20  # one pixel in so many is an edge
RIM = 3  # pixels of the rim that a blur cannot judge
BLUR = {-2: 1 / 16, -1: 4 / 16, 0: 6 / 16, 1: 4 / 16, 2: 1 / 16}


def decode(content: bytes) -> np.ndarray:
    """A picture file as values from 0 to 1, shape (rows, columns, 3); raises OSError where it is no picture."""
    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(picture.convert("RGB"), dtype=np.float32) / 255


def read_folder(folder: Path, classes: Sequence[str]) -> tuple[list[np.ndarray], np.ndarray]:
    """All pictures of ``<folder>/<class>/*.jpg`` and the numbers of their classes."""
    files = [(file, number) for number, name in enumerate(classes) for file in sorted((folder / name).glob("*.jpg"))]
    return [decode(file.read_bytes()) for file, _ in files], np.array([number for _, number in files])


def small(picture: np.ndarray) -> np.ndarray:
    """The picture at the size that is described, (SIDE, SIDE, 3)."""
    if picture.shape[:2] == (SIDE, SIDE):
        return picture
    pixels = Image.fromarray((picture * 255).round().astype(np.uint8))
    return np.asarray(pixels.resize((SIDE, SIDE), Image.Resampling.BICUBIC), dtype=np.float32) / 255


def describe(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Colour histogram and edge directions, one row a picture; pictures of any size, values from 0 to 1."""
    same = np.stack([small(picture) for picture in pictures])
    return np.hstack([colours(same), edges(same)])


def colours(pictures: np.ndarray) -> np.ndarray:
    """Shares of SHADES³ colours; roots, so that a rare colour counts beside a common one."""
    shade = np.minimum((pictures * SHADES).astype(int), SHADES - 1)
    code = (shade * [SHADES**2, SHADES, 1]).sum(axis=-1).reshape(len(pictures), -1)
    counts = np.stack([np.bincount(row, minlength=SHADES**3) for row in code])
    return np.sqrt(counts / code.shape[1])


def edges(pictures: np.ndarray) -> np.ndarray:
    """Histogram of oriented gradients: in each cell, how strong the edges of each direction are."""
    down, right = np.gradient(grey(pictures), axis=(1, 2))
    strength = np.hypot(down, right)
    direction = (np.arctan2(down, right) % np.pi / np.pi * DIRECTIONS).astype(int) % DIRECTIONS
    each = np.stack([strength * (direction == number) for number in range(DIRECTIONS)], axis=-1)
    step = SIDE // CELLS
    cells = each.reshape(len(pictures), CELLS, step, CELLS, step, DIRECTIONS).sum(axis=(2, 4))
    length = np.linalg.norm(cells, axis=-1, keepdims=True)
    return (cells / (length + 0.1)).reshape(len(pictures), -1)


def sharpness(pictures: np.ndarray) -> np.ndarray:
    """How steep the steepest edges are: logarithms of how much they lose to a little blur, and to more; (pictures, 2).

    An edge that is sharp loses much, one that was blurred before loses little, whatever it is the edge of. A model that
    finds a class by these numbers has found a difference between cameras. Pictures come at their full size here.
    """
    light = grey(pictures)
    once = blurred(light)
    sharp, soft, softer = (slopes(values) for values in (light, once, blurred(blurred(blurred(once)))))
    steepest = np.argsort(-sharp, axis=1)[:, : max(sharp.shape[1] // STEEPEST, 1)]
    means = [np.take_along_axis(values, steepest, axis=1).mean(axis=1) + 1e-6 for values in (sharp, soft, softer)]
    return np.log(np.stack([means[0] / means[1], means[1] / means[2]], axis=1))


def slopes(light: np.ndarray) -> np.ndarray:
    """Steepness at every pixel but those of the rim, one row a picture."""
    down, right = np.gradient(light, axis=(1, 2))
    return np.hypot(down, right)[:, RIM:-RIM, RIM:-RIM].reshape(len(light), -1)


def blurred(light: np.ndarray) -> np.ndarray:
    """A little softer, by a binomial filter of five pixels."""
    for axis in (1, 2):
        light = np.sum([share * np.roll(light, step, axis) for step, share in BLUR.items()], axis=0)
    return light


def grey(pictures: np.ndarray) -> np.ndarray:
    """Brightness as the eye sees it, shape (pictures, rows, columns)."""
    return np.asarray(pictures @ np.array([0.299, 0.587, 0.114]))
