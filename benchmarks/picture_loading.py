"""Does the PyTorch lab's network wait for pictures, and what does preparing them in parallel bring?

``python -m benchmarks.picture_loading`` needs the environments of the lab's images (`.envs`). Preparing is measured in
seconds on the wall, since more processes spend no fewer processor seconds: on a busy machine look at the larger of two
runs. Loading and learning are measured in processor seconds of one thread, so that nothing else running spoils them.
A loader_to_step of 100 means that 1 % of an epoch goes into pictures; under 1 it would be more than half.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.job_code import asked
from benchmarks.lab_scripts import LabScripts
from classlab.labs import read_lab

ENVIRONMENTS = Path(__file__).resolve().parents[1] / ".envs"
CLASSES = ("one", "other")
SIDE = 256  # pixels, of the pictures before they are prepared
_PREPARE = """
import os, time
from pathlib import Path
import prepare
source, out, size = arguments
os.environ["IMAGE_SIZE"] = size
found = {}
for processes in (1, os.cpu_count()):
    started = time.perf_counter()
    prepare.prepare(Path(source), Path(out), processes)
    found[processes] = time.perf_counter() - started
print(json.dumps([found[1], found[os.cpu_count()]]))
"""
_LEARN = """
import time, torch
from pathlib import Path
from torch.utils.data import DataLoader
from data import Pictures, class_names, decoded, normalisation_of
from model import ResNet18
folder, batch, steps = Path(arguments[0]), *arguments[1:]
torch.set_num_threads(1)
names = class_names("train", folder)
pictures = Pictures(folder, names, normalisation_of(folder), augment=True)
def rate(count, work):
    started = time.process_time()
    work()
    return count / (time.process_time() - started)
def load():
    for _ in DataLoader(pictures, batch, shuffle=True):
        pass
files = sorted(folder.glob("*/*.jpg"))
network = ResNet18(len(names), small=True)
rule, loss = torch.optim.SGD(network.parameters(), 0.02, momentum=0.9), torch.nn.CrossEntropyLoss()
given = next(iter(DataLoader(pictures, batch)))
def learn(count):
    for _ in range(count):
        rule.zero_grad()
        loss(network(given[0]), given[1]).backward()
        rule.step()
learn(1)
print(json.dumps({
    "loader_pictures_per_second": rate(len(pictures), load),
    "decoding_pictures_per_second": rate(len(files), lambda: [decoded(file) for file in files]),
    "step_pictures_per_second": rate(batch * steps, lambda: learn(steps)),
}))
"""


def measure(pictures: int = 4_000, steps: int = 4) -> dict[str, float]:
    """Seconds of preparing, pictures a second of loading and learning, and their ratios."""
    with tempfile.TemporaryDirectory() as work:
        scripts = LabScripts.of(read_lab("image_pytorch"), environments=ENVIRONMENTS, work=Path(work))
        return {f"pytorch_{name}": value for name, value in _measured(scripts, pictures, steps).items()}


def _measured(scripts: LabScripts, pictures: int, steps: int) -> dict[str, float]:
    lab = scripts.lab
    size, batch = lab.pipeline.prepare.settings["IMAGE_SIZE"], int(lab.pipeline.train.hyperparameters["batch_size"])
    source, prepared = scripts.work / "source", scripts.work / "prepared"
    draw(source, pictures)
    loop, parallel = asked(lab.folder, scripts.pythons["prepare"], _PREPARE, source, prepared, size)
    speeds: Any = asked(lab.folder, scripts.pythons["train"], _LEARN, prepared / "train", batch, steps)
    return {
        "processors": float(os.cpu_count() or 1),
        "prepare_seconds_loop": loop,
        "prepare_seconds_parallel": parallel,
        "prepare_loop_to_parallel": loop / parallel,
        **speeds,
        "loader_to_step": speeds["loader_pictures_per_second"] / speeds["step_pictures_per_second"],
        "loader_to_decoding": speeds["loader_pictures_per_second"] / speeds["decoding_pictures_per_second"],
    }


def draw(folder: Path, pictures: int) -> None:
    """Soft random pictures, as image-data would hand them on."""
    random = np.random.default_rng(2026)
    for part, share in (("train", 0.8), ("validation", 0.1), ("test", 0.1)):
        for number in range(int(pictures * share)):
            name = "" if part == "test" else CLASSES[number % 2]
            file = folder / part / name / f"{number}.jpg"
            file.parent.mkdir(parents=True, exist_ok=True)
            coarse = Image.fromarray(random.integers(0, 255, (16, 16, 3), dtype=np.uint8))
            coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(file, "JPEG")
    (folder / "labels").mkdir()
    (folder / "labels/classes.json").write_text(json.dumps(CLASSES))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=4_000)
    parser.add_argument("--steps", type=int, default=4, help="of learning, each of the lab's batch")
    options = parser.parse_args()
    found = measure(options.pictures, options.steps)
    print(json.dumps({name: round(value, 3) for name, value in found.items()}, indent=1))


if __name__ == "__main__":
    main()
