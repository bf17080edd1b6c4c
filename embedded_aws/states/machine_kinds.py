"""What Standard and Express state machines do not have in common. No emulator import.

AWS: Step Functions developer guide, "Choosing workflow type in Step Functions".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedded_aws.sagemaker.errors import AwsError

_EXPRESS_SECONDS = 300.0


def limit(machine: Mapping[str, Any], own: float | None) -> float | None:
    """How many seconds an execution may take: its machine's own limit, and five minutes for an Express one."""
    if machine.get("type") != "EXPRESS":
        return own
    return min(own or _EXPRESS_SECONDS, _EXPRESS_SECONDS)


def only(kind: str, machine: Mapping[str, Any] | None) -> None:
    """AwsError for a call that only machines of a kind have; one that is not there is somebody else's question."""
    if machine is not None and machine.get("type", "STANDARD") != kind:
        text = "This operation is not supported by this type of state machine"
        raise AwsError("StateMachineTypeNotSupported", text)
