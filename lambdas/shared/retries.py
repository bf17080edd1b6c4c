"""Calls that are repeated with full-jitter backoff."""

import random
from collections.abc import Callable

from lambdas.shared.clock import Clock
from lambdas.shared.faults import AWS_ERRORS, Fault, classify

ATTEMPTS = 7
BASE_SECONDS = 0.5
CAP_SECONDS = 20.0
_HOPELESS = (Fault.GONE, Fault.DENIED, Fault.WAIT)


def full_jitter(attempt: int, *, base: float = BASE_SECONDS, cap: float = CAP_SECONDS) -> float:
    """Seconds to wait after the given attempt (from 0): uniform between 0 and the exponential bound."""
    return random.uniform(0, min(cap, base * 2**attempt))  # noqa: S311 - spreads calls, keeps no secret


def patiently[T](call: Callable[[], T], *, clock: Clock, attempts: int = ATTEMPTS) -> T:
    """The call's answer; throttling and unknown errors of AWS are retried, the last one is raised."""
    for attempt in range(attempts - 1):
        try:
            return call()
        except AWS_ERRORS as error:
            if classify(error) in _HOPELESS:
                raise
            clock.sleep(full_jitter(attempt))
    return call()
