"""The algorithm's hyperparameters: AWS's documented names, defaults and bounds, and its words for what breaks them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .failures import CustomerError

SMALL_LAYERS = (20, 32, 44, 56, 110)
LARGE_LAYERS = (18, 34, 50, 101, 152, 200)
SMALL_PIXELS = 28
_CAUSE = "(caused by ValidationError)"
_MOST = 2**31 - 1


@dataclass(frozen=True)
class Rule:
    """How one is read (ValueError if it cannot be), what is expected, and the default where there is one."""

    read: Callable[[str], Any]
    expects: str
    default: str | None = None


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """All hyperparameters, read."""

    num_classes: int
    num_training_samples: int
    augmentation_type: str | None
    beta_1: float
    beta_2: float
    checkpoint_frequency: int | None
    early_stopping: bool
    early_stopping_min_epochs: int
    early_stopping_patience: int
    early_stopping_tolerance: float
    epochs: int
    eps: float
    gamma: float
    image_shape: tuple[int, int, int]
    kv_store: str | None
    learning_rate: float
    lr_scheduler_factor: float
    lr_scheduler_step: tuple[int, ...]
    mini_batch_size: int
    momentum: float
    multi_label: int
    num_layers: int
    optimizer: str
    precision_dtype: str
    resize: int | None
    top_k: int | None
    use_pretrained_model: int
    use_weighted_loss: int
    weight_decay: float


def _integer(default: int | None = None, least: int = 1) -> Rule:
    def read(text: str) -> int:
        if not least <= int(text) <= _MOST:
            raise ValueError(text)
        return int(text)

    return Rule(read, f"an integer between {least} and {_MOST}", None if default is None else str(default))


def _share(default: float) -> Rule:
    def read(text: str) -> float:
        if not 0 <= float(text) <= 1:
            raise ValueError(text)
        return float(text)

    return Rule(read, "a number between 0 and 1", str(default))


def _choice(*options: str, default: str | None = None, read: Callable[[str], Any] = str) -> Rule:
    def pick(text: str) -> object:
        if text not in options:
            raise ValueError(text)
        return read(text)

    return Rule(pick, f"one of the following: {', '.join(options)}", default)


def _shape(text: str) -> tuple[int, int, int]:
    if not re.fullmatch(r"[13]\s*,\s*[1-9]\d*\s*,\s*[1-9]\d*", text):
        raise ValueError(text)
    return cast("tuple[int, int, int]", tuple(int(part) for part in text.split(",")))


def _steps(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\s*[1-9]\d*\s*(,\s*[1-9]\d*\s*)*", text):
        raise ValueError(text)
    return tuple(int(part) for part in text.split(","))


_SWITCH = ("0", "1")
_TRUTH = ("True", "False", "true", "false")
REQUIRED = ("num_classes", "num_training_samples")
RULES: Mapping[str, Rule] = {
    "num_classes": _integer(least=2),
    "num_training_samples": _integer(),
    "augmentation_type": _choice("crop", "crop_color", "crop_color_transform"),
    "beta_1": _share(0.9),
    "beta_2": _share(0.999),
    "checkpoint_frequency": _integer(),
    "early_stopping": _choice(*_TRUTH, default="False", read=lambda text: text.lower() == "true"),
    "early_stopping_min_epochs": _integer(10),
    "early_stopping_patience": _integer(5),
    "early_stopping_tolerance": _share(0.0),
    "epochs": _integer(30),
    "eps": _share(1e-8),
    "gamma": _share(0.9),
    "image_shape": Rule(_shape, "'num_channels, height, width' with 1 or 3 channels", "3,224,224"),
    "kv_store": _choice("dist_sync", "dist_async"),
    "learning_rate": _share(0.1),
    "lr_scheduler_factor": _share(0.1),
    "lr_scheduler_step": Rule(_steps, "epochs with commas between them"),
    "mini_batch_size": _integer(32),
    "momentum": _share(0.9),
    "multi_label": _choice(*_SWITCH, default="0", read=int),
    "num_layers": _choice(*map(str, LARGE_LAYERS + SMALL_LAYERS), default="152", read=int),
    "optimizer": _choice("sgd", "adam", "rmsprop", "nag", default="sgd"),
    "precision_dtype": _choice("float32", "float16", default="float32"),
    "resize": _integer(),
    "top_k": _integer(least=2),
    "use_pretrained_model": _choice(*_SWITCH, default="0", read=int),
    "use_weighted_loss": _choice(*_SWITCH, default="0", read=int),
    "weight_decay": _share(0.0001),
}
# What the original does and the stand-in does not: anything else than this value is refused.
_ONLY = {"multi_label": 0, "use_weighted_loss": 0, "precision_dtype": "float32"}


def read(given: Mapping[str, str]) -> Parameters:
    """The hyperparameters of a job; CustomerError in AWS's words."""
    if missing := [f"'{name}'" for name in REQUIRED if name not in given]:
        raise CustomerError(
            f"No value(s) were specified for {', '.join(missing)} which are required hyperparameter(s) {_CAUSE}"
        )
    if unknown := [f"'{name}'" for name in sorted(given) if name not in RULES]:
        verb = "was" if len(unknown) == 1 else "were"
        raise CustomerError(
            f"Additional hyperparameters are not allowed ({', '.join(unknown)} {verb} unexpected) {_CAUSE}"
        )
    values: dict[str, Any] = {name: _value(name, given.get(name, rule.default)) for name, rule in RULES.items()}
    parameters = Parameters(**{**values, "lr_scheduler_step": values["lr_scheduler_step"] or ()})
    _check(parameters)
    return parameters


def _value(name: str, text: str | None) -> Any:
    if text is None:
        return None
    try:
        return RULES[name].read(text.strip())
    except ValueError:
        expects = RULES[name].expects
        raise CustomerError(
            f"The value '{text}' is not valid for the '{name}' hyperparameter which expects {expects} {_CAUSE}"
        ) from None


def _check(parameters: Parameters) -> None:
    """What only shows in several values, or is not here."""
    for name, only in _ONLY.items():
        if (value := getattr(parameters, name)) != only:
            raise CustomerError(f"{name}={value} is not implemented by the embedded AWS; it takes {only}")
    layers, height = parameters.num_layers, parameters.image_shape[1]
    fitting = SMALL_LAYERS if height <= SMALL_PIXELS else LARGE_LAYERS
    if layers not in fitting:
        raise CustomerError(
            f"num_layers={layers} does not go with pictures {height} pixels high: up to {SMALL_PIXELS} it is one of "
            f"{', '.join(map(str, SMALL_LAYERS))}, above that one of {', '.join(map(str, LARGE_LAYERS))}"
        )
    if parameters.use_pretrained_model and layers not in LARGE_LAYERS:
        raise CustomerError(f"use_pretrained_model=1 needs num_layers from {', '.join(map(str, LARGE_LAYERS))}")
    if parameters.top_k and parameters.top_k > parameters.num_classes:
        raise CustomerError(f"top_k={parameters.top_k} is more than num_classes={parameters.num_classes}")
    if parameters.checkpoint_frequency and parameters.checkpoint_frequency > parameters.epochs:
        raise CustomerError(
            f"checkpoint_frequency={parameters.checkpoint_frequency} is more than epochs={parameters.epochs}"
        )
