"""The image data lab for tests: its scripts in the job image's packages, its modules in this process, its archives."""

import hashlib
import importlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from classlab.labs import read_lab

LAB = read_lab("image_data")
# Answers for every test picture, as the model server would.
_SERVE = """
import sys
from pathlib import Path
code, model, pictures, out = sys.argv[1:]
sys.path.insert(0, code)
import infer
loaded = infer.model_fn(model)
for picture in sorted(Path(pictures).glob("*.jpg")):
    request = infer.input_fn(picture.read_bytes(), "application/x-image")
    answer, _ = infer.output_fn(infer.predict_fn(request, loaded), "application/json")
    (Path(out) / f"{picture.name}.out").write_text(answer)
"""
# What prepare.py says of every archive in a folder: one process, since its packages take longer to load than they do.
_JUDGE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import prepare
verdicts = {}
for path in sorted(Path(sys.argv[2]).glob("*.tar")):
    try:
        prepare.prepare(prepare.Archive(path, name=f"s3://class/{path.name}"), prepare.Settings())
        verdicts[path.stem] = ""
    except prepare.DataError as error:
        verdicts[path.stem] = str(error)
print(json.dumps(verdicts))
"""
# What score.py says of every folder of answers.
_SCORE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import score
labels, classes = score.read_labels(Path(sys.argv[2]) / "labels")
verdicts = {}
for folder in sorted(Path(sys.argv[2]).glob("infer-*")):
    try:
        answers = score.read_answers(folder, list(labels.index), len(classes))
        verdicts[folder.name.removeprefix("infer-")] = str(score.score(labels, answers, classes)[0]["accuracy"])
    except score.ScoringError as error:
        verdicts[folder.name.removeprefix("infer-")] = str(error)
print(json.dumps(verdicts))
"""


@dataclass(frozen=True, kw_only=True)
class Animals:
    """The lab's scripts, run by an interpreter with what container.txt adds to its packages."""

    python: Path
    packages: Path

    def prepare(self, archive: Path, output: Path, **settings: str) -> str:
        """Prepare an archive; returns what was printed."""
        output.mkdir(parents=True, exist_ok=True)
        inputs = output / "in"
        inputs.mkdir(exist_ok=True)
        (inputs / "animals.tar").unlink(missing_ok=True)
        (inputs / "animals.tar").symlink_to(archive.resolve())
        return self._run("prepare.py", "--input", str(inputs), "--output", str(output / "prepared"), settings=settings)

    def train(self, work: Path, *arguments: str) -> dict[str, float]:
        """Train on what `prepare` wrote; returns evaluation.json."""
        channels = [word for name in ("train", "validation") for word in (f"--{name}", str(work / "prepared" / name))]
        folders = ["--model_dir", str(work / "model"), "--output_data_dir", str(work / "evaluation")]
        self._run("train.py", *channels, *folders, *arguments)
        evaluation: dict[str, float] = json.loads((work / "evaluation/evaluation.json").read_text())
        return evaluation

    def infer(self, work: Path) -> None:
        """Answer for every test picture."""
        (work / "infer").mkdir(exist_ok=True)
        words = [LAB.folder, work / "model", work / "prepared/test", work / "infer"]
        self._run("-c", _SERVE, *map(str, words))

    def score(self, work: Path, labels: Path) -> dict[str, float]:
        """Score the answers in ``infer``; returns metrics.json."""
        (work / "labels").unlink(missing_ok=True)
        (work / "labels").symlink_to(labels)
        self._run("score.py", "--input", str(work), "--output", str(work / "score"))
        metrics: dict[str, float] = json.loads((work / "score/metrics.json").read_text())
        return metrics

    def judge(self, archives: Path) -> dict[str, str]:
        """What is wrong with each archive of a folder, by its name; nothing where it can be prepared."""
        verdicts: dict[str, str] = json.loads(self._run("-c", _JUDGE, str(LAB.folder), str(archives)))
        return verdicts

    def judge_answers(self, folder: Path) -> dict[str, str]:
        """The accuracy, or what is wrong, of each folder ``infer-<name>`` beside ``labels``, by its name."""
        verdicts: dict[str, str] = json.loads(self._run("-c", _SCORE, str(LAB.folder), str(folder)))
        return verdicts

    def _run(self, script: str, *arguments: str, settings: Mapping[str, str] | None = None) -> str:
        environment = {**os.environ, "PYTHONPATH": str(self.packages), "OMP_NUM_THREADS": "1", **(settings or {})}
        program = script if script == "-c" else str(LAB.folder / script)
        command = [str(self.python), program, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ScriptFailedError(done.stderr.strip())
        return done.stdout


class ScriptFailedError(Exception):
    """A script ended with an error; the text is what it said."""


def generate(out: Path, *arguments: str) -> Path:
    """What the lab's generator draws."""
    subprocess.run([sys.executable, LAB.folder / LAB.raw.generator, out, *arguments], check=True)
    return out


def modules(*names: str) -> list[ModuleType]:
    """Modules of the lab; other labs have modules of the same names, so they leave nothing behind."""
    before = set(sys.modules)
    sys.path.insert(0, str(LAB.folder))
    try:
        return [importlib.import_module(name) for name in names]
    finally:
        sys.path.remove(str(LAB.folder))
        for loaded in set(sys.modules) - before:
            if Path(getattr(sys.modules[loaded], "__file__", None) or "").parent == LAB.folder:
                del sys.modules[loaded]


def files_of(archive: Path) -> dict[str, bytes]:
    """Everything in an archive by path."""
    with tarfile.open(archive) as tar:
        return {member.name: stream.read() for member in tar if (stream := tar.extractfile(member))}


def packed(files: Mapping[str, bytes], out: Path, *, checksums: bool = True) -> Path:
    """An archive of these files; with checksums that fit them, unless those in it are to stay."""
    content = dict(files)
    if checksums:
        sums = {name: hashlib.sha256(body).hexdigest() for name, body in files.items() if name != "checksums.json"}
        content["checksums.json"] = json.dumps(sums).encode()
    with tarfile.open(out, "w") as tar:
        for name, body in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    return out
