"""Lambda functions: what their callers see of an exception, and what their roles need to log. No emulator import."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from embedded_aws.iam.authorization import Check
from embedded_aws.iam.questions import log_stream_arn

IDLE_SECONDS = 20.0

_TYPE = r"(?P<type>[A-Za-z_][\w.]*)"


def error_type(log: str, message: str) -> str | None:
    """The name of the exception class whose text is `message`, from the traceback at the end of a log."""
    first = message.split("\n", 1)[0]
    line = re.compile(rf"^{_TYPE}: {re.escape(first)}" if first else rf"^{_TYPE}$", re.MULTILINE)
    found = list(line.finditer(log))
    return found[-1]["type"].rsplit(".", 1)[-1] if found else None


def log_rights(config: Mapping[str, Any], place: str) -> tuple[str, list[Check]]:
    """A function's log group, and what its role needs to write there: the first only if the group is missing."""
    logging = config.get("LoggingConfig") or {}
    group = str(logging.get("LogGroup") or f"/aws/lambda/{config['FunctionName']}")
    actions = ("CreateLogGroup", "CreateLogStream", "PutLogEvents")
    return group, [Check(f"logs:{action}", log_stream_arn(place, group)) for action in actions]
