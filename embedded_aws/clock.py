"""How long things take: as long as on AWS, divided by a speed, or just as long as the work itself.

AWS promises no durations of states; `STATE_SECONDS` are the orders of magnitude that its users see. Limits (of
lifecycle scripts, jobs, warm pools, presigned URLs, sessions, a stack's waits) are AWS's own and are divided by the
speed too, so that a test reaches them. Work itself is not made faster: at a speed of 100 a script has three seconds.
Schedules and time stamps follow the machine's time, whatever the speed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from math import inf

STATE_SECONDS: Mapping[tuple[str, str], float] = {
    ("NotebookInstance", "Pending"): 240,
    ("NotebookInstance", "Stopping"): 60,
    ("NotebookInstance", "Updating"): 20,
    ("NotebookInstance", "Deleting"): 20,
    ("Endpoint", "Creating"): 240,
    ("Endpoint", "Updating"): 240,
    ("Endpoint", "Deleting"): 10,
    ("TrainingJob", "Starting"): 120,
    ("ProcessingJob", "Starting"): 120,
    ("TransformJob", "Starting"): 180,
    ("TrainingJob", "Stopping"): 30,
    ("ProcessingJob", "Stopping"): 30,
    ("TransformJob", "Stopping"): 30,
}
"""Kind and state to seconds; `Starting` is the time in InProgress before a job has its instances."""
SCRIPT_SECONDS = 300.0
"""A lifecycle script's time (docs.aws.amazon.com/sagemaker/latest/dg/notebook-lifecycle-config.html)."""
URL_SECONDS = 300.0
"""A presigned URL's life (docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePresignedNotebookInstanceUrl)."""


class Clock:
    """One object for everything that waits in an engine; `speed` None lets states last as long as their work."""

    def __init__(self, speed: float | None = None) -> None:
        self._changed = threading.Condition()
        self._speed = _valid(speed)

    @property
    def speed(self) -> float | None:
        """How many seconds of AWS pass in one of ours; None where nothing is waited for."""
        return self._speed

    @speed.setter
    def speed(self, speed: float | None) -> None:
        with self._changed:
            self._speed = _valid(speed)
            self._changed.notify_all()

    def state(self, kind: str, status: str) -> float:
        """How many seconds a state of a kind lasts at least."""
        speed = self._speed
        return STATE_SECONDS.get((kind, status), 0.0) / speed if speed else 0.0

    def limit(self, seconds: float) -> float:
        """How many seconds a limit of AWS is here; a later change of speed reaches no limit that has begun."""
        return seconds / (self._speed or 1.0)

    def wait(self, left: Callable[[], float]) -> None:
        """Return once no seconds are `left`; asked anew when the speed changes."""
        with self._changed:
            while (seconds := left()) > 0:
                self._changed.wait(seconds)


def _valid(speed: float | None) -> float | None:
    """A speed; ValueError for none that time can have."""
    if speed is not None and not 0 < speed < inf:
        raise ValueError(f"a speed is more than 0 and finite (or none: as fast as work allows), not {speed}")
    return speed
