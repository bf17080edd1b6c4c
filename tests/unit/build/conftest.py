"""A tiny lab, and wheels that pip finds without an index."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from classlab.labs import Lab, read_lab

MANIFEST = """
name: tiny
title: {en: A tiny lab, ko: 작은 실습, ja: 小さなラボ}
kernel: tiny
notebooks: {tiny-more: more.py}
data: {file: d.csv, public_source: "s3://somewhere/d.csv", download: download.py, generator: generate.py}
pipeline:
  prepare: {STEP, outputs: [train], settings: {SIZE: "32"}}
  train: {STEP, channels: [train], hyperparameters: {depth: "2"}}
  gate: {metric: auc, at_least: 0.5}
  infer: {STEP, input: train}
  score: {STEP}
small: {train: {depth: "1"}}
""".replace(
    "STEP",
    'image: "sagemaker-xgboost:3.2-0", instance_type: ml.t3.medium, minutes: 1, expected_minutes: 1, usd: 0.001',
)
NOTEBOOK = """# %% [markdown] name="intro"
# # Title

# %% name="words"
words = {"one": "one"}

# %% tags=["exercise"]
answer = 0

# %% tags=["solution"]
answer = 42

# %% tags=["check"]
print("right" if answer == 42 else "not yet")
"""
TRANSLATION = """## intro

# {title}

## words

```python
words = {{"one": "{one}"}}
```
"""


def make_wheel(folder: Path, name: str, files: dict[str, str], tag: str = "py3-none-any") -> str:
    """A wheel of version 1.0; returns the line of a lock that allows it."""
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{name}-1.0-{tag}.whl"
    about = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        archive.writestr(f"{about}/RECORD", "")
    return f"{name}==1.0 \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def make_lab(labs: Path, name: str = "tiny") -> Lab:
    """A lab with everything a build reads."""
    folder = labs / name
    folder.mkdir(parents=True)
    (folder / "lab.yaml").write_text(MANIFEST.replace("tiny", name.replace("_", "-")))
    for notebook in ("notebook", "more"):
        (folder / f"{notebook}.py").write_text(NOTEBOOK)
        (folder / f"{notebook}.ko.md").write_text(TRANSLATION.format(title="제목", one="하나"))
        (folder / f"{notebook}.ja.md").write_text(TRANSLATION.format(title="題名", one="一つ"))
    for script in ("prepare", "train", "infer", "score", "generate", "download"):
        (folder / f"{script}.py").write_text(f'"""{script}"""\n')
    for file in ("requirements.txt", "requirements.in", "container.in", ".hidden"):
        (folder / file).write_text("")
    (folder / "container.txt").write_text("# nothing\n")
    return read_lab(name, labs)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """One tiny lab."""
    return make_lab(tmp_path / "labs")
