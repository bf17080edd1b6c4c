"""Answer with the probability of churn: the four functions that SageMaker's XGBoost image calls, SAGEMAKER_PROGRAM.

A request is text/csv without a header, 17 features a line in the order of prepare.py's ``test.csv``; the answer is
one probability a line (text/csv) or ``{"probabilities": […]}`` (application/json). The same code serves the batch
transform of the pipeline and the endpoint of the notebook.
"""

import json
from pathlib import Path

import numpy as np
import xgboost as xgb

MODEL_FILE = "model.json"
THREADS = 1  # a request is small, and the server answers several at a time


def model_fn(model_dir: str) -> xgb.Booster:
    """The model that train.py saved."""
    booster = xgb.Booster({"nthread": THREADS})
    booster.load_model(Path(model_dir) / MODEL_FILE)
    return booster


def input_fn(body: str | bytes, content_type: str) -> np.ndarray:
    """The rows of a request, shape (rows, columns); raises ValueError that names line and cell."""
    if content_type.partition(";")[0].strip() != "text/csv":
        raise ValueError(f"content type {content_type!r} is not served; send text/csv")
    text = body.decode("utf-8") if isinstance(body, bytes) else body
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise ValueError("the request holds no rows")
    rows = [numbers(line, row) for row, line in enumerate(lines, start=1)]
    for row, values in enumerate(rows, start=1):
        if len(values) != len(rows[0]):
            raise ValueError(f"line {row} has {len(values)} cells, line 1 has {len(rows[0])}")
    return np.array(rows)


def numbers(line: str, row: int) -> list[float]:
    """The cells of one line as numbers."""
    values = []
    for column, cell in enumerate(line.split(","), start=1):
        try:
            values.append(float(cell))
        except ValueError:
            raise ValueError(f"line {row}, cell {column}: {cell!r} is not a number") from None
    return values


def predict_fn(rows: np.ndarray, booster: xgb.Booster) -> np.ndarray:
    """Probability of churn for each row."""
    names = booster.feature_names or []
    if rows.shape[1] != len(names):
        raise ValueError(f"{len(names)} features a line are expected, in this order: {', '.join(names)}")
    return booster.predict(xgb.DMatrix(rows, feature_names=names))


def output_fn(probabilities: np.ndarray, accept: str) -> tuple[str, str]:
    """The answer and its content type."""
    if accept in {"application/json", "*/*", ""}:
        return json.dumps({"probabilities": probabilities.tolist()}), "application/json"
    if accept.partition(";")[0].strip() == "text/csv":
        return "\n".join(f"{value:.9g}" for value in probabilities) + "\n", "text/csv"
    raise ValueError(f"accept {accept!r} is not served; ask for text/csv or application/json")
