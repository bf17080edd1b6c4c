"""Train a plain baseline: colours and edges into logistic regression, no deep learning. What must be beaten later.

Runs in script mode in SageMaker's scikit-learn image, from the pipeline and from the notebook alike. Reads the channels
``train`` and ``validation`` (``<class>/*.jpg``), writes ``model.npz`` (arrays and names, no pickle) to SM_MODEL_DIR and
``evaluation.json`` to SM_OUTPUT_DATA_DIR. The test pictures never come here.

It also looks for the leak that the original data set had: ``leak_auc`` says how well a model finds the frogs that sees
nothing but how sharp a picture is (one half: not at all; one: always).
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from features import describe, read_folder, sharpness
from infer import MODEL_FILE, Model, probabilities_of
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SUSPECT = "frog"  # the class from another camera
FOLDS = 5


def read_options() -> argparse.Namespace:
    """Hyperparameters and folders; an unknown hyperparameter ends the job with argparse's message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--penalty", type=float, default=300.0)  # firm: 640 numbers a picture overlearn easily
    parser.add_argument("--max_iter", type=int, default=1000)  # never reached
    parser.add_argument("--seed", type=int, default=2026)  # of the leak check's folds
    parser.add_argument("--train", type=Path, default=os.environ.get("SM_CHANNEL_TRAIN"))
    parser.add_argument("--validation", type=Path, default=os.environ.get("SM_CHANNEL_VALIDATION"))
    parser.add_argument("--model_dir", type=Path, default=os.environ.get("SM_MODEL_DIR"))
    parser.add_argument("--output_data_dir", type=Path, default=os.environ.get("SM_OUTPUT_DATA_DIR"))
    return parser.parse_args()


def class_names(channel: str, folder: Path | None) -> list[str]:
    """Names of the folders that hold pictures, in alphabetical order: the index is the class's number."""
    names = sorted({file.parent.name for file in folder.glob("*/*.jpg")}) if folder else []
    if len(names) < 2:
        raise SystemExit(f"channel {channel!r}: no <class>/*.jpg of two classes in {folder}; prepare.py writes them")
    return names


def fit(
    pictures: Sequence[np.ndarray], labels: np.ndarray, options: argparse.Namespace
) -> tuple[dict[str, np.ndarray], int]:
    """The model's arrays, and after how many iterations it was found; mirrored pictures are learnt as well."""
    both = [*pictures, *(picture[:, ::-1] for picture in pictures)]
    scaler, model = StandardScaler(), LogisticRegression(C=1 / options.penalty, max_iter=options.max_iter)
    model.fit(scaler.fit_transform(describe(both)), np.concatenate([labels, labels]))
    arrays = {
        "mean": scaler.mean_,
        "scale": scaler.scale_,
        "weights": model.coef_.T,
        "bias": model.intercept_,
    }
    return arrays, int(model.n_iter_.max())


def leak_auc(pictures: Sequence[np.ndarray], suspect: np.ndarray, seed: int) -> float:
    """How well sharpness alone finds the suspect class, cross-validated; 0.5 where there is nothing to find."""
    model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    found = cross_val_predict(model, sharpness(np.stack(pictures)), suspect, cv=folds, method="decision_function")
    return float(roc_auc_score(suspect, found))


def main() -> None:
    """Train, evaluate, look for the leak, save."""
    options = read_options()
    classes = class_names("train", options.train)
    if class_names("validation", options.validation) != classes:
        raise SystemExit("channel 'validation': its classes are not those of 'train'; run prepare.py again")
    pictures, labels = read_folder(options.train, classes)
    watch, watch_labels = read_folder(options.validation, classes)
    started = time.monotonic()
    arrays, iterations = fit(pictures, labels, options)
    seconds = time.monotonic() - started
    decisions = probabilities_of(Model(classes=classes, **arrays), watch).argmax(axis=1)
    metrics = {
        "accuracy": float((decisions == watch_labels).mean()),
        "macro_f1": float(f1_score(watch_labels, decisions, average="macro")),
        "epochs": float(iterations),
        "best_epoch": float(iterations),
        "train_seconds": seconds,
        "images_per_second": len(pictures) * iterations / seconds,
    }
    if SUSPECT in classes:
        everything, names = [*pictures, *watch], np.concatenate([labels, watch_labels])
        metrics["leak_auc"] = leak_auc(everything, names == classes.index(SUSPECT), options.seed)
    print("; ".join(f"validation_{name}={value:.4f}" for name, value in metrics.items()))  # read by metric definitions
    for folder in (options.model_dir, options.output_data_dir):
        folder.mkdir(parents=True, exist_ok=True)
    np.savez(options.model_dir / MODEL_FILE, classes=np.array(classes), **arrays)
    (options.output_data_dir / "evaluation.json").write_text(json.dumps(metrics), encoding="utf-8")


if __name__ == "__main__":
    main()
