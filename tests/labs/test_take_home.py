"""A take-home runs where there is no AWS and no network, and measures what the pipeline's jobs measure."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.lab_scripts import LabScripts
from classlab.contract import PipelineData
from classlab.labs import Lab, read_lab
from classlab.take_home import TEMPLATES, RawData, TakeHome
from embedded_aws.runtime import images

PATH = "/usr/bin:/bin"


@pytest.fixture
def folder(churn: Lab, generated: Path, tmp_path: Path) -> Path:
    """What an attendee took home of the churn lab."""
    about = PipelineData(source="s3://class/data/churn.csv", sha256="", generated=True)
    raw = {churn.name: RawData(generated, about)}
    home = TakeHome(classroom="sample", labs=[churn], raw=raw, into=tmp_path)
    return Path(home.pack("ann", tmp_path / "nothing").folder)


def _run(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """With an empty environment, in a network namespace of its own, which has no network."""
    command = ["unshare", "--user", "--net", sys.executable, "-I", folder / "run.py", *words]
    environment = {"PATH": PATH, "HOME": str(folder)}
    return subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True, check=False)


def test_the_metrics_are_the_pipelines(folder: Path, scripts: LabScripts, generated: Path) -> None:
    done = _run(folder, "churn-xgboost", "--python", scripts.pythons["train"])
    assert done.returncode == 0, done.stdout + done.stderr
    here = json.loads((folder / "churn-xgboost/local/score/metrics.json").read_text())
    assert here == pytest.approx(scripts.run(generated), abs=1e-6)
    assert f"{here['auc']:.4f}" in done.stdout


def test_the_labs_are_listed(folder: Path) -> None:
    assert _run(folder).stdout == "churn-xgboost\n"


def test_what_is_wrong_is_said(folder: Path) -> None:
    done = _run(folder, "chrun")
    assert done.returncode == 1
    assert done.stderr == "there is no lab 'chrun' here; there are churn-xgboost\n"
    (folder / "churn-xgboost/data/churn.csv").unlink()
    done = _run(folder, "churn-xgboost", "--python", sys.executable)
    assert done.returncode == 1
    assert "churn-xgboost: prepare failed; what it said stands above" in done.stderr


# A model of TensorFlow Serving's shape whose answer tells what it was given: the length of the picture's file.
_TINY = """
import sys
import tensorflow as tf
class Tiny(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
    def serve(self, image_bytes):
        return {"probabilities": tf.stack([tf.strings.length(image_bytes), tf.strings.length(image_bytes) * 2], axis=1)}
tiny = Tiny()
tf.saved_model.save(tiny, sys.argv[1] + "/1", signatures={"serving_default": tiny.serve})
"""


def test_a_saved_model_answers_through_its_handlers(environments: Path, tmp_path: Path) -> None:
    images.prepare(environments, print, [images.TENSORFLOW_INFERENCE.name])
    python = images.environment(images.TENSORFLOW_INFERENCE, environments).python
    model, rows, answers = (tmp_path / name for name in ("model", "rows", "answers"))
    for made in (model / "code", rows, answers):
        made.mkdir(parents=True)
    subprocess.run([python, "-c", _TINY, model], check=True)
    shutil.copyfile(read_lab("image_tensorflow").file("infer.py"), model / "code/inference.py")
    (model / "code/classes.json").write_text('["cat", "dog"]')
    (rows / "seven.jpg").write_bytes(b"\xff\xd8\xff\x00abc")
    words: list[str | Path] = [model / "code", "inference", model, rows, answers, "application/x-image"]
    subprocess.run([python, TEMPLATES / "transform.py", *words, "application/json"], check=True)
    answer = json.loads((answers / "seven.jpg.out").read_text())
    assert answer == {"probabilities": [7, 14], "classes": ["cat", "dog"]}
