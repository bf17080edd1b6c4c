"""Bring the pictures of image-data to one size, in folders, and measure how bright their colours are.

Runs as a SageMaker processing job (scikit-learn image), in the notebook, or by hand:
``python prepare.py --input FOLDER --output FOLDER``. Reads what image-data prepared (``train``, ``validation``,
``test``, ``labels``), writes the same folders with every picture at IMAGE_SIZE (environment; pixels a side), and into
``train`` and ``validation`` a ``normalisation.json``: mean and standard deviation of each colour over the TRAINING
pictures, which validation and serving must use as well.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

QUALITY = 95
PARTS = ("train", "validation", "test")
NORMALISATION = "normalisation.json"
LEAST = 32  # pixels a side; of less, nothing would be left where ResNet18 has halved them
AT_ONCE = 64  # pictures a process takes; fewer would cost more in passing than in resizing


class DataError(Exception):
    """The input is not what image-data prepared; the text names the file."""


def image_size() -> int:
    """The setting IMAGE_SIZE; raises :class:`DataError` where it is no size."""
    text = os.environ.get("IMAGE_SIZE", "64")
    if not text.isdecimal() or not LEAST <= int(text) <= 1024:
        raise DataError(f"the setting IMAGE_SIZE is {text!r}; a whole number of {LEAST} to 1024 pixels is needed")
    return int(text)


def pictures_of(folder: Path) -> list[tuple[str, Path]]:
    """Every picture as path below the folder and file; raises :class:`DataError` where a part is empty."""
    found = [
        (str(file.relative_to(folder)), file) for part in PARTS for file in sorted(folder.glob(f"{part}/**/*.jpg"))
    ]
    for part in PARTS:
        if not any(name.startswith(f"{part}/") for name, _ in found):
            raise DataError(
                f"{folder / part} holds no picture; image-data's prepare.py writes them: run that lab first"
            )
    return found


def check_classes(folder: Path) -> None:
    """The classes' numbers follow from the folders' names, so both must be those of the labels; DataError if not."""
    file = folder / "labels/classes.json"
    try:
        names = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"labels/classes.json: {error}") from error
    for part in ("train", "validation"):
        found = sorted({picture.parent.name for picture in folder.glob(f"{part}/*/*.jpg")})
        if found != names:
            raise DataError(f"{part}: its folders are {found}, labels/classes.json says {names}; run image-data again")


def resize(item: tuple[str, Path], *, size: int, output: Path) -> np.ndarray:
    """Write one picture at ``size``; returns sums of its colours and of their squares, shape (2, 3), of 0 to 1."""
    name, file = item
    target = output / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with Image.open(file) as picture:
            done = picture.convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{name}: the picture cannot be read: {error}") from error
    done.save(target, "JPEG", quality=QUALITY, subsampling=0)
    pixels = np.asarray(done, dtype=np.float64).reshape(-1, 3) / 255
    return np.stack([pixels.mean(axis=0), (pixels**2).mean(axis=0)])


def resize_all(items: list[tuple[str, Path]], *, size: int, output: Path, processes: int) -> list[np.ndarray]:
    """Every picture, in the given order, on as many processes as asked for."""
    one = partial(resize, size=size, output=output)
    if processes == 1:
        return [one(item) for item in items]
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(one, items, chunksize=AT_ONCE))


def normalisation(moments: Iterable[np.ndarray]) -> dict[str, list[float]]:
    """Mean and standard deviation of each colour over pictures of one size."""
    mean, of_squares = np.mean(list(moments), axis=0)
    return {"mean": mean.tolist(), "std": np.sqrt(of_squares - mean**2).tolist()}


def write_tables(inputs: Path, output: Path, found: dict[str, list[float]]) -> None:
    """Labels as they are, and the normalisation beside the pictures."""
    shutil.copytree(inputs / "labels", output / "labels", dirs_exist_ok=True)
    for part in ("train", "validation"):
        (output / part / NORMALISATION).write_text(json.dumps(found), encoding="utf-8")


def prepare(inputs: Path, output: Path, processes: int) -> str:
    """Everything; returns a line for people."""
    size, items = image_size(), pictures_of(inputs)
    check_classes(inputs)
    moments = resize_all(items, size=size, output=output, processes=processes)
    found = normalisation(moment for (name, _), moment in zip(items, moments, strict=True) if name.startswith("train/"))
    write_tables(inputs, output, found)
    colours = ", ".join(
        f"{name} {mean:.3f}" for name, mean in zip(("red", "green", "blue"), found["mean"], strict=True)
    )
    return f"{len(items)} pictures at {size} pixels; mean of the training pictures: {colours}"


def main() -> None:
    """Read, resize, measure, write; a data error becomes the job's exit message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output"))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    try:
        print(prepare(options.input, options.output, options.processes))
    except DataError as error:
        sys.exit(f"DataError: {error}")


if __name__ == "__main__":
    main()
