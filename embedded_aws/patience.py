"""Calls that AWS's services make again by themselves: when they are throttled, fail by the other's fault, or get lost.

How often and after what pauses AWS tries is documented nowhere; here it is five times within two seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from embedded_aws.sagemaker.errors import AwsError

PAUSES = (0.1, 0.2, 0.4, 0.8)
THROTTLES = frozenset(
    {
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_SERVERS_FAULT = 500


def passing(error: AwsError) -> bool:
    """Whether the same call may succeed a moment later."""
    return error.status >= _SERVERS_FAULT or error.code in THROTTLES


def patiently[Answer](call: Callable[[], Answer]) -> Answer:
    """The answer of a call that is made again while its errors are passing ones; the last error otherwise."""
    for seconds in PAUSES:
        try:
            return call()
        except AwsError as error:
            if not passing(error):
                raise
        time.sleep(seconds)
    return call()
