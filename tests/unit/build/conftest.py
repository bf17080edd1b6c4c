"""A tiny lab, and wheels that pip finds without an index."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from classlab.labs import Lab, read_lab

MANIFEST = """
name: tiny
title: A tiny lab
kernel: tiny
data: {file: d.csv, public_source: "s3://somewhere/d.csv", sha256: "", generator: generate.py}
pipeline:
  prepare: {image: i, instance_type: ml.t3.medium, minutes: 1, outputs: [train]}
  train: {image: i, instance_type: ml.t3.medium, minutes: 1, channels: [train]}
  gate: {metric: auc, at_least: 0.5}
  infer: {image: i, instance_type: ml.t3.medium, minutes: 1, input: train}
  score: {image: i, instance_type: ml.t3.medium, minutes: 1}
"""
NOTEBOOK = """# %% [markdown]
# # Title

# %%
print("one")

# %%
print("two")
"""


def make_wheel(folder: Path, name: str, files: dict[str, str]) -> str:
    """A wheel of version 1.0; returns the line of a lock that allows it."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    about = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return f"{name}==1.0 \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def make_lab(labs: Path, name: str = "tiny") -> Lab:
    """A lab with everything a build reads."""
    folder = labs / name
    folder.mkdir(parents=True)
    (folder / "lab.yaml").write_text(MANIFEST.replace("tiny", name))
    (folder / "notebook.py").write_text(NOTEBOOK)
    for script in ("prepare", "train", "infer", "score", "generate"):
        (folder / f"{script}.py").write_text(f'"""{script}"""\n')
    for file in ("requirements.txt", "requirements.in", "container.in", ".hidden"):
        (folder / file).write_text("")
    (folder / "container.txt").write_text("# nothing\n")
    return read_lab(name, labs)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """One tiny lab."""
    return make_lab(tmp_path / "labs")
