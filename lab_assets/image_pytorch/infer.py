"""Answer with the probabilities of the classes: the four functions that SageMaker's PyTorch inference image calls.

A request is one picture file (application/x-image, or image/jpeg and the like); the answer is
``{"probabilities": […], "classes": […]}`` as JSON. train.py puts this file beside the model as code/inference.py.
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from model import ResNet18
from PIL import Image

WEIGHTS_FILE, FACTS_FILE = "model.pt", "model.json"
PICTURES = ("application/x-image", "image/")
JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Model:
    """The network, ready to predict, and how its pictures were prepared."""

    network: ResNet18
    classes: list[str]
    image_size: int
    mean: torch.Tensor
    std: torch.Tensor


def model_fn(model_dir: str) -> Model:
    """The model that train.py saved: weights and facts, never a pickled object."""
    folder = Path(model_dir)
    facts = json.loads((folder / FACTS_FILE).read_text(encoding="utf-8"))
    network = ResNet18(len(facts["classes"]), small=facts["small"])
    network.load_state_dict(torch.load(folder / WEIGHTS_FILE, map_location="cpu", weights_only=True))
    network.eval()
    mean, std = (torch.tensor(facts[name]).view(3, 1, 1) for name in ("mean", "std"))
    return Model(network=network, classes=facts["classes"], image_size=facts["image_size"], mean=mean, std=std)


def input_fn(body: bytes, content_type: str) -> Image.Image:
    """The picture of a request; raises ValueError that says what was sent."""
    if not content_type.startswith(PICTURES):
        raise ValueError(f"content type {content_type!r} is not served; send a picture as application/x-image")
    try:
        with Image.open(io.BytesIO(bytes(body))) as picture:
            return picture.convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"the request of {len(body):,} bytes is no picture: {error}") from error


def predict_fn(picture: Image.Image, model: Model) -> tuple[list[float], list[str]]:
    """Probabilities and the classes' names, in the same order."""
    sized = picture.resize((model.image_size, model.image_size), Image.Resampling.BICUBIC)
    pixels = torch.from_numpy(np.asarray(sized).copy()).permute(2, 0, 1).float() / 255
    with torch.inference_mode():
        scores = model.network(((pixels - model.mean) / model.std).unsqueeze(0))
    return scores.softmax(1)[0].tolist(), model.classes


def output_fn(answer: tuple[list[float], list[str]], accept: str) -> tuple[str, str]:
    """The answer and its content type."""
    if accept.partition(";")[0].strip() not in {JSON, "*/*", ""}:
        raise ValueError(f"accept {accept!r} is not served; ask for {JSON}")
    probabilities, classes = answer
    return json.dumps({"probabilities": probabilities, "classes": classes}), JSON
