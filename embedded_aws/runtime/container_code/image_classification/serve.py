"""Serve a trained model: a JPEG or PNG in, the probability of every class out.

Usage: start.py image_classification.serve FRAMEWORK CODE MODEL_DIR PORT_FILE (the first two are not looked at).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .. import wire
from ..wire import RefusedError, Reply, Request
from . import channels, model, pictures

JSON_LINES = "application/jsonlines"


class Classifier:
    """A loaded model."""

    def __init__(self, folder: Path) -> None:
        self._net, (self._channels, self._height, self._width) = model.load(folder)

    def answer(self, request: Request) -> Reply:
        """Probabilities, as JSON or as one JSON line; a picture of another size is squeezed into the network's."""
        if request.kind not in channels.PICTURES:
            known = ", ".join(channels.PICTURES)
            raise RefusedError(415, f"content type {request.content_type} is not supported: send one of {known}")
        accept = request.accept or wire.JSON
        if accept not in {wire.JSON, JSON_LINES}:
            raise RefusedError(406, f"cannot answer as {accept}: ask for {wire.JSON} or {JSON_LINES}")
        probabilities = self._probabilities(request.body)
        if accept == JSON_LINES:
            return Reply(json.dumps({"prediction": probabilities}).encode() + b"\n", JSON_LINES)
        return Reply(json.dumps(probabilities).encode(), wire.JSON)

    def _probabilities(self, data: bytes) -> list[float]:
        try:
            picture = pictures.decode(data, self._channels)
        except ValueError as error:
            raise RefusedError(400, str(error)) from None
        if picture.size != (self._width, self._height):
            picture = picture.resize((self._width, self._height), Image.Resampling.BILINEAR)
        pixels = torch.from_numpy(np.array(pictures.array(picture))[None]).float()
        with torch.inference_mode():
            shares: list[float] = torch.softmax(self._net(pixels), 1)[0].tolist()
        return shares


def main() -> None:
    """Load the model, listen, say where."""
    _, _, model_dir, port_file = sys.argv[1:]
    server = wire.Server()
    server.serve(wire.routed(Classifier(Path(model_dir)).answer), Path(port_file))
