"""Packing RecordIO with the lab's writer, and with MXNet's im2rec: same pictures, size, quality and processes.

``python -m benchmarks.recordio``. Photographs are what im2rec was made for; small pictures are what the lab packs. The
whole program is measured, its start included, wall and processor time; the two alternate.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from classlab.labs import LABS_FOLDER
from embedded_aws.runtime import images
from embedded_aws.runtime.environments import Environment

ENVIRONMENTS = Path(__file__).resolve().parent.parent / ".envs"
LAB = LABS_FOLDER / "image_builtin"
LOCK = Path(__file__).with_name("requirements-mxnet.txt")
MXNET_PYTHON = "3.11"
SIZE, QUALITY, ROUNDS = 224, 90, 3
CASES = {"photographs": ((500, 375), 600), "small": ((32, 32), 2200)}  # width and height, and how many
CLASSES = ("cat", "dog")
_OURS = """
import sys
from pathlib import Path
lab, folder, target, size, quality, processes = sys.argv[1:]
sys.path.insert(0, lab)
from prepare import Settings, sources_of, write_records
settings = Settings(size=int(size), quality=int(quality), processes=int(processes))
write_records(Path(folder), sources_of(Path(folder), ["cat", "dog"]), Path(target), settings)
"""
_IM2REC = "import runpy, mxnet.tools as t; runpy.run_path(t.__path__[0] + '/im2rec.py', run_name='__main__')"


@dataclass(frozen=True)
class Cost:
    """Of one program."""

    seconds: float
    cpu_seconds: float


def mxnet(environments: Path = ENVIRONMENTS) -> Environment:
    """MXNet in an environment of its own, which is made if it is missing."""
    found = Environment("mxnet-1.9.1", LOCK, environments, MXNET_PYTHON)
    found.make()
    return found


def measure() -> dict[str, float]:
    """Seconds of each writer by kind of pictures, and ours in proportion to im2rec's (below one: ours is faster)."""
    images.prepare(ENVIRONMENTS, print, [images.SCIKIT_LEARN.name])
    found: dict[str, float] = {}
    for name, (side, count) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            _draw(Path(folder) / "pictures", side, count)
            rounds = [_round(Path(folder), count) for _ in range(ROUNDS)]
        for kind in ("seconds", "cpu_seconds"):
            ours, theirs = (
                statistics.median(getattr(costs[writer], kind) for costs in rounds) for writer in ("ours", "im2rec")
            )
            found |= {f"recordio_{kind}_{name}": ours, f"im2rec_{kind}_{name}": theirs}
            found[f"recordio_to_im2rec_{kind}_{name}"] = ours / theirs
    return found


def _draw(folder: Path, side: tuple[int, int], count: int) -> None:
    """Seeded pictures with the detail of photographs: coloured clouds."""
    chance = random.Random(2026)  # noqa: S311 - pictures, no secrets
    for number in range(count):
        coarse = Image.frombytes("RGB", (16, 12), chance.randbytes(16 * 12 * 3)).resize(side, Image.Resampling.BICUBIC)
        fine = Image.frombytes("RGB", (side[0] // 2, side[1] // 2), chance.randbytes(side[0] // 2 * (side[1] // 2) * 3))
        file = folder / CLASSES[number % len(CLASSES)] / f"{number:05}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.blend(coarse, fine.resize(side), 0.15).save(file, quality=90)


def _round(folder: Path, count: int) -> Mapping[str, Cost]:
    """Each writer once; im2rec reads the list that ours wrote. Both must have packed every picture."""
    processes, target = os.cpu_count() or 1, folder / "packed/train"
    python = images.environment(images.SCIKIT_LEARN, ENVIRONMENTS).python
    words = [str(LAB), str(folder / "pictures"), str(target), str(SIZE), str(QUALITY), str(processes)]
    ours = _run([str(python), "-c", _OURS, *words])
    _check(target, count)
    options = ["--resize", str(SIZE), "--quality", str(QUALITY), "--center-crop", "--num-thread", str(processes)]
    theirs = _run([str(mxnet().python), "-c", _IM2REC, *options, str(target), str(folder / "pictures")])
    _check(target, count)
    return {"ours": ours, "im2rec": theirs}


def _check(target: Path, count: int) -> None:
    """im2rec only prints what it could not read; the files are removed, so that the next writer begins anew."""
    index = target.with_suffix(".idx")
    packed = len(index.read_text(encoding="ascii").splitlines())
    if packed != count:
        raise RuntimeError(f"{packed} of {count} pictures were packed")
    index.unlink()
    target.with_suffix(".rec").unlink()


def _run(command: list[str]) -> Cost:
    """A program and the processes that it started; RuntimeError with its words where it fails."""
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        said.seek(0)
        if process.returncode:
            raise RuntimeError(f"{command[0]} failed: {said.read()[-1000:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime)


if __name__ == "__main__":
    json.dump(measure(), sys.stdout, indent=2)
