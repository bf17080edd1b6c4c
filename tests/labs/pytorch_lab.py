"""The PyTorch lab for tests: a few of its pictures in folders, and its training script run on them."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from classlab.labs import read_lab

LAB = read_lab("image_pytorch")
MOMENTS = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.25, 0.3]}


def few(pictures: Path, out: Path, *, classes: tuple[str, ...] = ("bear", "cat"), each: int = 6) -> Path:
    """Channels with a few pictures of some classes; ``pictures`` is what image-data or this lab prepared."""
    for part in ("train", "validation"):
        for name in classes:
            (out / part / name).mkdir(parents=True)
            for file in sorted((pictures / part / name).glob("*.jpg"))[:each]:
                shutil.copyfile(file, out / part / name / file.name)
        (out / part / "normalisation.json").write_text(json.dumps(MOMENTS))
    return out


def folders_of(work: Path, channels: Path) -> dict[str, str]:
    """The variables by which SageMaker tells a training script its folders; made below ``work``."""
    made = {"SM_MODEL_DIR": work / "model", "SM_OUTPUT_DATA_DIR": work / "evaluation"}
    for folder in made.values():
        folder.mkdir(parents=True, exist_ok=True)
    made |= {f"SM_CHANNEL_{name.upper()}": channels / name for name in ("train", "validation")}
    return {name: str(folder) for name, folder in made.items()}


def run(python: Path, script: Path, *words: str, variables: Mapping[str, str]) -> str:
    """What a script prints; what it says when it fails is the error's text."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", **variables}
    done = subprocess.run([python, script, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
