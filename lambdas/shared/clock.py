"""Time, as something that can be handed in: the wall clock, and what is left of a slice."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """The wall clock."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)


class Budget:
    """How long one slice of work may take."""

    def __init__(self, *, clock: Clock, seconds: float) -> None:
        self.clock = clock
        self._end = clock.now() + timedelta(seconds=seconds)

    @property
    def spent(self) -> bool:
        """Whether the slice should end here."""
        return self.clock.now() >= self._end
