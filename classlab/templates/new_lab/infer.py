"""Answer with the probability of the label: the four functions that SageMaker's scikit-learn image calls.

A request is text/csv without a header, the features in prepare.py's order; the answer is one probability a line.
"""

from pathlib import Path

import joblib
import numpy as np
from sklearn.pipeline import Pipeline

MODEL_FILE = "model.joblib"


def model_fn(model_dir: str) -> Pipeline:
    """The model that train.py saved."""
    return joblib.load(Path(model_dir) / MODEL_FILE)


def input_fn(body: str | bytes, content_type: str) -> np.ndarray:
    """The rows of a request, shape (rows, columns); raises ValueError that names the line."""
    if content_type.partition(";")[0].strip() != "text/csv":
        raise ValueError(f"content type {content_type!r} is not served; send text/csv")
    text = body.decode("utf-8") if isinstance(body, bytes) else body
    rows = []
    for number, line in enumerate(filter(str.strip, text.splitlines()), start=1):
        try:
            rows.append([float(cell) for cell in line.split(",")])
        except ValueError:
            raise ValueError(f"line {number}: {line[:80]!r} holds something that is not a number") from None
    return np.array(rows)


def predict_fn(rows: np.ndarray, model: Pipeline) -> np.ndarray:
    """The probability of each row."""
    return model.predict_proba(rows)[:, 1]


def output_fn(probabilities: np.ndarray, accept: str) -> tuple[str, str]:
    """The answer and its content type."""
    if accept.partition(";")[0].strip() not in {"text/csv", "*/*", ""}:
        raise ValueError(f"accept {accept!r} is not served; ask for text/csv")
    return "\n".join(f"{value:.9g}" for value in probabilities) + "\n", "text/csv"
