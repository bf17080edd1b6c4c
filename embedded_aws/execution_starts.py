"""What StartExecution refuses, and when it gives back an execution that is there. No emulator import."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.tasks import MAX_BYTES

_NAME = re.compile(r"""^[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}$""")


def vet(request: Mapping[str, Any]) -> None:
    """AwsError for a name or an input that no execution may have. The texts are not AWS's."""
    given = request.get("input", "{}")
    if request.get("name") is not None:
        check_name(request["name"])
    if len(str(given).encode()) > MAX_BYTES:
        text = "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length "
        raise AwsError("ValidationException", f"{text}less than or equal to {MAX_BYTES}")
    check_json(given, "InvalidExecutionInput", "Invalid State Machine Execution Input")


def check_name(name: object) -> None:
    """AwsError for a name that neither an execution nor a state machine may have."""
    if not _NAME.match(str(name)):
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")


def check_json(text: object, code: str, message: str) -> None:
    """AwsError with that code if a text is no JSON."""
    try:
        json.loads(str(text))
    except ValueError as error:
        raise AwsError(code, f"{message}: '{error}'") from error


def repeated(request: Mapping[str, Any], existing: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The answer for an execution that still runs with the same name and input; None if one is to be started."""
    if existing is None or existing["status"] != "RUNNING" or existing["input"] != request.get("input", "{}"):
        return None
    return {key: existing[key] for key in ("executionArn", "startDate")}
