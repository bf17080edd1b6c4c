"""Waiting for AWS: ask again, slower and slower, until something is so or a deadline passes."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from classlab.errors import UserError


@dataclass(frozen=True)
class Patience:
    """How long to wait in all, and between two questions (seconds)."""

    seconds: float
    first: float = 0.5
    longest: float = 10.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def rounds(self) -> Iterator[None]:
        """One turn of a loop each; ends when the time is over, after a last turn."""
        deadline = self.clock() + self.seconds
        pause = self.first
        while True:
            yield
            left = deadline - self.clock()
            if left <= 0:
                return
            self.sleep(min(pause, left))
            pause = min(pause * 1.4, self.longest)


class WaitedTooLongError(UserError):
    """What was waited for did not come in time; the text says what to look at."""
