"""Run a lab on this machine, without AWS: prepare, train, infer and score, with the scripts that the pipeline ran.

`python run.py LAB` makes an environment of the lab's locked packages (the first time; this downloads them) and prints
the metrics on the test set beside those that the class's pipeline measured. `python run.py` lists the labs. It needs
nothing but a Python of the lab's version; `--python PATH` takes an interpreter that has the packages already. What it
makes lies in LAB/local.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
DESCRIPTION = "lab.json"  # of each lab: what run.py has to know of it
NOT_FOR_SCRIPTS = ("AWS_", "SM_", "SAGEMAKER_", "CLASSLAB_", "PYTHON")  # variables that could lead them elsewhere


class Trouble(Exception):  # noqa: N818 # what a person reads, not what a program catches
    """What went wrong, in words."""


class LocalLab:
    """A lab's folder, and the steps of its pipeline on this machine."""

    def __init__(self, name: str, python: str | None = None) -> None:
        self.folder = HOME / name
        try:
            self.about = json.loads((self.folder / DESCRIPTION).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise Trouble(f"there is no lab {name!r} here; there are {', '.join(lab_names())}") from None
        self.name, self.asked_python = name, python
        self.work = self.folder / "local"

    def run(self) -> dict[str, float]:
        """All steps; returns the metrics on the test set."""
        self.prepare()
        if self.about["built_in"]:
            print(f"{self.name}: only SageMaker has this algorithm; the answers of the class's own run are scored")
            self.take_answers()
        else:
            self.train()
            self.infer()
        return self.score()

    def prepare(self) -> None:
        """Check and split the data: the raw file, or what the lab before prepares here and now."""
        source = self.source()
        folders = ["--input", source, "--output", self.fresh("prepared")]
        self.script("prepare", *folders, variables=self.about["settings"])

    def source(self) -> Path:
        """The folder that prepare reads."""
        if self.about["starts_from"]:
            before = LocalLab(self.about["starts_from"], self.asked_python)
            before.prepare()
            return before.work / "prepared"
        data = self.folder / "data"
        if not data.is_dir():
            raise Trouble(f"{data} is missing: put the raw file there, see README.md")
        return data

    def train(self) -> None:
        """Train with the run's hyperparameters, in the folders that SageMaker's variables name."""
        variables: dict[str, object] = {
            "SM_MODEL_DIR": self.fresh("model"),
            "SM_OUTPUT_DATA_DIR": self.fresh("evaluation"),
        }
        for name in self.about["channels"]:
            variables[f"SM_CHANNEL_{name.upper()}"] = self.work / "prepared" / name
        words = [word for name, value in self.about["hyperparameters"].items() for word in (f"--{name}", value)]
        self.script("train", *words, variables=variables)

    def infer(self) -> None:
        """Answer for the test set as the model server would."""
        infer = self.about["infer"]
        model = self.work / "model"
        code = (model / "code", "inference") if infer["code"] == "model" else (self.folder / "code", "infer")
        rows = self.work / "prepared" / infer["input"]
        words = [*code, model, rows, self.fresh("infer"), infer["content_type"], infer["accept"]]
        self.python_runs("infer", HOME / "transform.py", *words)

    def take_answers(self) -> None:
        """The answers that the pipeline's own model gave."""
        answers = self.folder / "outputs/infer"
        if not answers.is_dir():
            raise Trouble(f"{self.name} cannot be scored: the class's pipeline has left no answers in {answers}")
        shutil.copytree(answers, self.fresh("infer"), dirs_exist_ok=True)

    def score(self) -> dict[str, float]:
        """Compare the answers with the labels."""
        shutil.copytree(self.work / "prepared/labels", self.fresh("labels"), dirs_exist_ok=True)
        self.script("score", "--input", self.work, "--output", self.fresh("score"))
        metrics: dict[str, float] = json.loads((self.work / "score/metrics.json").read_text(encoding="utf-8"))
        return metrics

    def script(self, step: str, *words: object, variables: dict[str, object] | None = None) -> None:
        """One of the lab's scripts."""
        self.python_runs(step, self.folder / "code" / f"{step}.py", *words, variables=variables)

    def python_runs(self, step: str, *words: object, variables: dict[str, object] | None = None) -> None:
        """Run Python with nothing of AWS in its environment, and show what it says."""
        print(f"--- {self.name}: {step}", flush=True)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(NOT_FOR_SCRIPTS)}
        given = {name: str(value) for name, value in (variables or {}).items()}
        command = [str(word) for word in (self.python(), *words)]
        environment = {**clean, **given, "PYTHONDONTWRITEBYTECODE": "1"}
        if subprocess.run(command, env=environment, check=False).returncode:
            raise Trouble(f"{self.name}: {step} failed; what it said stands above")

    def python(self) -> str | Path:
        """The interpreter that was named, or that of the lab's own environment, made where there is none."""
        return self.asked_python or environment_python(self.folder, self.about["python"])

    def fresh(self, name: str) -> Path:
        """An empty folder."""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def environment_python(folder: Path, version: str) -> Path:
    """The interpreter of the environment in a lab's folder; what is left of an interrupted installation is replaced."""
    environment, whole = folder / ".venv", folder / ".venv/installed"
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if whole.exists():
        return python
    print(f"--- {folder.name}: installing the packages of {folder.name}/requirements.txt", flush=True)
    install = ["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--requirement"]
    for command in (
        [base_python(version), "-m", "venv", "--clear", environment],
        [python, *install, folder / "requirements.txt"],
    ):
        if subprocess.run([str(word) for word in command], check=False).returncode:
            raise Trouble(f"{' '.join(map(str, command))} failed; what it said stands above")
    whole.touch()
    return python


def base_python(version: str) -> str:
    """A Python of this version: this one, or one on the PATH."""
    if sys.version_info[:2] == tuple(map(int, version.split("."))):
        return sys.executable
    found = shutil.which(f"python{version}")
    if not found:
        raise Trouble(f"this lab needs Python {version}: install it, or name an interpreter with --python")
    return found


def lab_names() -> list[str]:
    """The labs of this folder."""
    return sorted(path.parent.name for path in HOME.glob(f"*/{DESCRIPTION}"))


def show(metrics: dict[str, float], known: dict[str, float]) -> None:
    """Metrics beside those of the class's run; what was measured is shown, whether or not it agrees."""
    print(f"{'metric':<28}{'here':>12}{'in class':>12}")
    for name, value in metrics.items():
        before = f"{known[name]:.4f}" if name in known else "-"
        print(f"{name:<28}{value:>12.4f}{before:>12}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lab", nargs="?", help="one of the folders beside this file")
    parser.add_argument("--python", help="an interpreter that has the lab's packages; nothing is installed")
    options = parser.parse_args()
    if not options.lab:
        print("\n".join(lab_names()))
        return
    try:
        lab = LocalLab(options.lab, options.python)
        metrics = lab.run()
    except Trouble as trouble:
        sys.exit(str(trouble))
    show(metrics, lab.about["metrics"])


if __name__ == "__main__":
    main()
