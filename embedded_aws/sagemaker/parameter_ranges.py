"""Ranges of hyperparameters that a tuning job searches: read, checked, and values by their place in a range.

A place is a number from 0 up to, not including, 1: equal steps of it are equal steps of the range's scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from embedded_aws.sagemaker.errors import validation

LIMIT = 30
# Which scale is best is AWS's secret: here a range takes the logarithmic one if it spans two orders of magnitude.
_WIDE = 100.0


class Range(Protocol):
    """A hyperparameter and what values it may have."""

    @property
    def name(self) -> str:
        """The hyperparameter."""

    def at(self, place: float) -> str:
        """The value at a place, as training jobs get it."""


@dataclass(frozen=True)
class Continuous:
    """Numbers from `low` to `high`; `scaling` is one of AWS's names but Auto."""

    name: str
    low: float
    high: float
    scaling: str

    def at(self, place: float) -> str:
        """The number, with all its digits."""
        return repr(min(max(_scaled(self.low, self.high, self.scaling, place), self.low), self.high))


@dataclass(frozen=True)
class Integer:
    """Whole numbers from `low` to `high`, each with the same share of the scale as its neighbours."""

    name: str
    low: int
    high: int
    scaling: str

    def at(self, place: float) -> str:
        """The whole number."""
        number = round(_scaled(self.low - 0.5, self.high + 0.5, self.scaling, place))
        return str(min(max(number, self.low), self.high))


@dataclass(frozen=True)
class Categorical:
    """One of several texts."""

    name: str
    values: tuple[str, ...]

    def at(self, place: float) -> str:
        """The text."""
        return self.values[min(int(place * len(self.values)), len(self.values) - 1)]


def read(ranges: Mapping[str, Any], static: Collection[str]) -> list[Range]:
    """The ranges of a request; ValidationException (the texts are not AWS's) for those that cannot be searched."""
    found: list[Range] = [
        *(_numeric(item, float, Continuous) for item in ranges.get("ContinuousParameterRanges", [])),
        *(_numeric(item, int, Integer) for item in ranges.get("IntegerParameterRanges", [])),
        *(Categorical(item["Name"], tuple(item["Values"])) for item in ranges.get("CategoricalParameterRanges", [])),
    ]
    names = [one.name for one in found]
    twice = sorted({name for name in names if names.count(name) > 1} | (set(names) & set(static)))
    if twice:
        raise validation(f"A hyperparameter has one range or one static value; this job gives more to {twice[0]}.")
    if not 1 <= len(found) <= LIMIT:
        raise validation(f"A tuning job searches 1 to {LIMIT} hyperparameters; this one has {len(found)} ranges.")
    return found


def combinations(ranges: list[Range]) -> int:
    """How many a grid has; ValidationException if a range is not categorical, which alone AWS's grids take."""
    for one in ranges:
        if not isinstance(one, Categorical):
            raise validation(f"The Grid strategy takes categorical ranges only; {one.name} has another one.")
    return math.prod(len(one.values) for one in ranges if isinstance(one, Categorical))


def _numeric(
    given: Mapping[str, Any], number: Callable[[str], Any], kind: Callable[[str, Any, Any, str], Range]
) -> Range:
    name = given["Name"]
    try:
        low, high = number(given["MinValue"]), number(given["MaxValue"])
    except ValueError as error:
        raise validation(f"The range of {name} is not of numbers of its kind: {error}.") from error
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise validation(f"MinValue of {name} must be less than its MaxValue; they are {low} and {high}.")
    return kind(name, low, high, _scaling(name, given.get("ScalingType", "Auto"), low, high, whole=number is int))


def _scaling(name: str, given: str, low: float, high: float, *, whole: bool) -> str:
    if given == "Auto":
        return "Logarithmic" if low > 0 and high / low >= _WIDE else "Linear"
    if given == "Logarithmic" and low <= 0:
        raise validation(f"Logarithmic scaling of {name} needs a range of values greater than 0.")
    if given == "ReverseLogarithmic" and (whole or low < 0 or high >= 1):
        raise validation(f"ReverseLogarithmic scaling of {name} needs a continuous range within 0 <= x < 1.")
    return given


def _scaled(low: float, high: float, scaling: str, place: float) -> float:
    if scaling == "Logarithmic":
        return low * math.pow(high / low, place)
    if scaling == "ReverseLogarithmic":
        return 1 - (1 - low) * math.pow((1 - high) / (1 - low), place)
    return low + (high - low) * place
