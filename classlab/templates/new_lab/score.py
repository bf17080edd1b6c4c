"""Compare the batch transform's probabilities with the labels of the test rows.

Runs as a SageMaker processing job or by hand: ``python score.py --input FOLDER --output FOLDER``. Reads ``infer/*.out``
(one probability a line) and ``labels/labels.csv``, writes ``metrics.json`` into the output folder ``score``.
"""

import argparse
import json
import sys
from pathlib import Path

import pandas as pd
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

LABEL = "ripe"
CUT_OFF = 0.5


class ScoringError(Exception):
    """Predictions and labels do not belong together."""


def read_probabilities(folder: Path) -> list[float]:
    """The probabilities of all ``.out`` files by name, one a line."""
    values = []
    for file in sorted(folder.rglob("*.out")):
        for row, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip():
                values.append(probability(line, f"{file.name}, row {row}"))
    return values


def probability(line: str, where: str) -> float:
    """One prediction; anything but a number from 0 to 1 is an error."""
    try:
        value = float(line)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ScoringError(f"{where}: {line[:80]!r} is not a probability")
    return value


def score(labels: list[int], probabilities: list[float]) -> dict[str, float]:
    """The test metrics; only the AUC needs no cut-off."""
    if len(labels) != len(probabilities):
        raise ScoringError(f"{len(probabilities)} predictions for {len(labels)} test rows")
    decisions = [value >= CUT_OFF for value in probabilities]
    return {
        "auc": float(roc_auc_score(labels, probabilities)),
        "accuracy": float(accuracy_score(labels, decisions)),
        "f1": float(f1_score(labels, decisions)),
        "rows": float(len(labels)),
    }


def main() -> None:
    """Read, score, write; an error becomes the job's exit message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output/score"))
    options = parser.parse_args()
    try:
        labels = pd.read_csv(options.input / "labels/labels.csv")[LABEL].tolist()
        metrics = score(labels, read_probabilities(options.input / "infer"))
    except (ScoringError, OSError, KeyError) as error:
        sys.exit(f"ScoringError: {error}")
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    print("; ".join(f"test_{name}={value:.4f}" for name, value in metrics.items()))


if __name__ == "__main__":
    main()
