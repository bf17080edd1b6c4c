"""Print the seat's status object: `status.py preparing|ready|broken`, with what `--help` lists.

Runs with the system's Python 3.9, standard library only. With `--parts`, what fingerprint.py printed comes on
standard input: it is longer than an argument may be once an attendee has made many files.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

LOG_BYTES = 4000


def log_tail(path: Path | None) -> str:
    """The end of the worker's log, or nothing where there is none."""
    if path is None or not path.is_file():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - LOG_BYTES))
        return log.read().decode("utf-8", "replace")


def main() -> None:
    """Put the document together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("state", choices=["preparing", "ready", "broken"])
    parser.add_argument("--reason", default="")
    parser.add_argument("--log", type=Path)
    parser.add_argument("--ready-at")
    parser.add_argument("--parts", action="store_true", help="read them from standard input")
    options = parser.parse_args()
    document = {
        "state": options.state,
        "reason": options.reason,
        "log_tail": log_tail(options.log),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        **({"ready_at": options.ready_at} if options.ready_at else {}),
        **(json.load(sys.stdin) if options.parts else {"fingerprint": "", "parts": {}}),
    }
    print(json.dumps(document))


if __name__ == "__main__":
    main()
