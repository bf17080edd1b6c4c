"""The model's files: the network's description, the shape of its input, and its values after an epoch.

Their names are the original's (`image-classification-0007.params` after the seventh epoch); what is in them is torch's.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from . import network
from .parameters import Parameters

PREFIX = "image-classification"
SHAPES = "model-shapes.json"


def describe(folder: Path, parameters: Parameters) -> None:
    """Write what the network is."""
    about = {
        "made_by": "the embedded AWS's stand-in (torch), not MXNet",
        "num_layers": parameters.num_layers,
        "num_classes": parameters.num_classes,
        "image_shape": list(parameters.image_shape),
    }
    (folder / f"{PREFIX}-symbol.json").write_text(json.dumps(about))
    (folder / SHAPES).write_text(json.dumps([{"shape": [1, *parameters.image_shape], "name": "data"}]))


def save(folder: Path, net: Any, epoch: int) -> Path:
    """Write the values after an epoch (counted from 1)."""
    file = folder / f"{PREFIX}-{epoch:04d}.params"
    torch.save(net.state_dict(), file)
    return file


def load(folder: Path) -> tuple[Any, tuple[int, int, int]]:
    """The network with the values of the latest epoch there is, ready to predict, and the shape of a picture."""
    files = sorted(folder.glob(f"{PREFIX}-*.params"))
    if not files:
        raise FileNotFoundError(f"{folder} holds no {PREFIX}-*.params: it is no model of this algorithm")
    about = json.loads((folder / f"{PREFIX}-symbol.json").read_text())
    channels, height, width = about["image_shape"]
    net = network.build(about["num_layers"], about["num_classes"], (channels, height, width))
    net.load_state_dict(torch.load(files[-1], weights_only=True))
    return net.eval(), (channels, height, width)
