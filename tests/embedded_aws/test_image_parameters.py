"""The built-in image classification's hyperparameters: AWS's defaults, bounds and words."""

from __future__ import annotations

import pytest

from embedded_aws.runtime.container_code.image_classification import parameters
from embedded_aws.runtime.container_code.image_classification.failures import CustomerError

LEAST = {"num_classes": "11", "num_training_samples": "440"}


def refused(**given: str) -> str:
    with pytest.raises(CustomerError) as error:
        parameters.read({**LEAST, **given})
    return str(error.value)


def test_defaults_are_the_documented_ones() -> None:
    read = parameters.read(LEAST)
    assert (read.num_layers, read.image_shape, read.mini_batch_size, read.epochs) == (152, (3, 224, 224), 32, 30)
    assert (read.optimizer, read.learning_rate, read.momentum, read.weight_decay) == ("sgd", 0.1, 0.9, 0.0001)
    assert (read.lr_scheduler_step, read.early_stopping, read.top_k) == ((), False, None)


def test_values_are_read_from_text() -> None:
    given = {"image_shape": "1, 28, 28", "num_layers": "20", "lr_scheduler_step": "10, 20", "early_stopping": "True"}
    read = parameters.read({**LEAST, **given})
    assert (read.image_shape, read.num_layers) == ((1, 28, 28), 20)
    assert (read.lr_scheduler_step, read.early_stopping) == ((10, 20), True)


def test_every_field_has_a_rule_and_every_rule_a_field() -> None:
    assert set(parameters.RULES) == set(parameters.Parameters.__dataclass_fields__)


def test_missing_ones_are_told_in_awss_words() -> None:
    with pytest.raises(CustomerError) as error:
        parameters.read({})
    assert str(error.value) == (
        "No value(s) were specified for 'num_classes', 'num_training_samples' which are required hyperparameter(s) "
        "(caused by ValidationError)"
    )


def test_unknown_ones_are_told_in_awss_words() -> None:
    assert refused(**{"augmentation type": "crop"}) == (
        "Additional hyperparameters are not allowed ('augmentation type' was unexpected) (caused by ValidationError)"
    )
    assert "('a', 'b' were unexpected)" in refused(a="1", b="1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_classes", "1"),
        ("num_classes", "eleven"),
        ("epochs", "0"),
        ("learning_rate", "1.5"),
        ("learning_rate", "nan"),
        ("image_shape", "224"),
        ("image_shape", "2,224,224"),
        ("optimizer", "lion"),
        ("top_k", "1"),
        ("lr_scheduler_step", "ten"),
        ("num_layers", "19"),
        ("early_stopping", "yes"),
    ],
)
def test_values_out_of_bounds_are_told_with_what_is_expected(name: str, value: str) -> None:
    text = refused(**{name: value})
    assert text.startswith(f"The value '{value}' is not valid for the '{name}' hyperparameter which expects ")
    assert text.endswith(" (caused by ValidationError)")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"multi_label": "1"}, "multi_label=1 is not implemented by the embedded AWS"),
        ({"precision_dtype": "float16"}, "precision_dtype=float16 is not implemented"),
        ({"num_layers": "18", "image_shape": "3,28,28"}, "num_layers=18 does not go with pictures 28 pixels high"),
        ({"num_layers": "20", "image_shape": "3,32,32"}, "num_layers=20 does not go with pictures 32 pixels high"),
        ({"num_layers": "20", "image_shape": "3,28,28", "use_pretrained_model": "1"}, "use_pretrained_model=1 needs"),
        ({"top_k": "12"}, "top_k=12 is more than num_classes=11"),
        ({"checkpoint_frequency": "31"}, "checkpoint_frequency=31 is more than epochs=30"),
    ],
)
def test_values_that_do_not_go_together_are_told(given: dict[str, str], text: str) -> None:
    assert text in refused(**given)
