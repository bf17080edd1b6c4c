"""The benchmark of seats measures thirty that are ready, or nothing."""

import pytest

from benchmarks.seats import all_ready
from classlab.environments import Seat


def test_one_seat_of_thirty_that_is_not_ready_ends_the_benchmark() -> None:
    seats = {f"seat-{number:02d}": Seat(f"seat-{number:02d}", "ready", "") for number in range(30)}
    all_ready(seats)
    seats["seat-17"] = Seat("seat-17", "broken", "no space left")
    with pytest.raises(RuntimeError, match="seat-17 is broken: no space left"):
        all_ready(seats)
