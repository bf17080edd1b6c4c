"""What every runner needs: where things are, who acts, and how to reach the engine's own API."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embedded_aws.clients import Clients
from embedded_aws.clock import Clock
from embedded_aws.patience import patiently
from embedded_aws.runtime.doors import Doors
from embedded_aws.runtime.nursery import Nursery
from embedded_aws.runtime.sandbox import Isolation
from embedded_aws.sagemaker.ports import RoleSessions


@dataclass(frozen=True)
class Principal:
    """A role at work: calls go out with a session of it, so its policies decide."""

    clients: Clients
    sessions: RoleSessions
    role_arn: str

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 # parameters of any call
        """The answer of an operation; AwsError if it fails, and goes on to for a while, or the role is gone."""

        def call() -> dict[str, Any]:
            for value in params.values():
                if hasattr(value, "seek"):
                    value.seek(0)
            return self.clients.call(self.sessions.session(self.role_arn), service, operation, params)

        return patiently(call)


@dataclass(frozen=True, kw_only=True)
class Host:
    """The machine that runs things: addresses, directories, isolation, and the doors that sandboxes may knock at.

    `clock` says how long what AWS limits may take.
    """

    endpoint_url: str
    region: str
    account: str
    state: Path
    environments: Path
    isolation: Isolation
    clients: Clients
    sessions: RoleSessions
    doors: Doors
    clock: Clock
    nursery: Nursery

    def acting_as(self, role_arn: str) -> Principal:
        """A role's calls."""
        return Principal(self.clients, self.sessions, role_arn)
