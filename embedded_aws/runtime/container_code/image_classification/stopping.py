"""When training ends before its last epoch."""

from __future__ import annotations

from .parameters import Parameters


class EarlyStopping:
    """Whether validation has not got better for too long, after the least number of epochs."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._best = 0.0
        self._waited = 0

    def is_due(self, epoch: int, share: float) -> bool:
        """To be asked after every epoch."""
        if share > self._best * (1 + self._parameters.early_stopping_tolerance):
            self._best, self._waited = share, 0
        else:
            self._waited += 1
        enough = epoch + 1 >= self._parameters.early_stopping_min_epochs
        return self._parameters.early_stopping and enough and self._waited >= self._parameters.early_stopping_patience
