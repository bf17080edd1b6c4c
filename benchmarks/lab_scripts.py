"""A lab's scripts run one after another on this machine, in the job images' environments and without any AWS.

What a pipeline run would cost without the pipeline; also how the labs' quality is measured and tested.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from classlab.labs import Lab
from embedded_aws.runtime import images

# What the image's model server does with a transform's one file.
_SERVE = """
import sys
from pathlib import Path
folder, model, rows, out = sys.argv[1:]
sys.path.insert(0, folder)
import infer
request = infer.input_fn(Path(rows).read_text(), "text/csv")
answer, _ = infer.output_fn(infer.predict_fn(request, infer.model_fn(model)), "text/csv")
Path(out).write_text(answer)
"""


class ScriptError(Exception):
    """A script ended with an error; the text is what it said last."""


@dataclass(frozen=True, kw_only=True)
class LabScripts:
    """The scripts of a lab, the interpreters of its jobs by step, and a folder to work in."""

    lab: Lab
    pythons: Mapping[str, Path]
    work: Path

    @classmethod
    def of(cls, lab: Lab, *, environments: Path, work: Path) -> "LabScripts":
        """With the environments that stand for the lab's images; raises EnvironmentMissingError with the command."""
        steps = {name: getattr(lab.pipeline, name).image for name in ("prepare", "train", "infer", "score")}
        uris = {name: f"000000000000.dkr.ecr.us-east-1.amazonaws.com/{image}" for name, image in steps.items()}
        found = {name: images.environment(images.resolve(uri), environments) for name, uri in uris.items()}
        return cls(lab=lab, pythons={name: item.python for name, item in found.items()}, work=work)

    def run(self, data: Path, *, seed: int | None = None) -> dict[str, float]:
        """Prepare, train, infer and score; returns the test metrics. ``seed`` None takes the scripts' own."""
        seeds = [] if seed is None else ["--seed", str(seed)]
        self.prepare(data, *seeds)
        self.train(*seeds)
        self.infer()
        return self.score()

    def prepare(self, data: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> str:
        """Check and split; returns what was printed."""
        inputs = self.work / "data"
        inputs.mkdir(parents=True, exist_ok=True)
        for old in inputs.iterdir():
            old.unlink()
        (inputs / data.name).symlink_to(data.resolve())
        output = str(self.work / "prepared")
        return self._script("prepare", "--input", str(inputs), "--output", output, *arguments, variables=variables)

    def train(self, *arguments: str) -> dict[str, float]:
        """Train; returns the metrics on the validation rows."""
        step = self.lab.pipeline.train
        channels = [word for name in step.channels for word in (f"--{name}", str(self.work / "prepared" / name))]
        settings = [word for name, value in step.hyperparameters.items() for word in (f"--{name}", value)]
        folders = ["--model_dir", str(self.work / "model"), "--output_data_dir", str(self.work / "evaluation")]
        self._script("train", *channels, *folders, *settings, *arguments)
        return _read(self.work / "evaluation/evaluation.json")

    def infer(self) -> None:
        """Answer for the test rows as the model server would."""
        (self.work / "infer").mkdir(exist_ok=True)
        rows = self.work / "prepared" / self.lab.pipeline.infer.input / "test.csv"
        words = [str(self.lab.folder), str(self.work / "model"), str(rows), str(self.work / "infer/test.csv.out")]
        _run([str(self.pythons["infer"]), "-c", _SERVE, *words])

    def score(self) -> dict[str, float]:
        """Score the answers; returns the test metrics."""
        labels = self.work / "labels"
        labels.unlink(missing_ok=True)
        labels.symlink_to(self.work / "prepared/labels")
        self._script("score", "--input", str(self.work), "--output", str(self.work / "score"))
        return _read(self.work / "score/metrics.json")

    def _script(self, step: str, *arguments: str, variables: Mapping[str, str] | None = None) -> str:
        command = [str(self.pythons[step]), str(self.lab.folder / f"{step}.py"), *arguments]
        return _run(command, variables)


def _run(command: list[str], variables: Mapping[str, str] | None = None) -> str:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(variables or {})}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ScriptError(done.stderr.strip())
    return done.stdout


def _read(path: Path) -> dict[str, float]:
    loaded: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
