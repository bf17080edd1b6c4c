"""Packing TFRecords with the lab's writer against the obvious loop, and reading them against the training step.

``python -m benchmarks.tfrecords``. Both writers make the same records of the same pictures; programs are loaded before
the clock starts (TensorFlow takes seconds to import, and only the loop needs it). Medians of rounds that alternate,
wall and processor seconds. On a CPU reading and step share the processors; each is measured alone.
"""

import json
import os
import random
import statistics
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.lab_scripts import LabScripts
from classlab.labs import read_lab

ENVIRONMENTS = Path(__file__).resolve().parent.parent / ".envs"
SIZE, SHARDS, ROUNDS, BATCH = 128, 8, 3, 32
CASES = {"photographs": ((500, 375), 600), "small": ((32, 32), 2200)}  # width and height, and how many
CLASSES = ("cat", "dog")
STEPS = {32: 12, 128: 4}  # side in pixels, and how many steps are measured
_CLOCK = """
import json, os, resource, sys, time
from pathlib import Path
lab, folder, target, size, shards, processes, names = sys.argv[1:]
sys.path.insert(0, lab)
folder, target, size, classes = Path(folder), Path(target), int(size), names.split(",")
who = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
spent = lambda: sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, who))
"""
_OURS = """
from functools import partial
import prepare
started, before = time.perf_counter(), spent()
files = prepare.sharded(prepare.items_of(folder, "train", classes), target, int(shards))
prepare.spread(partial(prepare.write_shard, size=size), files, int(processes))
print(json.dumps([time.perf_counter() - started, spent() - before]))
"""
_LOOP = """
import io
import tensorflow as tf
from PIL import Image
ints = lambda values: tf.train.Feature(int64_list=tf.train.Int64List(value=values))
text = lambda value: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
started, before = time.perf_counter(), spent()
with tf.io.TFRecordWriter(str(target / "train.tfrecord")) as writer:
    for file in sorted((folder / "train").glob("*/*.jpg"), key=lambda file: file.name):
        buffer = io.BytesIO()
        resized = Image.open(file).convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
        resized.save(buffer, "JPEG", quality=95, subsampling=0)
        feature = {"image": text(buffer.getvalue()), "shape": ints([size, size, 3]),
                   "label": ints([classes.index(file.parent.name)]), "id": text(file.stem.encode())}
        writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
print(json.dumps([time.perf_counter() - started, spent() - before]))
"""
_READ = """
import json, sys, time
from pathlib import Path
lab, folder, batch, steps = sys.argv[1:]
sys.path.insert(0, lab)
import keras, network, records
folder, batch = Path(folder), int(batch)
facts = records.facts_of("train", folder)
pictures = records.pictures_of(folder, facts, shuffle=True)
found = records.batches(pictures, batch, classes=len(facts.classes), augment=records.augmentation(1))
def epoch():
    started = time.perf_counter()
    for ready in found:
        pass
    return facts.pictures / (time.perf_counter() - started)
model = network.resnet50(len(facts.classes), facts.image_size, weights=None, bn_momentum=0.9)
model.compile("sgd", "categorical_crossentropy")
ready = next(iter(found))
model.train_on_batch(*ready)  # builds the graph
started = time.perf_counter()
for _ in range(int(steps)):
    model.train_on_batch(*ready)
step = int(steps) * batch / (time.perf_counter() - started)
print(json.dumps({"first": epoch(), "cached": sorted(epoch() for _ in range(3))[1], "step": step}))
"""


def measure() -> dict[str, float]:
    """Seconds of the writers with ours in proportion (below one: faster); pictures a second of reading and the step."""
    found: dict[str, float] = {}
    for name, (shape, count) in CASES.items():
        found |= {f"tfrecords_{name}_{key}": value for key, value in _writing(shape, count).items()}
    for size, steps in STEPS.items():
        found |= {f"tensorflow_{size}px_{key}": value for key, value in _reading(size, steps).items()}
    return found


def _writing(shape: tuple[int, int], count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as work:
        scripts = _scripts(Path(work))
        _draw(Path(work, "pictures"), shape, count)
        costs: dict[str, list[list[float]]] = {"ours": [], "loop": []}
        for _ in range(ROUNDS):
            costs["ours"].append(_write(scripts, "prepare", _OURS))
            costs["loop"].append(_write(scripts, "train", _LOOP))
    seconds, spent = ({key: statistics.median(run[i] for run in runs) for key, runs in costs.items()} for i in (0, 1))
    return {
        **{f"{key}_seconds": value for key, value in seconds.items()},
        **{f"{key}_cpu_seconds": value for key, value in spent.items()},
        "ours_to_loop": seconds["ours"] / seconds["loop"],
        "ours_to_loop_cpu": spent["ours"] / spent["loop"],
    }


def _write(scripts: LabScripts, step: str, body: str) -> list[float]:
    """Wall and processor seconds of one writing, in the packages of a step's image."""
    target = scripts.work / "target"
    target.mkdir(exist_ok=True)
    words = [scripts.lab.folder, scripts.work / "pictures", target, SIZE, SHARDS, os.cpu_count(), ",".join(CLASSES)]
    found: list[float] = _last_line([str(scripts.pythons[step]), "-c", _CLOCK + body, *map(str, words)])
    return found


def _reading(size: int, steps: int) -> dict[str, float]:
    """Pictures a second: the pipeline's first epoch, its later ones, and the network's step."""
    with tempfile.TemporaryDirectory() as work:
        scripts = _scripts(Path(work))
        pictures = Path(work, "pictures")
        _draw(pictures, (size, size), 640)
        scripts.prepare(pictures, variables={"IMAGE_SIZE": str(size), "SHARDS": str(SHARDS)})
        words = [scripts.lab.folder, scripts.work / "prepared/train", BATCH, steps]
        rates: Mapping[str, float] = _last_line([str(scripts.pythons["train"]), "-c", _READ, *map(str, words)])
    return {
        **{f"{name}_pictures_per_second": value for name, value in rates.items()},
        "reading_to_step": rates["cached"] / rates["step"],
        "first_reading_to_step": rates["first"] / rates["step"],
    }


def _scripts(work: Path) -> LabScripts:
    return LabScripts.of(read_lab("image_tensorflow"), environments=ENVIRONMENTS, work=work)


def _draw(folder: Path, shape: tuple[int, int], count: int) -> None:
    """Smooth noise as image-data would prepare it: nearly all to train on, seeded."""
    dice = random.Random(2026)  # noqa: S311 # pictures, no secret
    for number in range(count + 2 * len(CLASSES)):
        part = "train" if number < count else ("validation", "test")[number % 2]
        kind = CLASSES[number // 2 % len(CLASSES)]
        file = folder / part / ("" if part == "test" else kind) / f"{number:05}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        noise = Image.frombytes("RGB", (24, 18), dice.randbytes(24 * 18 * 3))
        noise.resize(shape, Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    (folder / "labels").mkdir()
    (folder / "labels/classes.json").write_text(json.dumps(CLASSES))


def _last_line(command: list[str]) -> Any:  # noqa: ANN401 - any JSON
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure and print."""
    print(json.dumps({name: round(value, 4) for name, value in measure().items()}, indent=1))


if __name__ == "__main__":
    main()
