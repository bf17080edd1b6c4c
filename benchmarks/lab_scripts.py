"""A lab's scripts run one after another on this machine, in the job images' environments and without any AWS.

What a pipeline run would cost without the pipeline; also how the labs' quality is measured and tested.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from classlab.labs import STEP_SCRIPTS, Lab, image_uri
from embedded_aws.runtime import images

# What a model server does with a transform's files, for images whose servers call model_fn, input_fn and so on.
_SERVE = """
import importlib, sys
from pathlib import Path
code, module, model, rows, out, content_type, accept = sys.argv[1:]
sys.path.insert(0, code)
serving = importlib.import_module(module)
loaded = serving.model_fn(model)
for path in sorted(Path(rows).iterdir()):
    body = path.read_text() if content_type.startswith("text/") else path.read_bytes()
    answer = serving.output_fn(serving.predict_fn(serving.input_fn(body, content_type), loaded), accept)
    answer = answer[0] if isinstance(answer, tuple) else answer
    target = Path(out, path.name + ".out")
    target.write_text(answer) if isinstance(answer, str) else target.write_bytes(answer)
"""


class ScriptError(Exception):
    """A script ended with an error; the text is what it said last."""


@dataclass(frozen=True, kw_only=True)
class LabScripts:
    """The scripts of a lab, the interpreters of its jobs by step, and a folder to work in.

    ``small`` takes the manifest's settings for miniature data.
    """

    lab: Lab
    pythons: Mapping[str, Path]
    work: Path
    small: bool = False

    @classmethod
    def of(cls, lab: Lab, *, environments: Path, work: Path, small: bool = False) -> "LabScripts":
        """With the environments that stand for the lab's images; raises EnvironmentMissingError with the command."""
        uris = {name: image_uri(step.image, "us-east-1") for name, step in lab.pipeline.jobs.items()}
        found = {name: images.environment(images.resolve(uri), environments) for name, uri in uris.items()}
        return cls(lab=lab, pythons={name: item.python for name, item in found.items()}, work=work, small=small)

    def run(self, data: Path, *, seed: int | None = None) -> dict[str, float]:
        """Prepare, train, infer and score; returns the test metrics. ``seed`` None takes the scripts' own."""
        seeds = [] if seed is None else ["--seed", str(seed)]
        self.prepare(data, *seeds)
        self.train(*seeds)
        self.infer()
        return self.score()

    def prepare(self, data: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> str:
        """Check and split a file, or what an earlier lab prepared (a folder); returns what was printed."""
        inputs = self.work / "data"
        inputs.mkdir(parents=True, exist_ok=True)
        for old in inputs.iterdir():
            old.unlink()
        for path in data.iterdir() if data.is_dir() else [data]:
            (inputs / path.name).symlink_to(path.resolve())
        settings = self.lab.pipeline.prepare.settings | (self.lab.small.prepare if self.small else {})
        folders = ["--input", str(inputs), "--output", str(self.work / "prepared")]
        return self._script("prepare", *folders, *arguments, variables=settings | dict(variables or {}))

    def train(self, *arguments: str) -> dict[str, float]:
        """Train; returns the metrics on the validation rows."""
        step = self.lab.pipeline.train
        values = step.hyperparameters | (self.lab.small.train if self.small else {})
        words = [word for name, value in values.items() for word in (f"--{name}", value)]
        folders = {"SM_MODEL_DIR": self.work / "model", "SM_OUTPUT_DATA_DIR": self.work / "evaluation"}
        folders |= {f"SM_CHANNEL_{name.upper()}": self.work / "prepared" / name for name in step.channels}
        for name in ("SM_MODEL_DIR", "SM_OUTPUT_DATA_DIR"):
            folders[name].mkdir(exist_ok=True)
        variables = {name: str(folder) for name, folder in folders.items()}
        self._script("train", *words, *arguments, variables=variables)
        return _read(self.work / "evaluation/evaluation.json")

    def infer(self) -> None:
        """Answer for the test rows, or pictures, as the model server would."""
        (self.work / "infer").mkdir(exist_ok=True)
        step = self.lab.pipeline.infer
        model = self.work / "model"
        code = (model / "code", "inference") if step.code == "model" else (self._code(), "infer")
        rows, answers = self.work / "prepared" / step.input, self.work / "infer"
        words = [str(word) for word in (*code, model, rows, answers, step.content_type, step.accept)]
        _run([str(self.pythons["infer"]), "-c", _SERVE, *words])

    def score(self) -> dict[str, float]:
        """Score the answers; returns the test metrics."""
        labels = self.work / "labels"
        labels.unlink(missing_ok=True)
        labels.symlink_to(self.work / "prepared/labels")
        self._script("score", "--input", str(self.work), "--output", str(self.work / "score"))
        return _read(self.work / "score/metrics.json")

    def _script(self, step: str, *arguments: str, variables: Mapping[str, str] | None = None) -> str:
        command = [str(self.pythons[step]), str(self._code() / STEP_SCRIPTS[step]), *arguments]
        return _run(command, variables)

    def _code(self) -> Path:
        """The lab's own and borrowed modules in one folder, as jobs find them."""
        folder = self.work / "code"
        folder.mkdir(parents=True, exist_ok=True)
        for name in {path.name for path in self.lab.folder.glob("*.py")} | self.lab.borrows.keys():
            shutil.copyfile(self.lab.file(name), folder / name)
        return folder


def _run(command: list[str], variables: Mapping[str, str] | None = None) -> str:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **(variables or {})}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ScriptError(done.stderr.strip())
    return done.stdout


def _read(path: Path) -> dict[str, float]:
    loaded: dict[str, float] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
