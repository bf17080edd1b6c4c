"""Pack the pictures of image-data into RecordIO files, which SageMaker's built-in image classification reads.

Runs as a SageMaker processing job (scikit-learn image), in the notebook, or by hand:
``python prepare.py --input FOLDER --output FOLDER``. Reads what image-data prepared (``train``, ``validation``,
``test``, ``labels``). Every picture's middle square becomes IMAGE_SIZE pixels a side, and a JPEG of QUALITY (both are
environment variables). Writes:

- ``train/train.rec``, ``.idx`` and ``.lst`` (number, class, path below ``train``; tabs between), and the same for
  ``validation``. They stand in the order of their names, which are hashes: the classes are mixed, always alike.
- ``test/*.jpg``, one file a picture, as the batch transform wants them; ``labels`` as they were.
- ``facts/hyperparameters.json``: what the algorithm must be told about the data.
"""

import argparse
import io
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image, ImageOps
from recordio import Item, Writer, listed

RECORDS = ("train", "validation")
COLOURS = 3
AT_ONCE = 32  # pictures a process takes; fewer would cost more in passing than in resizing


class DataError(Exception):
    """The input is not what image-data prepared; the text names the file."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Side of a picture in pixels, quality of its JPEG, and processes at work."""

    size: int = 224
    quality: int = 90
    processes: int = 1


@dataclass(frozen=True, kw_only=True)
class Source:
    """A picture of a class; ``path`` is below the folder of its part."""

    path: str
    label: int


def setting(name: str, default: int, *, least: int, most: int) -> int:
    """One of the environment's whole numbers; raises :class:`DataError` where it is none that makes sense."""
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise DataError(f"the setting {name} is {text!r}; a whole number of {least} to {most} is needed")
    return int(text)


def read_settings(processes: int) -> Settings:
    """From the environment."""
    return Settings(
        size=setting("IMAGE_SIZE", Settings.size, least=8, most=1024),
        quality=setting("QUALITY", Settings.quality, least=1, most=100),
        processes=processes,
    )


def class_names(folder: Path) -> list[str]:
    """Names by number; raises :class:`DataError` where the file is not what image-data writes."""
    path = folder / "labels/classes.json"
    try:
        names: list[str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {error}; image-data's prepare.py writes it: run that lab first") from error
    return names


def sources_of(folder: Path, classes: Sequence[str]) -> list[Source]:
    """Every picture of a part by its name; raises :class:`DataError` for none, and for classes without a number."""
    found = sorted(folder.glob("*/*.jpg"), key=lambda file: file.name)
    if not found:
        raise DataError(f"{folder} holds no <class>/*.jpg; image-data's prepare.py writes them: run that lab first")
    numbers = {name: number for number, name in enumerate(classes)}
    for file in found:
        if file.parent.name not in numbers:
            raise DataError(f"{file}: {file.parent.name!r} is none of the {len(classes)} classes in classes.json")
    return [Source(path=f"{file.parent.name}/{file.name}", label=numbers[file.parent.name]) for file in found]


def encoded(path: str, folder: Path, settings: Settings) -> bytes:
    """The middle square of a picture, resized, as the bytes of a JPEG."""
    side = (settings.size, settings.size)
    try:
        with Image.open(folder / path) as picture:
            picture.draft("RGB", side)  # a large JPEG is decoded no larger than needed
            fitted = ImageOps.fit(picture.convert("RGB"), side, Image.Resampling.BILINEAR)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{folder / path}: the picture cannot be read: {error}") from error
    buffer = io.BytesIO()
    fitted.save(buffer, "JPEG", quality=settings.quality)
    return buffer.getvalue()


@contextmanager
def encoder(folder: Path, settings: Settings, paths: Sequence[str]) -> Iterator[Iterator[bytes]]:
    """The encoded pictures in the given order, made by as many processes as asked for."""
    one = partial(encoded, folder=folder, settings=settings)
    if settings.processes == 1:
        yield map(one, paths)
        return
    with ProcessPoolExecutor(settings.processes) as pool:
        yield pool.map(one, paths, chunksize=AT_ONCE)


def write_records(folder: Path, sources: Sequence[Source], target: Path, settings: Settings) -> None:
    """``<target>.rec``, ``.idx`` and ``.lst``."""
    with Writer(target) as writer, encoder(folder, settings, [source.path for source in sources]) as contents:
        for number, (source, content) in enumerate(zip(sources, contents, strict=True)):
            writer.write(Item(number=number, label=source.label, content=content))
    lines = (listed(number, source.label, source.path) for number, source in enumerate(sources))
    target.with_suffix(".lst").write_text("".join(lines), encoding="utf-8")


def write_test(folder: Path, target: Path, settings: Settings) -> int:
    """The test pictures in the same size, file by file; returns how many."""
    names = sorted(file.name for file in folder.glob("*.jpg"))
    if not names:
        raise DataError(f"{folder} holds no picture; image-data's prepare.py writes them: run that lab first")
    target.mkdir(parents=True, exist_ok=True)
    with encoder(folder, settings, names) as contents:
        for name, content in zip(names, contents, strict=True):
            (target / name).write_bytes(content)
    return len(names)


def facts_of(classes: Sequence[str], training: Sequence[Source], size: int) -> dict[str, str]:
    """Hyperparameters of the built-in algorithm that follow from the data."""
    shape = f"{COLOURS},{size},{size}"
    return {"num_classes": str(len(classes)), "num_training_samples": str(len(training)), "image_shape": shape}


def prepare(inputs: Path, output: Path, settings: Settings) -> str:
    """Everything; returns a line for people."""
    classes = class_names(inputs)
    sources = {part: sources_of(inputs / part, classes) for part in RECORDS}
    for part, items in sources.items():
        write_records(inputs / part, items, output / part / part, settings)
    tests = write_test(inputs / "test", output / "test", settings)
    shutil.copytree(inputs / "labels", output / "labels", dirs_exist_ok=True)
    facts = output / "facts/hyperparameters.json"
    facts.parent.mkdir(parents=True, exist_ok=True)
    facts.write_text(json.dumps(facts_of(classes, sources["train"], settings.size)), encoding="utf-8")
    counts = ", ".join(f"{part}: {len(items)}" for part, items in sources.items())
    return f"records of {settings.size} pixels a side ({counts}), {tests} test pictures, {len(classes)} classes"


def main() -> None:
    """Read, resize, pack; a data error becomes the job's exit message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output"))
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    try:
        print(prepare(options.input, options.output, read_settings(options.processes)))
    except DataError as error:
        sys.exit(f"DataError: {error}")


if __name__ == "__main__":
    main()
