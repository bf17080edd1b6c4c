"""Let AutoGluon train and weigh several kinds of models, and say how good they are on the validation rows.

Runs in script mode: ``python train.py --presets medium …`` in SageMaker's AutoGluon image, from the pipeline and from
the notebook alike. Reads the channels ``train`` and ``validation`` (``*.csv``, header, the label first). Writes the
predictor with the code that serves it to SM_MODEL_DIR, and to SM_OUTPUT_DATA_DIR ``evaluation.json``,
``leaderboard.csv`` and ``importance.csv``. The test rows never come here.
"""

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path

import pandas as pd
from autogluon.core.models import AbstractModel
from autogluon.tabular import TabularPredictor
from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score

LABEL = "churn"
CUT_OFF = 0.5
NO_TORCH = ["NN_TORCH", "FASTAI"]  # neural networks: minutes more for nothing on 4,000 rows of 17 columns
SHUFFLES = 10  # of every column; the interval of its importance narrows with the root of this
CONFIDENCE = 0.99
COLUMNS = {"p99_low": "low", "p99_high": "high"}  # AutoGluon's names of the interval's ends, and ours


def read_options() -> argparse.Namespace:
    """Hyperparameters and folders; an unknown hyperparameter ends the job with argparse's message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presets", choices=["medium", "good", "high", "best"], default="medium")
    parser.add_argument("--time_limit", type=float, default=900)  # seconds; where it cuts, the machine's speed decides
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--threads", type=int, default=1)  # enough for 4,000 rows; more wait for each other when busy
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", type=Path, default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model_dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--output_data_dir", type=Path, default=os.environ.get("SM_OUTPUT_DATA_DIR"))
    return parser.parse_args()


def read_channel(name: str, folder: Path | None) -> pd.DataFrame:
    """All CSV files of a channel, the label among the columns."""
    files = sorted(folder.glob("*.csv")) if folder else []
    if not files:
        raise SystemExit(f"channel {name!r}: no .csv file in {folder}; prepare.py writes them")
    table = pd.concat([pd.read_csv(file) for file in files], ignore_index=True)
    if LABEL not in table.columns or table.isna().any(axis=None):
        raise SystemExit(f"channel {name!r}: {files[0].name} lacks the column {LABEL!r} or has empty cells")
    return table


def train(options: argparse.Namespace, rows: pd.DataFrame, watch: pd.DataFrame, folder: Path) -> TabularPredictor:
    """Every kind of model the presets name, and an ensemble weighted on the validation rows."""
    AbstractModel.default_random_seed = options.seed
    predictor = TabularPredictor(LABEL, problem_type="binary", eval_metric="roc_auc", path=str(folder), verbosity=1)
    return predictor.fit(
        rows,
        tuning_data=watch,
        presets=options.presets,
        time_limit=options.time_limit,
        excluded_model_types=NO_TORCH,
        num_cpus=options.threads,
        num_gpus=0,
        use_bag_holdout=options.presets != "medium",  # the others fold the training rows; validation stays outside
        save_bag_folds=True,
        refit_full=False,  # a refit would learn the validation rows that it is judged on
        set_best_to_refit_full=False,
        ag_args_ensemble={"model_random_seed": options.seed},
    )


def evaluate(predictor: TabularPredictor, watch: pd.DataFrame) -> dict[str, float]:
    """Metrics on the validation rows: the AUC of probabilities, the others at a cut-off of one half."""
    labels = watch[LABEL]
    probabilities = predictor.predict_proba(watch, as_multiclass=False)
    decisions = probabilities >= CUT_OFF
    return {
        "auc": float(roc_auc_score(labels, probabilities)),
        "accuracy": float(accuracy_score(labels, decisions)),
        "f1": float(f1_score(labels, decisions)),
        "log_loss": float(log_loss(labels, probabilities)),
        "models": float(len(predictor.model_names())),
    }


def leaderboard(predictor: TabularPredictor) -> pd.DataFrame:
    """Every model by its validation AUC, with the seconds it took to train and to answer for the validation rows."""
    board = predictor.leaderboard()
    return board[["model", "score_val", "pred_time_val", "fit_time", "stack_level"]]


def importance(predictor: TabularPredictor, watch: pd.DataFrame) -> pd.DataFrame:
    """How much validation AUC is lost when a column is shuffled, with the interval of the mean over the shuffles."""
    table = predictor.feature_importance(
        watch, subsample_size=None, num_shuffle_sets=SHUFFLES, confidence_level=CONFIDENCE, silent=True
    )
    return table.rename(columns=COLUMNS).rename_axis("feature").reset_index()


def save(predictor: TabularPredictor, rows: pd.DataFrame, folder: Path) -> None:
    """What serving needs and no more: the best model's parts, the code, and what a cell may hold."""
    predictor.clone_for_deployment(str(folder / "predictor"))
    (folder / "code").mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).with_name("infer.py"), folder / "code" / "inference.py")
    (folder / "columns.json").write_text(json.dumps(describe(rows)), encoding="utf-8")


def describe(rows: pd.DataFrame) -> dict[str, list[str]]:
    """The features in order: the words that a column may hold, or none where it holds numbers."""
    features = rows.drop(columns=LABEL)
    numeric = set(features.select_dtypes("number").columns)
    return {column: [] if column in numeric else sorted(set(features[column])) for column in features}


def main() -> None:
    """Train, evaluate, save."""
    options = read_options()
    rows, watch = read_channel("train", options.train), read_channel("validation", options.validation)
    for folder in (options.model_dir, options.output_data_dir):
        folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        predictor = train(options, rows, watch, Path(work) / "predictor")
        metrics = evaluate(predictor, watch)
        print("; ".join(f"validation_{name}={value:.4f}" for name, value in metrics.items()))  # for metric definitions
        leaderboard(predictor).to_csv(options.output_data_dir / "leaderboard.csv", index=False)
        importance(predictor, watch).to_csv(options.output_data_dir / "importance.csv", index=False)
        save(predictor, rows, options.model_dir)
    (options.output_data_dir / "evaluation.json").write_text(json.dumps(metrics), encoding="utf-8")


if __name__ == "__main__":
    main()
