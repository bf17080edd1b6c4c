"""Ranges and strategies: values within their range and on its scale, every combination, and a search that learns."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_aws.runtime import search
from embedded_aws.runtime.search import Point
from embedded_aws.sagemaker.parameter_ranges import Categorical, Continuous, Integer, Range, combinations, read

PLACES = st.floats(0, 1, exclude_max=True)
SCALES = st.sampled_from(["Linear", "Logarithmic", "ReverseLogarithmic"])


@given(st.lists(st.floats(0.001, 0.999), min_size=2, max_size=2, unique=True), SCALES, PLACES)
def test_numbers_stay_in_their_range(ends: list[float], scaling: str, place: float) -> None:
    low, high = sorted(ends)
    assert low <= float(Continuous("a", low, high, scaling).at(place)) <= high


@given(st.integers(1, 50), st.integers(1, 50), st.sampled_from(["Linear", "Logarithmic"]), PLACES)
def test_whole_numbers_stay_in_their_range(low: int, more: int, scaling: str, place: float) -> None:
    assert low <= int(Integer("a", low, low + more, scaling).at(place)) <= low + more


@given(st.floats(0.001, 0.9), PLACES, PLACES)
def test_scales_keep_the_order(low: float, one: float, two: float) -> None:
    for scaling in ("Linear", "Logarithmic", "ReverseLogarithmic"):
        near, far = (float(Continuous("a", low, 0.99, scaling).at(place)) for place in sorted((one, two)))
        assert near <= far


def test_scales_have_their_middle_where_they_should() -> None:
    assert float(Continuous("a", 0, 10, "Linear").at(0.5)) == 5
    assert float(Continuous("a", 0.001, 10, "Logarithmic").at(0.5)) == pytest.approx(0.1)
    assert float(Continuous("a", 0.9, 0.999, "ReverseLogarithmic").at(0.5)) == pytest.approx(0.99)


def test_every_whole_number_and_every_category_has_its_share() -> None:
    places = [(index + 0.5) / 1000 for index in range(1000)]
    for one, size in ((Integer("a", 3, 6, "Linear"), 4), (Categorical("a", ("x", "y")), 2)):
        values = [one.at(place) for place in places]
        assert {values.count(value) for value in values} == {1000 // size}


def test_auto_is_logarithmic_where_a_range_is_wide() -> None:
    given = [
        {"Name": name, "MinValue": low, "MaxValue": high}
        for name, low, high in [("a", "0.001", "1"), ("b", "0", "1"), ("c", "0.1", "1")]
    ]
    scales = [one.scaling for one in read({"ContinuousParameterRanges": given}, []) if isinstance(one, Continuous)]
    assert scales == ["Logarithmic", "Linear", "Linear"]


def test_a_grid_is_every_combination_once() -> None:
    ranges: list[Range] = [Categorical("a", ("1", "2", "3")), Categorical("b", ("x", "y"))]
    grid = search.strategy("Grid", ranges, None)
    points = [grid.next([]) for _ in range(combinations(ranges))]
    values = [tuple(one.at(place) for one, place in zip(ranges, point, strict=True)) for point in points]
    assert values == list(itertools.product("123", "xy"))
    with pytest.raises(StopIteration):
        grid.next([])


@pytest.mark.parametrize("name", ["Random", "Bayesian"])
def test_a_seed_gives_the_same_again(name: str) -> None:
    ranges: list[Range] = [Continuous("a", 0, 1, "Linear"), Categorical("b", ("x", "y"))]
    one, same, other = (_search(name, ranges, _bowl, seed, 8) for seed in (7, 7, 8))
    assert one == same
    assert one != other
    assert _search(name, ranges, _bowl, None, 8) != _search(name, ranges, _bowl, None, 8)


@pytest.mark.parametrize("losses", [lambda point: 0.0, lambda point: -point[0]])
def test_bayesian_search_stays_in_bounds_whatever_comes_of_it(losses: Callable[[Point], float]) -> None:
    ranges: list[Range] = [Continuous("a", 0, 1, "Linear"), Categorical("b", ("x", "y", "z"))]
    for point in _search("Bayesian", ranges, losses, 3, 40):
        assert all(0 <= place < 1 for place in point)


def test_bayesian_search_learns_from_what_was_tried() -> None:
    """Best of 30 tries of a bowl with a wrong category beside it, over 20 seeds: a third of random search's loss."""
    ranges: list[Range] = [
        Continuous("a", 0, 1, "Linear"),
        Continuous("b", 0, 1, "Linear"),
        Categorical("c", ("right", "wrong")),
    ]
    best = {
        name: statistics.mean(min(map(_bowl, _search(name, ranges, _bowl, seed, 30))) for seed in range(20))
        for name in ("Random", "Bayesian")
    }
    assert best["Bayesian"] < best["Random"] / 3


def _bowl(point: Point) -> float:
    numbers = [place - 0.3 for place in point[:-1]]
    return sum(number**2 for number in numbers) + (point[-1] >= 0.5)


def _search(
    name: str, ranges: Sequence[Range], loss: Callable[[Point], float], seed: int | None, tries: int
) -> list[Point]:
    chosen = search.strategy(name, ranges, seed)
    tried: list[tuple[Point, float]] = []
    for _ in range(tries):
        point = chosen.next(tried)
        tried.append((point, loss(point)))
    return [point for point, _ in tried]
