"""When the built-in image classification stops early."""

from __future__ import annotations

from embedded_aws.runtime.container_code.image_classification import parameters
from embedded_aws.runtime.container_code.image_classification.stopping import EarlyStopping


def epochs(*shares: float, **given: str) -> int:
    """After how many epochs of these validation accuracies it stops; 0 if it does not."""
    least = {"num_classes": "2", "num_training_samples": "9", "early_stopping": "True"}
    few = {"early_stopping_min_epochs": "3", "early_stopping_patience": "2"}
    stopping = EarlyStopping(parameters.read({**least, **few, **given}))
    due = (epoch + 1 for epoch, share in enumerate(shares) if stopping.is_due(epoch, share))
    return next(due, 0)


def test_it_stops_when_it_has_not_got_better_for_so_many_epochs() -> None:
    assert epochs(0.5, 0.6, 0.6, 0.5, 0.7) == 4
    assert epochs(0.5, 0.6, 0.6, 0.7, 0.7) == 0


def test_it_does_not_stop_before_the_least_number_of_epochs() -> None:
    assert epochs(0.5, 0.4, 0.4, 0.4) == 3
    assert epochs(0.5, 0.4, 0.4, 0.4, early_stopping_min_epochs="4") == 4


def test_little_is_no_improvement_under_a_tolerance() -> None:
    assert epochs(0.50, 0.51, 0.52, 0.53) == 0
    assert epochs(0.50, 0.51, 0.52, 0.53, early_stopping_tolerance="0.1") == 3


def test_it_goes_on_unless_it_is_asked_for() -> None:
    assert epochs(0.5, 0.1, 0.1, 0.1, 0.1, early_stopping="False") == 0
