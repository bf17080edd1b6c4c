"""What Step Functions refuses of requests, and when StartExecution gives back an execution that is there.

No emulator import. AWS: Step Functions API reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from botocore.model import ServiceModel

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.validation import check

_NAME = re.compile(r"""^[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}$""")


def vet_request(model: ServiceModel, target: str, body: bytes) -> None:
    """AwsError for a request that is against the service model; `target` names the operation behind a dot."""
    name = target.rpartition(".")[2]
    try:
        data = json.loads(body or b"{}")
    except ValueError:
        return
    shape = model.operation_model(name).input_shape if name in model.operation_names else None
    if shape is not None and isinstance(data, dict):
        check(shape, data)


def vet(request: Mapping[str, Any]) -> None:
    """AwsError for a name or an input that no execution may have. The texts are not AWS's."""
    if request.get("name") is not None:
        check_name(request["name"])
    check_json(request.get("input", "{}"), "InvalidExecutionInput", "Invalid State Machine Execution Input")


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
