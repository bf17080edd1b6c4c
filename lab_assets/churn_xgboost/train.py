"""Train the churn model with early stopping on the validation rows, and say how good it is on them.

Runs in script mode: ``python train.py --max_depth 6 …`` in SageMaker's XGBoost image, from the pipeline and from the
notebook alike. Reads the channels ``train`` and ``validation`` (``*.csv``, header, the label first), writes
``model.json`` to SM_MODEL_DIR, ``evaluation.json`` and ``history.csv`` (log loss by round) to SM_OUTPUT_DATA_DIR. The
test rows never come here. The last line that it prints is of the model that is kept, in the form of XGBoost's own
lines: SageMaker's metric definitions of this image, which nobody may change, read ``validation:auc`` from it.
"""

import argparse
import json
import os
from pathlib import Path

import pandas as pd
import xgboost as xgb
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score

LABEL = "churn"
MODEL_FILE = "model.json"
CUT_OFF = 0.5
THREADS = 1  # 4,000 rows take a second; on a busy machine more threads wait for each other for twenty


def read_options() -> argparse.Namespace:
    """Hyperparameters and folders; an unknown hyperparameter ends the job with argparse's message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--max_depth", type=int, default=6)  # cross-validated: 4 is half a percent less accurate
    parser.add_argument("--eta", type=float, default=0.05)  # small steps; early stopping finds how many
    parser.add_argument("--subsample", type=float, default=0.7)  # rows a tree sees: trees that differ average better
    parser.add_argument("--colsample_bynode", type=float, default=0.7)  # columns a split may choose from
    parser.add_argument("--num_round", type=int, default=4000)  # never reached
    parser.add_argument("--early_stopping_rounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", type=Path, default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model_dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--output_data_dir", type=Path, default=os.environ.get("SM_OUTPUT_DATA_DIR"))
    return parser.parse_args()


def read_channel(name: str, folder: Path | None) -> tuple[pd.DataFrame, pd.Series]:
    """Features and labels of all CSV files of a channel."""
    files = sorted(folder.glob("*.csv")) if folder else []
    if not files:
        raise SystemExit(f"channel {name!r}: no .csv file in {folder}; prepare.py writes them")
    table = pd.concat([pd.read_csv(file) for file in files])
    if LABEL not in table.columns or table.isna().any(axis=None):
        raise SystemExit(f"channel {name!r}: {files[0].name} lacks the column {LABEL!r} or has empty cells")
    return table.drop(columns=LABEL), table[LABEL]


def train(
    options: argparse.Namespace, fit: xgb.DMatrix, watch: xgb.DMatrix
) -> tuple[xgb.Booster, dict[str, list[float]]]:
    """The booster cut to its best round by validation log loss, which is smoother than the AUC of 500 rows.

    Also returns the log loss of every round that was tried, on the ``train`` and the ``validation`` rows.
    """
    history: dict[str, dict[str, list[float]]] = {}
    parameters = {
        "objective": "binary:logistic",
        "eval_metric": ["auc", "logloss"],  # early stopping goes by the last one
        "max_depth": options.max_depth,
        "eta": options.eta,
        "subsample": options.subsample,
        "colsample_bynode": options.colsample_bynode,
        "seed": options.seed,
        "nthread": THREADS,
    }
    booster = xgb.train(
        parameters,
        fit,
        num_boost_round=options.num_round,
        evals=[(fit, "train"), (watch, "validation")],
        early_stopping_rounds=options.early_stopping_rounds,
        evals_result=history,
        verbose_eval=100,
    )
    return booster[: booster.best_iteration + 1], {name: found["logloss"] for name, found in history.items()}


def evaluate(booster: xgb.Booster, watch: xgb.DMatrix, labels: pd.Series) -> dict[str, float]:
    """Metrics on the validation rows: the AUC of probabilities, the others at a cut-off of one half."""
    probabilities = booster.predict(watch)
    decisions = probabilities >= CUT_OFF
    return {
        "auc": float(roc_auc_score(labels, probabilities)),
        "accuracy": float(accuracy_score(labels, decisions)),
        "f1": float(f1_score(labels, decisions)),
        "log_loss": float(log_loss(labels, probabilities)),
        "rounds": float(booster.num_boosted_rounds()),
    }


def main() -> None:
    """Train, evaluate, save."""
    options = read_options()
    features, labels = read_channel("train", options.train)
    watch_features, watch_labels = read_channel("validation", options.validation)
    watch = xgb.DMatrix(watch_features, watch_labels)
    booster, history = train(options, xgb.DMatrix(features, labels), watch)
    metrics = evaluate(booster, watch, watch_labels)
    print("; ".join(f"validation_{name}={value:.4f}" for name, value in metrics.items()))
    print(f"[{booster.num_boosted_rounds() - 1}]\tvalidation-auc:{metrics['auc']:.5f}")  # read by SageMaker
    for folder in (options.model_dir, options.output_data_dir):
        folder.mkdir(parents=True, exist_ok=True)
    booster.save_model(options.model_dir / MODEL_FILE)
    (options.output_data_dir / "evaluation.json").write_text(json.dumps(metrics), encoding="utf-8")
    pd.DataFrame(history).to_csv(options.output_data_dir / "history.csv", index=False)


if __name__ == "__main__":
    main()
