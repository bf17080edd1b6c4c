"""Pack the pictures of image-data into TFRecords of one size: few large files instead of thousands of small ones.

Runs as a SageMaker processing job (scikit-learn image, which has no TensorFlow), in the notebook, or by hand:
``python prepare.py --input FOLDER --output FOLDER``. Reads what image-data prepared (``train``, ``validation``,
``test``, ``labels``). Settings are environment variables: IMAGE_SIZE (pixels a side) and SHARDS (files of ``train``).

Writes ``train/train-<number>-of-<number>.tfrecord`` and the like for ``validation``: each record has the picture's
JPEG (``image``), its ``shape``, its class's number (``label``) and ``id``; the classes are mixed. ``dataset.json``
beside them says size, classes and how many pictures. ``test/<id>.jpg`` has the same size; ``labels`` stays as it is.
"""

import argparse
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import tfrecords
from PIL import Image

QUALITY = 95
LABELLED = ("train", "validation")
DATASET = "dataset.json"
AT_ONCE = 64  # test pictures a process takes; fewer would cost more in passing than in resizing
Item = tuple[Path, int]  # a picture's file and its class's number


class DataError(Exception):
    """The input is not what image-data prepared, or a setting is wrong; the text says which."""


def setting(name: str, default: int, *, least: int, most: int) -> int:
    """One of the environment's whole numbers; raises :class:`DataError` where it is none in range."""
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise DataError(f"the setting {name} is {text!r}; a whole number of {least} to {most} is needed")
    return int(text)


def class_names(folder: Path) -> list[str]:
    """Of ``labels/classes.json``: the index is the class's number."""
    try:
        names: list[str] = json.loads((folder / "labels/classes.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"labels/classes.json: {error}; run the lab image-data first") from error
    return names


def items_of(folder: Path, part: str, classes: Sequence[str]) -> list[Item]:
    """The pictures of a part in the order of their names, which are hashes: so the classes are mixed."""
    numbers = {name: number for number, name in enumerate(classes)}
    files = sorted((folder / part).glob("*/*.jpg"), key=lambda file: file.name)
    for file in files:
        if file.parent.name not in numbers:
            raise DataError(f"{part}/{file.parent.name}/{file.name}: the class is not in labels/classes.json")
    if without := set(classes) - {file.parent.name for file in files}:
        raise DataError(f"{part} holds no picture of {min(without)}; run the lab image-data first")
    return [(file, numbers[file.parent.name]) for file in files]


def resized(file: Path, size: int) -> bytes:
    """The JPEG of a picture at ``size`` pixels a side; one that has it already stays as it is."""
    content = file.read_bytes()
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            if (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (size, size)):
                return content
            done = picture.convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
    except (OSError, SyntaxError, ValueError) as error:
        raise DataError(f"{file.name}: the picture cannot be read: {error}") from error
    buffer = io.BytesIO()
    done.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return buffer.getvalue()


def record(item: Item, size: int) -> bytes:
    """A picture as a ``tf.train.Example``."""
    file, label = item
    values = {"image": resized(file, size), "shape": [size, size, 3], "label": [label], "id": file.stem.encode()}
    return tfrecords.example(values)


def write_shard(target: tuple[Path, list[Item]], *, size: int) -> None:
    """One file of records."""
    path, items = target
    tfrecords.write(path, [record(item, size) for item in items])


def write_test(file: Path, *, size: int, output: Path) -> None:
    """One picture without its class."""
    (output / file.name).write_bytes(resized(file, size))


def sharded(items: Sequence[Item], folder: Path, shards: int) -> list[tuple[Path, list[Item]]]:
    """Files and what goes into each; never more files than pictures."""
    count = min(shards, len(items))
    return [
        (folder / f"{folder.name}-{number:05}-of-{count:05}.tfrecord", list(items[number::count]))
        for number in range(count)
    ]


def spread(work: Callable[..., None], items: Sequence[object], processes: int, *, at_once: int = 1) -> None:
    """Do the work for every item, on as many processes as asked for."""
    if processes == 1:
        for item in items:
            work(item)
        return
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(work, items, chunksize=at_once))


def prepare(inputs: Path, output: Path, processes: int) -> str:
    """Everything; returns a line for people."""
    size = setting("IMAGE_SIZE", 128, least=32, most=1024)
    shards = setting("SHARDS", 8, least=1, most=1000)
    classes = class_names(inputs)
    parts = {part: items_of(inputs, part, classes) for part in LABELLED}
    tests = sorted((inputs / "test").glob("*.jpg"))
    if not tests:
        raise DataError("test holds no picture; run the lab image-data first")
    files = []
    for part, items in parts.items():
        (output / part).mkdir(parents=True, exist_ok=True)
        facts = {"image_size": size, "classes": classes, "pictures": len(items)}
        (output / part / DATASET).write_text(json.dumps(facts), encoding="utf-8")
        files += sharded(items, output / part, shards)
    (output / "test").mkdir(exist_ok=True)
    spread(partial(write_shard, size=size), files, processes)
    spread(partial(write_test, size=size, output=output / "test"), tests, processes, at_once=AT_ONCE)
    shutil.copytree(inputs / "labels", output / "labels", dirs_exist_ok=True)
    counts = ", ".join(f"{part} {len(items)}" for part, items in parts.items())
    return f"{len(classes)} classes at {size} pixels: {counts} pictures in {len(files)} TFRecords, test {len(tests)}"


def main() -> None:
    """Read, resize, pack; a data error becomes the job's exit message."""
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
