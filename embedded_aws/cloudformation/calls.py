"""The calls of a stack's resources: as whoever the stack acts for, and how long they wait for what they began.

What AWS's handlers report as throttled, broken or lost, CloudFormation tries again
(docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html: Retriable).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_aws.clients import Clients
from embedded_aws.clock import Clock
from embedded_aws.patience import patiently
from embedded_aws.sagemaker.ports import Credentials
from embedded_aws.sagemaker.shapes import coerced


@dataclass(frozen=True)
class StackCalls:
    """Calls with the credentials of the stack at work; `acting` knows whose these are, `calling` is told of each."""

    clients: Clients
    acting: Callable[[], Credentials]
    clock: Clock
    calling: Callable[[str, Mapping[str, Any]], None]

    def __call__(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:  # noqa: ANN401 # API parameters
        """The operation's answer; template values get the types of its members: `Value: 1` of a tag is text."""
        shape = self.clients.model(service).operation_model(operation).input_shape
        asked = params if shape is None else coerced(shape, params)
        self.calling(operation, asked)
        return patiently(lambda: self.clients.call(self.acting(), service, operation, asked))

    def limit(self, seconds: float) -> float:
        """How long to wait for what would be waited for so long on AWS."""
        return self.clock.limit(seconds)
