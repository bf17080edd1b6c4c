"""Pictures from folders: decoded once, cropped and mirrored anew every time one is asked for.

Decoded pictures of this lab's sizes fit into memory (2,200 of 64 pixels: 27 MB), so that a step never waits for a
JPEG; benchmarks/picture_loading.py measures it.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional
from torch.utils.data import Dataset

NORMALISATION = "normalisation.json"
LEAST_AREA = 0.6  # of the picture that a random crop keeps: the animal must stay in it
Moments = tuple[torch.Tensor, torch.Tensor]


def class_names(channel: str, folder: Path | None) -> list[str]:
    """Names of the folders that hold pictures, in alphabetical order: the index is the class's number."""
    names = sorted({file.parent.name for file in folder.glob("*/*.jpg")}) if folder else []
    if len(names) < 2:
        raise SystemExit(f"channel {channel!r}: no <class>/*.jpg of two classes in {folder}; prepare.py writes them")
    return names


def normalisation_of(folder: Path) -> Moments:
    """Mean and standard deviation of the training pictures' colours, each of shape (3, 1, 1)."""
    try:
        found = json.loads((folder / NORMALISATION).read_text(encoding="utf-8"))
        mean, std = (torch.tensor(found[name], dtype=torch.float32).view(3, 1, 1) for name in ("mean", "std"))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise SystemExit(f"{folder / NORMALISATION} cannot be read ({error!r}); prepare.py writes it") from error
    return mean, std


class Pictures(Dataset[tuple[torch.Tensor, int]]):
    """Normalised pictures, shape (3, side, side), and their classes' numbers."""

    def __init__(self, folder: Path, classes: Sequence[str], moments: Moments, *, augment: bool) -> None:
        files = [
            (file, number) for number, name in enumerate(classes) for file in sorted((folder / name).glob("*.jpg"))
        ]
        with ThreadPoolExecutor() as pool:
            pixels = list(pool.map(lambda item: decoded(item[0]), files))
        for (file, _), one in zip(files, pixels, strict=True):
            if one.shape != pixels[0].shape or one.shape[1] != one.shape[2]:
                raise SystemExit(f"{file}: not a square of the others' size, {tuple(one.shape[1:])}; run prepare.py")
        self.pixels = torch.stack(pixels)
        self.labels = torch.tensor([number for _, number in files])
        self.side = self.pixels.shape[-1]
        self._mean, self._std = moments
        self._augment = augment

    def __len__(self) -> int:
        """How many."""
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        """One picture, changed at random where it is to train on."""
        picture = self.pixels[index].float() / 255
        if self._augment:
            picture = mirrored(random_resized_crop(picture))
        return (picture - self._mean) / self._std, int(self.labels[index])


def decoded(file: Path) -> torch.Tensor:
    """A JPEG as bytes of shape (3, height, width)."""
    try:
        with Image.open(file) as picture:
            return torch.from_numpy(np.asarray(picture.convert("RGB")).copy()).permute(2, 0, 1)
    except (OSError, SyntaxError) as error:
        raise SystemExit(f"{file}: the picture cannot be read: {error}") from error


def random_resized_crop(picture: torch.Tensor, least_area: float = LEAST_AREA) -> torch.Tensor:
    """A random square of the picture, never larger than it, brought back to its size."""
    side = picture.shape[-1]
    share = torch.empty(1).uniform_(least_area, 1.0).sqrt().item()
    kept = max(1, min(side, round(side * share)))
    top, left = (int(torch.randint(0, side - kept + 1, (1,))) for _ in range(2))
    square = picture[:, top : top + kept, left : left + kept].unsqueeze(0)
    return functional.interpolate(square, size=(side, side), mode="bilinear", antialias=True, align_corners=False)[0]


def mirrored(picture: torch.Tensor) -> torch.Tensor:
    """Left and right exchanged, every other time."""
    return picture.flip(-1) if torch.rand(1).item() < 0.5 else picture
