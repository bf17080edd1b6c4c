"""How a tuning job chooses what to try next: every combination, at random, or where good results have been.

A point is a place in each range (see `parameter_ranges`); a loss is what came of it, less being better.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from typing import Protocol

from embedded_aws.sagemaker.parameter_ranges import Categorical, Range

Point = tuple[float, ...]
Tried = Sequence[tuple[Point, float]]

NOTES: Mapping[str, tuple[str, ...]] = {
    "Grid": (),
    "Random": ("Random search draws other values than AWS's, with the same RandomSeed too",),
    "Bayesian": ("Bayesian search is a tree of Parzen estimators; AWS's own model proposes other values",),
}
_UNINFORMED = 3
_CANDIDATES = 24
_GOOD_SHARE = 0.25
_LEAST_WIDTH = 0.05


class Strategy(Protocol):
    """Chooses points; what it has chosen before it need not remember."""

    def next(self, tried: Tried) -> Point:
        """The next point, given what has been tried and has ended."""


def strategy(name: str, ranges: Sequence[Range], seed: int | None) -> Strategy:
    """The strategy by AWS's name; with a seed it chooses the same again."""
    if name == "Grid":
        return Grid([len(one.values) for one in ranges if isinstance(one, Categorical)])
    source = random.Random(seed)  # noqa: S311 - a search, not a secret
    return Random(len(ranges), source) if name == "Random" else Parzen(ranges, source)


class Grid:
    """Every combination of as many values a range as `sizes` say, the last range turning fastest."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._all = itertools.product(*([(index + 0.5) / size for index in range(size)] for size in sizes))

    def next(self, tried: Tried) -> Point:
        """The next combination; StopIteration after the last."""
        del tried
        return next(self._all)


class Random:
    """Places at random, whatever came of others."""

    def __init__(self, dimensions: int, source: random.Random) -> None:
        self._dimensions, self._source = dimensions, source

    def next(self, tried: Tried) -> Point:
        """A random point."""
        del tried
        return tuple(self._source.random() for _ in range(self._dimensions))


class Parzen:
    """Sequential search by Parzen estimators (Bergstra and others, 2011: Algorithms for Hyper-Parameter Optimization).

    Of random candidates near the better quarter of what was tried it takes the one that is most likely among the
    better and least among the others. Its first points are random.
    """

    def __init__(self, ranges: Sequence[Range], source: random.Random) -> None:
        self._sizes = [len(one.values) if isinstance(one, Categorical) else 0 for one in ranges]
        self._source = source

    def next(self, tried: Tried) -> Point:
        """A random point at first, then the most promising of the candidates."""
        if len(tried) < _UNINFORMED:
            return tuple(self._source.random() for _ in self._sizes)
        ranked = [point for point, _ in sorted(tried, key=lambda pair: pair[1])]
        split = math.ceil(len(ranked) * _GOOD_SHARE)
        return tuple(
            self._propose(size, [point[axis] for point in ranked[:split]], [point[axis] for point in ranked[split:]])
            for axis, size in enumerate(self._sizes)
        )

    def _propose(self, size: int, good: list[float], bad: list[float]) -> float:
        """A place in one range; `size` is the number of its values if it is categorical, else 0."""
        candidates = [self._near(good, size) for _ in range(_CANDIDATES)]
        return max(candidates, key=lambda place: _density(place, good, size) / _density(place, bad, size))

    def _near(self, known: list[float], size: int) -> float:
        """Near one of the known places, or (as likely as each of them) anywhere."""
        which = self._source.randrange(len(known) + 1)
        if which == len(known):
            return self._source.random()
        if size:
            return known[which]
        while not 0 <= (place := self._source.gauss(known[which], _width(known))) < 1:
            pass
        return place


def _density(place: float, known: list[float], size: int) -> float:
    """How likely a place is among the known ones: one share for each, and one for anywhere."""
    if size:
        near = sum(size for other in known if int(other * size) == int(place * size))
        return (1 + near) / (len(known) + 1)
    width = _width(known)
    peaks = (math.exp(-(((place - other) / width) ** 2) / 2) / (width * math.sqrt(2 * math.pi)) for other in known)
    return (1 + sum(peaks)) / (len(known) + 1)


def _width(known: list[float]) -> float:
    """How far around a known place one looks: less, the more is known."""
    return max(1 / (len(known) + 2), _LEAST_WIDTH)
