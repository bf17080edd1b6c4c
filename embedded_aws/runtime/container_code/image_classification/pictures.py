"""Encoded pictures to arrays of one size: resized, cropped and, to train, varied as the original documents it."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from .failures import CustomerError

# Hue in OpenCV's half degrees, saturation and lightness of 255.
COLOUR_RANGES = (36 / 180, 50 / 255, 50 / 255)
DEGREES, SHEAR, ASPECT = 10, 0.1, 0.25


def decode(data: bytes, channels: int) -> Any:
    """A picture of 1 or 3 channels; ValueError if it is none."""
    try:
        return Image.open(io.BytesIO(data)).convert("RGB" if channels > 1 else "L")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ValueError(f"the picture cannot be decoded: {error}") from error


def array(picture: Any) -> Any:
    """(channels, height, width) of bytes."""
    pixels = np.asarray(picture)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def fit(picture: Any, shortest: int | None) -> Any:
    """Resized so that its shortest side has that many pixels."""
    if not shortest:
        return picture
    scale = shortest / min(picture.size)
    return picture.resize(tuple(max(shortest, round(side * scale)) for side in picture.size), Image.Resampling.BILINEAR)


def crop(picture: Any, height: int, width: int, draw: Any | None = None) -> Any:
    """A part of that size: the middle one, or one at random. CustomerError for a picture that is smaller."""
    spare = (picture.width - width, picture.height - height)
    if min(spare) < 0:
        raise CustomerError(
            f"a picture of {picture.width} x {picture.height} pixels is smaller than image_shape ({width} x {height}): "
            "make the pictures larger or image_shape smaller"
        )
    left, top = (side // 2 if draw is None else int(draw.integers(side + 1)) for side in spare)
    return picture.crop((left, top, left + width, top + height))


class Augmentation:
    """One of the documented ways to vary pictures in training; without one they stay as they are."""

    def __init__(self, kind: str | None, seed: int) -> None:
        self._draw = np.random.default_rng(seed)
        self._colours = kind in {"crop_color", "crop_color_transform"}
        self._transforms = kind == "crop_color_transform"
        self._crops = kind is not None

    def __call__(self, picture: Any, height: int, width: int) -> Any:
        """(channels, height, width) of bytes."""
        if self._transforms:
            picture = self._transformed(picture)
        picture = crop(picture, height, width, self._draw if self._crops else None)
        if self._crops and self._draw.integers(2):
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        pixels = array(picture)
        return self._coloured(pixels) if self._colours and len(pixels) > 1 else pixels

    def _transformed(self, picture: Any) -> Any:
        """Turned, sheared and stretched around its middle; what comes into view repeats the edge's grey."""
        angle = math.radians(self._draw.uniform(-DEGREES, DEGREES))
        shear = self._draw.uniform(-SHEAR, SHEAR)
        stretch = math.sqrt(1 + self._draw.uniform(-ASPECT, ASPECT))
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        matrix = turn @ np.array([[1, shear], [0, 1]]) @ np.diag([stretch, 1 / stretch])
        middle = np.array([picture.width / 2, picture.height / 2])
        shift = middle - matrix @ middle
        numbers = (*matrix[0], shift[0], *matrix[1], shift[1])
        grey = tuple(128 for _ in picture.getbands())
        return picture.transform(
            picture.size, Image.Transform.AFFINE, numbers, Image.Resampling.BILINEAR, fillcolor=grey
        )

    def _coloured(self, pixels: Any) -> Any:
        """Hue, lightness and saturation moved by random amounts."""
        hue, saturation, lightness = (self._draw.uniform(-reach, reach) for reach in COLOUR_RANGES)
        planes = _to_hls(pixels.astype(np.float32) / 255)
        planes[0] = (planes[0] + hue) % 1
        planes[1] = np.clip(planes[1] + lightness, 0, 1)
        planes[2] = np.clip(planes[2] + saturation, 0, 1)
        return (_to_rgb(planes) * 255).round().astype(np.uint8)


def _to_hls(rgb: Any) -> Any:
    """As colorsys.rgb_to_hls, on whole planes."""
    highest, lowest = rgb.max(0), rgb.min(0)
    spread, light = highest - lowest, (highest + lowest) / 2
    safe = np.where(spread > 0, spread, 1)
    saturation = np.where(spread > 0, spread / np.maximum(1 - np.abs(2 * light - 1), 1e-6), 0)
    red, green, blue = rgb
    sixths = np.where(
        highest == red,
        (green - blue) / safe,
        np.where(highest == green, 2 + (blue - red) / safe, 4 + (red - green) / safe),
    )
    return np.stack([np.where(spread > 0, sixths / 6 % 1, 0), light, np.clip(saturation, 0, 1)])


def _to_rgb(planes: Any) -> Any:
    """As colorsys.hls_to_rgb, on whole planes."""
    hue, light, saturation = planes
    chroma = saturation * np.minimum(light, 1 - light)
    positions = [(offset + hue * 12) % 12 for offset in (0, 8, 4)]
    return np.stack([light - chroma * np.clip(np.minimum(at - 3, 9 - at), -1, 1) for at in positions])
