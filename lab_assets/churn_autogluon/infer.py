"""Answer with the probability of churn: the functions that SageMaker's AutoGluon image (TorchServe) calls.

train.py puts this file into the model as ``code/inference.py``. A request is text/csv without a header, the features a
line in the order of prepare.py's ``test.csv``; the answer is one probability a line (text/csv) or
``{"probabilities": […]}`` (application/json). The same code serves the pipeline's batch transform and the notebook's
endpoint.
"""

import csv
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from autogluon.tabular import TabularPredictor


@dataclass(frozen=True)
class Model:
    """The predictor, and what the cells of every column may hold: some words, or numbers where none are named."""

    predictor: TabularPredictor
    columns: dict[str, list[str]]


def model_fn(model_dir: str) -> Model:
    """What train.py saved, kept in memory."""
    predictor = TabularPredictor.load(str(Path(model_dir) / "predictor"))
    predictor.persist()
    return Model(predictor, json.loads((Path(model_dir) / "columns.json").read_text(encoding="utf-8")))


def input_fn(body: str | bytes, content_type: str) -> list[list[str]]:
    """The cells of a request's lines; raises ValueError."""
    if content_type.partition(";")[0].strip() != "text/csv":
        raise ValueError(f"content type {content_type!r} is not served; send text/csv")
    text = body if isinstance(body, str) else bytes(body).decode("utf-8")
    rows = [cells for cells in csv.reader(io.StringIO(text, newline="")) if cells]
    if not rows:
        raise ValueError("the request holds no rows")
    return rows


def predict_fn(rows: list[list[str]], model: Model) -> np.ndarray:
    """Probability of churn for each row; raises ValueError that names line and column."""
    table = [checked(cells, model.columns, f"line {line}") for line, cells in enumerate(rows, start=1)]
    data = pd.DataFrame(table, columns=list(model.columns))
    return model.predictor.predict_proba(data, as_pandas=False, as_multiclass=False)


def checked(cells: list[str], columns: dict[str, list[str]], where: str) -> list[str | float]:
    """One row, its numbers as such."""
    if len(cells) != len(columns):
        expected = ", ".join(columns)
        raise ValueError(f"{where} has {len(cells)} cells; {len(columns)} are expected, in this order: {expected}")
    return [
        value(cell, words, f"{where}, {column}") for cell, (column, words) in zip(cells, columns.items(), strict=True)
    ]


def value(cell: str, words: list[str], where: str) -> str | float:
    """One cell: AutoGluon would take an unknown word for a missing one, and say nothing."""
    if words:
        if cell not in words:
            raise ValueError(f"{where}: {cell!r} is none of {', '.join(words)}")
        return cell
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{where}: {cell!r} is not a finite number")
    return number


def output_fn(probabilities: np.ndarray, accept: str) -> tuple[str, str]:
    """The answer and its content type."""
    if accept in {"application/json", "*/*", ""}:
        return json.dumps({"probabilities": probabilities.tolist()}), "application/json"
    if accept.partition(";")[0].strip() == "text/csv":
        return "\n".join(f"{value:.9g}" for value in probabilities) + "\n", "text/csv"
    raise ValueError(f"accept {accept!r} is not served; ask for text/csv or application/json")
