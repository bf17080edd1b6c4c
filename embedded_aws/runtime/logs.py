"""Log streams: what a process prints goes to CloudWatch Logs while it runs, as its role."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from embedded_aws.runtime.host import Principal
from embedded_aws.runtime.outbox import Outbox
from embedded_aws.sagemaker.errors import AwsError

LONGEST_LINE = 100_000
TAIL_LINES = 50


class LogStream:
    """A stream of a log group; lines go out in batches in the background, at the latest on `close`.

    A role without rights on the logs loses them, as on AWS; the engine's own log says so once.
    `tail` keeps the last lines for failure texts; `watch` sees every line.
    """

    def __init__(
        self, principal: Principal, group: str, stream: str, watch: Callable[[str], None] | None = None
    ) -> None:
        self.group = group
        self.stream = stream
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._principal = principal
        self._watch = watch
        self._events = Outbox[dict[str, Any]](f"log {group} {stream}", self._send)

    def write(self, line: str) -> None:
        """One line; an empty one becomes a space, which is the least that CloudWatch Logs takes."""
        self.tail.append(line)
        if self._watch:
            self._watch(line)
        self._events.put({"timestamp": int(time.time() * 1000), "message": line[:LONGEST_LINE] or " "})

    def pump(self, descriptor: int) -> threading.Thread:
        """Write what comes through a pipe until all its writers have closed it; the thread that does so."""
        thread = threading.Thread(target=self._pump, args=(descriptor,), name=f"pump {self.stream}", daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """Send the rest."""
        self._events.close()

    def _pump(self, descriptor: int) -> None:
        with os.fdopen(descriptor, "rb", buffering=1 << 16) as pipe:
            for line in pipe:
                self.write(line.decode(errors="replace").rstrip("\r\n"))

    def _send(self, batch: list[dict[str, Any]]) -> None:
        names = {"logGroupName": self.group, "logStreamName": self.stream}
        try:
            self._principal.call("logs", "PutLogEvents", **names, logEvents=batch)
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            self._create()
            self._principal.call("logs", "PutLogEvents", **names, logEvents=batch)

    def _create(self) -> None:
        """The stream, and its group if need be; another stream of the group may make it at the same time."""
        try:
            self._create_unless_there("CreateLogStream", logGroupName=self.group, logStreamName=self.stream)
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise
            self._create_unless_there("CreateLogGroup", logGroupName=self.group)
            self._create_unless_there("CreateLogStream", logGroupName=self.group, logStreamName=self.stream)

    def _create_unless_there(self, operation: str, **params: str) -> None:
        try:
            self._principal.call("logs", operation, **params)
        except AwsError as error:
            if error.code != "ResourceAlreadyExistsException":
                raise
