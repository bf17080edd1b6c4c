"""The training itself: epochs, learning rate, accuracies in the log, the best epoch kept, early stopping."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from . import model, network
from .batches import Loader
from .parameters import Parameters
from .pictures import Augmentation
from .stopping import EarlyStopping

SEED = 0
_log = logging.getLogger(__name__)


@dataclass
class Accuracy:
    """How often the right class came first, and among the first k."""

    top_k: int | None
    seen: int = 0
    first: int = 0
    among: int = 0

    def count(self, logits: Any, labels: Any) -> None:
        """Add a batch."""
        self.seen += len(labels)
        self.first += int((logits.argmax(1) == labels).sum())
        if self.top_k:
            self.among += int((logits.topk(self.top_k).indices == labels[:, None]).sum())

    def log(self, epoch: int, which: str) -> None:
        """In the form that the algorithm's metrics are read from."""
        _log.info("Epoch[%d] %s-accuracy=%f", epoch, which, self.share)
        if self.top_k:
            _log.info("Epoch[%d] %s-top_k_accuracy_%d=%f", epoch, which, self.top_k, self.among / max(1, self.seen))

    @property
    def share(self) -> float:
        """Of the first class."""
        return self.first / max(1, self.seen)


class Training:
    """One run over the epochs."""

    def __init__(self, parameters: Parameters, training: Loader, validation: Loader, folder: Path) -> None:
        torch.manual_seed(SEED)
        self._parameters = parameters
        self._training = training
        self._validation = validation
        self._folder = folder
        self._net = network.build(parameters.num_layers, parameters.num_classes, parameters.image_shape)
        self._optimizer = OPTIMIZERS[parameters.optimizer](self._net.parameters(), parameters)
        self._augmentation = Augmentation(parameters.augmentation_type, SEED)
        self._draw = np.random.default_rng(SEED)
        self._best: tuple[float, Path] | None = None

    def run(self) -> None:
        """All epochs, or fewer if it stops early."""
        _log.info("Setting number of threads: %d", torch.get_num_threads())
        stopping = EarlyStopping(self._parameters)
        for epoch in range(self._parameters.epochs):
            self._set_rate(epoch)
            started = time.monotonic()
            self._train(epoch).log(epoch, "Train")
            _log.info("Epoch[%d] Time cost=%.3f", epoch, time.monotonic() - started)
            validation = self._validate()
            validation.log(epoch, "Validation")
            self._keep(epoch, validation.share)
            if stopping.is_due(epoch, validation.share):
                _log.info("Early stopping: no improvement for %d epochs", self._parameters.early_stopping_patience)
                return

    def _set_rate(self, epoch: int) -> None:
        reductions = sum(epoch >= step for step in self._parameters.lr_scheduler_step)
        rate = self._parameters.learning_rate * self._parameters.lr_scheduler_factor**reductions
        for group in self._optimizer.param_groups:
            if group["lr"] != rate:
                _log.info("Epoch[%d] learning rate is now %g", epoch, rate)
            group["lr"] = rate

    def _train(self, epoch: int) -> Accuracy:
        accuracy = Accuracy(self._parameters.top_k)
        self._net.train()
        for pixels, labels in self._training.training(self._augmentation, self._draw):
            logits = self._net(pixels)
            loss = functional.cross_entropy(logits, labels)
            self._optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self._optimizer.step()
            accuracy.count(logits.detach(), labels)
        if not torch.isfinite(loss):
            _log.warning("Epoch[%d] the loss is no number any more: make learning_rate smaller", epoch)
        return accuracy

    def _validate(self) -> Accuracy:
        accuracy = Accuracy(self._parameters.top_k)
        self._net.eval()
        with torch.inference_mode():
            for pixels, labels in self._validation.plain():
                accuracy.count(self._net(pixels), labels)
        return accuracy

    def _keep(self, epoch: int, share: float) -> None:
        """Every so many epochs if that is asked for, else whenever it is the best so far."""
        every = self._parameters.checkpoint_frequency
        if every:
            if (epoch + 1) % every == 0 or epoch + 1 == self._parameters.epochs:
                self._save(epoch)
            return
        if self._best is None or share > self._best[0]:
            _log.info("Storing the best model with validation accuracy: %f", share)
            file = self._save(epoch)
            if self._best:
                self._best[1].unlink()
            self._best = (share, file)

    def _save(self, epoch: int) -> Path:
        file = model.save(self._folder, self._net, epoch + 1)
        _log.info('Saved checkpoint to "%s"', file)
        return file


def _sgd(values: Any, parameters: Parameters, *, nesterov: bool = False) -> Any:
    return torch.optim.SGD(
        values,
        lr=parameters.learning_rate,
        momentum=parameters.momentum,
        weight_decay=parameters.weight_decay,
        nesterov=nesterov and parameters.momentum > 0,
    )


def _adam(values: Any, parameters: Parameters) -> Any:
    betas = (parameters.beta_1, parameters.beta_2)
    return torch.optim.Adam(values, lr=parameters.learning_rate, betas=betas, eps=parameters.eps)


def _rmsprop(values: Any, parameters: Parameters) -> Any:
    return torch.optim.RMSprop(values, lr=parameters.learning_rate, alpha=parameters.gamma, eps=parameters.eps)


OPTIMIZERS: dict[str, Callable[[Any, Parameters], Any]] = {
    "sgd": _sgd,
    "nag": lambda values, parameters: _sgd(values, parameters, nesterov=True),
    "adam": _adam,
    "rmsprop": _rmsprop,
}
