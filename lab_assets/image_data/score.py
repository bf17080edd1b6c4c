"""Compare the batch transform's probabilities with the labels of the test pictures; all image labs share this file.

Runs as a SageMaker processing job (scikit-learn image) or by hand: ``python score.py --input FOLDER --output FOLDER``.
Reads ``infer/<picture>.out`` (a list of probabilities in the order of the classes, bare or as ``probabilities`` or
``predictions``), ``labels/test.csv`` and ``labels/classes.json``. Writes ``metrics.json`` (flat: accuracy, macro_f1,
f1_<class>, pictures), ``per_class.csv``, ``confusion.csv`` (rows: what it is; columns: what was said) and
``predictions.csv`` (file, class, predicted, probability), so that two models can be compared picture by picture.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

KEYS = ("probabilities", "predictions")
TOLERANCE = 0.02  # of the sum of a picture's probabilities, which servers round


class ScoringError(Exception):
    """Predictions and labels do not belong together."""


def read_labels(folder: Path) -> tuple[pd.Series, list[str]]:
    """The class of every test picture by its name, and the names of the classes."""
    classes: list[str] = json.loads((folder / "classes.json").read_text(encoding="utf-8"))
    labels = pd.read_csv(folder / "test.csv", dtype=str).set_index("file")["class"]
    if unknown := set(labels) - set(classes):
        raise ScoringError(f"{folder / 'test.csv'}: {sorted(unknown)} are not in classes.json")
    return labels, classes


def read_answers(folder: Path, files: list[str], classes: int) -> np.ndarray:
    """Probabilities of shape (pictures, classes), in the order of ``files``; none may be missing or left over."""
    found = {path.name.removesuffix(".out"): path for path in folder.rglob("*.out")}
    for word, names in (("has no answer", set(files) - set(found)), ("is no test picture", set(found) - set(files))):
        if names:
            raise ScoringError(f"{folder}: {min(names)} {word} (and {len(names) - 1} more)")
    return np.array([probabilities(found[name], classes) for name in files])


def probabilities(path: Path, classes: int) -> list[float]:
    """One answer; anything but a probability for each class is an error."""
    try:
        answer = bare(json.loads(path.read_text(encoding="utf-8")))
        values = np.array(answer, dtype=float)
    except (ValueError, TypeError) as error:
        raise ScoringError(f"{path.name}: no list of probabilities: {error}") from error
    if values.shape != (classes,):
        raise ScoringError(f"{path.name}: {classes} probabilities are expected, the shape is {values.shape}")
    if not (np.isfinite(values).all() and values.min() >= 0 and abs(values.sum() - 1) <= TOLERANCE):
        raise ScoringError(f"{path.name}: the numbers are no probabilities, their sum is {values.sum():.4f}")
    return [float(value) for value in values]


def bare(answer: Any) -> Any:  # noqa: ANN401 - any JSON
    """The list inside an answer: of a key, and of a batch of one."""
    if isinstance(answer, dict):
        answer = next((answer[key] for key in KEYS if key in answer), answer)
    return answer[0] if isinstance(answer, list) and len(answer) == 1 else answer


def score(
    labels: pd.Series, answers: np.ndarray, classes: list[str]
) -> tuple[dict[str, float], dict[str, pd.DataFrame]]:
    """The metrics, and the tables by name."""
    said = np.array(classes)[answers.argmax(axis=1)]
    precision, recall, f1, count = precision_recall_fscore_support(labels, said, labels=classes, zero_division=0)
    metrics = {
        "accuracy": float((said == labels.to_numpy()).mean()),
        "macro_f1": float(np.mean(f1)),
        **{f"f1_{name}": float(value) for name, value in zip(classes, f1, strict=True)},
        "pictures": float(len(labels)),
    }
    confusion = pd.DataFrame(confusion_matrix(labels, said, labels=classes), index=classes, columns=classes)
    return metrics, {
        "per_class": pd.DataFrame(
            {"class": classes, "precision": precision, "recall": recall, "f1": f1, "pictures": count}
        ),
        "confusion": confusion.rename_axis("class").reset_index(),
        "predictions": pd.DataFrame(
            {"file": labels.index, "class": labels.to_numpy(), "predicted": said, "probability": answers.max(axis=1)}
        ),
    }


def main() -> None:
    """Read, score, write; an error becomes the job's exit message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/score"))
    options = parser.parse_args()
    try:
        labels, classes = read_labels(options.input / "labels")
        answers = read_answers(options.input / "infer", list(labels.index), len(classes))
        metrics, tables = score(labels, answers, classes)
    except (ScoringError, OSError, KeyError, ValueError) as error:
        sys.exit(f"ScoringError: {error}")
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    for name, table in tables.items():
        table.to_csv(options.output / f"{name}.csv", index=False)
    print("; ".join(f"test_{name}={value:.4f}" for name, value in metrics.items()))


if __name__ == "__main__":
    main()
