"""What the container does when a training job runs it: `start.py image_classification.train ML`.

ML is /opt/ml, or what stands for it. The exit status is 2 when the person who started the job is at fault, 1 when the
algorithm is; the reason goes to ML/output/failure, as the originals do it.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import sys
import traceback
from pathlib import Path
from typing import Any

from . import channels, parameters
from .channels import Pictures
from .failures import CustomerError
from .parameters import Parameters

CUSTOMERS_FAULT, OWN_FAULT = 2, 1
_log = logging.getLogger(__name__)


def run(ml: Path) -> None:
    """Read the configuration, train, leave the model."""
    given = _configuration(ml, "hyperparameters")
    _log.info("Reading provided configuration from /opt/ml/input/config/hyperparameters.json: %s", given)
    read = parameters.read(given)
    _log.info("Final configuration: %s", dataclasses.asdict(read))
    configuration = _configuration(ml, "inputdataconfig")
    channels.refuse_model(configuration)
    training = channels.open_channel(ml / "input/data", configuration, "train")
    validation = channels.open_channel(ml / "input/data", configuration, "validation")
    _check_sizes(read, training, validation)
    _tell(read)
    _train(read, training, validation, ml / "model")


def _train(read: Parameters, training: Pictures, validation: Pictures, folder: Path) -> None:
    # torch takes seconds to load: what can be told before that is told before.
    from . import model
    from .batches import Loader
    from .fit import Training

    model.describe(folder, read)
    Training(read, Loader(training, read, "train"), Loader(validation, read, "validation"), folder).run()


def _configuration(ml: Path, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ml / f"input/config/{name}.json").read_text())
    return read


def _check_sizes(read: Parameters, training: Pictures, validation: Pictures) -> None:
    if len(training) < read.mini_batch_size:
        raise CustomerError("The number of input images must be bigger or equal to the mini_batch_size.")
    if not len(validation):
        raise CustomerError("The validation channel holds no pictures.")
    if len(training) != read.num_training_samples:
        _log.warning("num_training_samples is %d, and there are %d", read.num_training_samples, len(training))


def _tell(read: Parameters) -> None:
    """What it is going to do, in the form of the original."""
    _log.info("---- Parameters ----")
    for name in ("num_layers", "epochs", "optimizer", "momentum", "weight_decay", "learning_rate", "mini_batch_size",
                 "num_training_samples", "num_classes", "augmentation_type"):  # fmt: skip
        _log.info("%s: %s", name, getattr(read, name))
    _log.info("image_shape: %s", ",".join(map(str, read.image_shape)))
    if not read.checkpoint_frequency:
        _log.info("checkpoint_frequency not set, will store the best model")
    _log.info("--------------------")


def _fail(ml: Path, reason: str, status: int) -> None:
    (ml / "output/failure").write_text(reason)
    sys.exit(status)


def main() -> None:
    """Run, and tell failures apart."""
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stdout,
        format="[%(asctime)s %(levelname)s %(thread)d] %(message)s",
        datefmt="%m/%d/%Y %H:%M:%S",
    )
    ml = Path(sys.argv[1])
    try:
        run(ml)
    except CustomerError as error:
        _log.error("Customer Error: %s", error)
        _fail(ml, str(error), CUSTOMERS_FAULT)
    except Exception as error:  # noqa: BLE001 # whatever happens, the reason must be told
        traceback.print_exc()
        _fail(ml, f"{type(error).__name__}: {error}", OWN_FAULT)
