"""Events as JSON lines, for machines: one object a line, `event` names its type."""

import json
import re
from dataclasses import asdict
from typing import TextIO

from classlab.reporting.events import Event


def event_name(event: Event) -> str:
    """`step-started` for StepStarted."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(event).__name__).lower()


class JsonLines:
    """Writes each event as it comes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: Event) -> None:
        """Write one line, in one piece."""
        document = {"event": event_name(event), **asdict(event)}
        self._stream.write(json.dumps(document, ensure_ascii=False) + "\n")
        self._stream.flush()
