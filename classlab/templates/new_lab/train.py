"""Train a logistic regression on the prepared rows and evaluate it on the validation rows.

Runs as a SageMaker training job in script mode (folders from SM_* variables), or by hand with the same options.
Writes ``model.joblib`` and, into the output data, ``evaluation.json`` for the quality gate.
"""

import argparse
import json
import os
from pathlib import Path

import joblib
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

LABEL = "ripe"
MODEL_FILE = "model.joblib"


def read_options() -> argparse.Namespace:
    """Hyperparameters and folders."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--regularisation", type=float, default=1.0, help="smaller is stronger")
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", type=Path, default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model_dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--output_data_dir", type=Path, default=os.environ.get("SM_OUTPUT_DATA_DIR"))
    return parser.parse_args()


def read_channel(name: str, folder: Path | None) -> tuple[pd.DataFrame, pd.Series]:
    """Features and labels of a channel's CSV files."""
    files = sorted(folder.glob("*.csv")) if folder else []
    if not files:
        raise SystemExit(f"channel {name!r}: no .csv file in {folder}; prepare.py writes them")
    table = pd.concat([pd.read_csv(file) for file in files])
    return table.drop(columns=LABEL), table[LABEL]


def main() -> None:
    """Train, evaluate, save."""
    options = read_options()
    features, labels = read_channel("train", options.train)
    watch_features, watch_labels = read_channel("validation", options.validation)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=options.regularisation))
    model.fit(features.to_numpy(), labels)
    probabilities = model.predict_proba(watch_features.to_numpy())[:, 1]
    metrics = {
        "auc": float(roc_auc_score(watch_labels, probabilities)),
        "accuracy": float(accuracy_score(watch_labels, probabilities >= 0.5)),
    }
    print("; ".join(f"validation_{name}={value:.4f}" for name, value in metrics.items()))
    for folder in (options.model_dir, options.output_data_dir):
        folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, options.model_dir / MODEL_FILE)
    (options.output_data_dir / "evaluation.json").write_text(json.dumps(metrics), encoding="utf-8")


if __name__ == "__main__":
    main()
