"""Answer with the probabilities of the classes: the four functions that the scikit-learn image calls.

A request is one picture file (application/x-image, or image/jpeg and the like); the answer is
``{"probabilities": […], "classes": […]}`` as JSON. The same code serves the pipeline's batch transform and an endpoint.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from features import decode, describe

MODEL_FILE = "model.npz"
PICTURES = ("application/x-image", "image/")
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Model:
    """Logistic regression on standardised features: ``weights`` (features, classes) and ``bias`` (classes)."""

    classes: list[str]
    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    bias: np.ndarray


def model_fn(model_dir: str) -> Model:
    """The model that train.py saved: arrays and names, never a pickle."""
    with np.load(Path(model_dir) / MODEL_FILE, allow_pickle=False) as saved:
        arrays = {name: saved[name] for name in ("mean", "scale", "weights", "bias")}
        return Model(classes=[str(name) for name in saved["classes"]], **arrays)


def input_fn(body: bytes, content_type: str) -> list[np.ndarray]:
    """The picture of a request, a list of one; raises ValueError that says what was sent."""
    if not content_type.startswith(PICTURES):
        raise ValueError(f"content type {content_type!r} is not served; send a picture as application/x-image")
    try:
        return [decode(bytes(body))]
    except (OSError, SyntaxError) as error:
        raise ValueError(f"the request of {len(body):,} bytes is no picture: {error}") from error


def predict_fn(pictures: Sequence[np.ndarray], model: Model) -> tuple[np.ndarray, list[str]]:
    """Probabilities of shape (pictures, classes), and the classes' names."""
    return probabilities_of(model, pictures), model.classes


def probabilities_of(model: Model, pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Softmax of the linear model, one row a picture."""
    scores = (describe(pictures) - model.mean) / model.scale @ model.weights + model.bias
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def output_fn(answer: tuple[np.ndarray, list[str]], accept: str) -> tuple[str, str]:
    """The answer and its content type."""
    if accept.partition(";")[0].strip() not in {JSON, "*/*", ""}:
        raise ValueError(f"accept {accept!r} is not served; ask for {JSON}")
    probabilities, classes = answer
    return json.dumps({"probabilities": probabilities[0].tolist(), "classes": classes}), JSON
