"""Compare the batch transform's probabilities with the labels of the test rows.

Runs as a SageMaker processing job (scikit-learn image) or by hand: ``python score.py --input FOLDER --output FOLDER``.
Reads ``infer/*.out`` (one probability a line) and ``labels/*.csv`` (one label a line below a header), both in the order
of the files' names, and writes ``metrics.json`` into the output folder ``score``. The AUC is of probabilities;
accuracy, F1, precision and recall are at a cut-off of one half, which nobody tuned.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score, roc_auc_score

LABEL = "churn"
CUT_OFF = 0.5


class ScoringError(Exception):
    """Predictions and labels do not belong together."""


def read_probabilities(folder: Path) -> np.ndarray:
    """The probabilities of all ``.out`` files by name, one a line; blank lines between records are skipped."""
    files = sorted(folder.rglob("*.out"))
    if not files:
        raise ScoringError(f"{folder}: the batch transform left no .out file")
    values = []
    for file in files:
        for row, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip():
                values.append(probability(line, f"{file.name}, row {row}"))
    return np.array(values)


def read_labels(folder: Path) -> np.ndarray:
    """The labels of all CSV files by name; `prepare_spark.py` writes several."""
    files = sorted(folder.glob("*.csv"))
    if not files:
        raise ScoringError(f"{folder}: there is no .csv file with the labels; prepare.py writes it")
    return np.concatenate([pd.read_csv(file)[LABEL].to_numpy() for file in files])


def probability(line: str, where: str) -> float:
    """One prediction; anything but a number from 0 to 1 is an error."""
    try:
        value = float(line)
    except ValueError:
        raise ScoringError(f"{where}: {line[:80]!r} is not a probability") from None
    if not 0 <= value <= 1:
        raise ScoringError(f"{where}: {value} is not a probability")
    return value


def score(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """The test metrics and the four cells of the confusion matrix."""
    if len(labels) != len(probabilities):
        raise ScoringError(f"{len(probabilities)} predictions for {len(labels)} test rows")
    decisions = (probabilities >= CUT_OFF).astype(int)
    (true_negatives, false_positives), (false_negatives, true_positives) = confusion_matrix(labels, decisions)
    return {
        "auc": float(roc_auc_score(labels, probabilities)),
        "accuracy": float(accuracy_score(labels, decisions)),
        "f1": float(f1_score(labels, decisions)),
        "precision": float(precision_score(labels, decisions)),
        "recall": float(recall_score(labels, decisions)),
        "true_negatives": float(true_negatives),
        "false_positives": float(false_positives),
        "false_negatives": float(false_negatives),
        "true_positives": float(true_positives),
        "rows": float(len(labels)),
    }


def main() -> None:
    """Read, score, write; an error becomes the job's exit message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/score"))
    options = parser.parse_args()
    try:
        labels = read_labels(options.input / "labels")
        metrics = score(labels, read_probabilities(options.input / "infer"))
    except (ScoringError, OSError, KeyError) as error:
        sys.exit(f"ScoringError: {error}")
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    print("; ".join(f"test_{name}={value:.4f}" for name, value in metrics.items()))


if __name__ == "__main__":
    main()
