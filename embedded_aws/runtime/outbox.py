"""What comes bit by bit and goes to a service in batches, while the work goes on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from embedded_aws.sagemaker.errors import AwsError

BATCH = 1000
"""What PutLogEvents (with room to spare) and PutMetricData take at once."""
_SECONDS = 0.5
_log = logging.getLogger(__name__)


class Outbox[Item]:
    """Sends items in the background, at the latest on `close`.

    Who may not send them loses them all, as on AWS; the engine's own log says so once, with the outbox's name.
    """

    def __init__(self, name: str, send: Callable[[list[Item]], None]) -> None:
        self._name = name
        self._send = send
        self._waiting: list[Item] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._lost = False
        self._thread = threading.Thread(target=self._flush_until_closed, name=name, daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Have it sent, soon."""
        with self._lock:
            self._waiting.append(item)

    def close(self) -> None:
        """Send the rest."""
        self._closing.set()
        self._thread.join()

    def _flush_until_closed(self) -> None:
        while not self._closing.wait(_SECONDS):
            self._flush()
        self._flush()

    def _flush(self) -> None:
        while True:
            with self._lock:
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            if not batch or self._lost:
                return
            try:
                self._send(batch)
            except AwsError as error:
                self._lost = True
                _log.warning("%s: lost, %s", self._name, error)
