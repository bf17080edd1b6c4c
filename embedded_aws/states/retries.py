"""How long a Retry waits: growth, MaxDelaySeconds and full jitter."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

_EMULATORS_LONGEST = 60.0


def surplus(retrier: Mapping[str, Any]) -> float:
    """How long a retrier with a fixed wait waits beyond the minute that the emulator waits at most."""
    return max(float(retrier["IntervalSeconds"]) - _EMULATORS_LONGEST, 0.0)


def with_delay(retrier: Mapping[str, Any], attempts: int) -> dict[str, Any]:
    """The retrier whose next wait is fixed to what its fields ask for after so many attempts."""
    delay = float(retrier.get("IntervalSeconds", 1)) * float(retrier.get("BackoffRate", 2.0)) ** attempts
    delay = min(delay, float(retrier.get("MaxDelaySeconds", delay)))
    if retrier.get("JitterStrategy") == "FULL":
        delay = random.uniform(0, delay)  # noqa: S311 # spreads retries, guards nothing
    return {**retrier, "IntervalSeconds": delay, "BackoffRate": 1.0}
