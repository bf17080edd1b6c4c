"""Run in the image's environment by test_image_classification: networks and training that need torch; prints JSON."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "embedded_aws" / "runtime"))
PACKAGE = "container_code.image_classification"
network, parameters, batches, fit = (
    importlib.import_module(f"{PACKAGE}.{name}") for name in ("network", "parameters", "batches", "fit")
)


def built(layers: int) -> Any:  # noqa: ANN401 # a module
    """A network without values, asked whether it answers with 11 classes."""
    side = 28 if layers in parameters.SMALL_LAYERS else 48
    with torch.device("meta"):
        net = network.build(layers, 11, (3, side, side))
        assert net(torch.zeros(2, 3, side, side)).shape == (2, 11)
    return net


def depth(net: Any) -> int:  # noqa: ANN401 # a module
    """Layers with weights that follow one another: those around others do not count."""
    kinds = (torch.nn.Conv2d, torch.nn.Linear)
    return sum(isinstance(part, kinds) for name, part in net.named_modules() if not name.endswith("around"))


class Noise:
    """Twelve pictures of two classes."""

    def __len__(self) -> int:
        return 12

    def __getitem__(self, number: int) -> tuple[bytes, int]:
        pixels = np.random.default_rng(number).integers(0, 256, (30, 34, 3)).astype(np.uint8)
        content = io.BytesIO()
        Image.fromarray(pixels).save(content, "PNG")
        return content.getvalue(), number % 2


def trained(folder: Path, optimizer: str, epochs: int) -> list[str]:
    """Which epochs are kept, when every second and the last are to be."""
    given = {"num_classes": "2", "num_training_samples": "12", "num_layers": "20", "image_shape": "3,28,28"}
    more = {
        "epochs": str(epochs),
        "mini_batch_size": "5",
        "optimizer": optimizer,
        "learning_rate": "0.01",
        "top_k": "2",
    }
    ways = {
        "augmentation_type": "crop_color_transform",
        "lr_scheduler_step": "1,2",
        "checkpoint_frequency": str(min(2, epochs)),
    }
    read = parameters.read({**given, **more, **ways})
    folder.mkdir()
    loader = batches.Loader(Noise(), read, "train")
    fit.Training(read, loader, loader, folder).run()
    return sorted(path.stem[-4:] for path in folder.glob("*.params"))


def main() -> None:
    """Find out, and tell."""
    nets = {layers: built(layers) for layers in (*parameters.LARGE_LAYERS, *parameters.SMALL_LAYERS)}
    log = io.StringIO()
    logging.basicConfig(level=logging.INFO, stream=log)
    with contextlib.redirect_stdout(sys.stderr):
        folder = Path(sys.argv[1])
        kept = {name: trained(folder / name, name, epochs=3 if name == "sgd" else 1) for name in fit.OPTIMIZERS}
    rates = [float(rate) for rate in re.findall(r"learning rate is now ([0-9.e-]+)", log.getvalue())]
    found = {
        "depths": {layers: depth(net) for layers, net in nets.items()},
        "values": {layers: sum(value.numel() for value in net.parameters()) for layers, net in nets.items()},
        "kept": kept,
        "rates": [0.01, *rates[:2]],
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
