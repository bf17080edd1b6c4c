"""What the control plane needs from outside, as protocols: who runs things, and who gives role sessions.

The control plane imports none of their implementations; they are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.kinds import Kind

Record = dict[str, Any]
"""A resource: the members of its Describe call, plus private keys that begin with `_`.

Private keys: `_tags` (dict, system tags too), `_caller` (ARN of who created it), and of an endpoint `_pending`
(the Deployment to bring up, while Creating or Updating) and `_deployment` (the one that serves), and of what found no
instances `_unlaunched`. Of a notebook instance the runtime keeps `_folder` (its volume's) and `_created` (its on-create
script has run).
Read and change it under `ControlPlane.lock`; times are aware datetimes.
"""


@dataclass(frozen=True)
class Caller:
    """Who made a call: the principal's ARN, as the front door authenticated it."""

    arn: str


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials of a role."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: datetime


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """A request to an endpoint; the targets name one of its variants, and one of a container's several models."""

    body: bytes
    content_type: str = "application/octet-stream"
    accept: str | None = None
    target_variant: str | None = None
    target_model: str | None = None


@dataclass(frozen=True)
class Response:
    """What a model container answered, whatever its status."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Runtime(Protocol):
    """Runs what the control plane holds. Calls come without the plane's lock held and return at once.

    Progress is reported with `plane.transition(...)` and `plane.remove(...)`.
    """

    def vet(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """Called before a record is kept: raises AwsError for what cannot be run (an unknown image, no entrypoint)."""

    def started(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """A record was created, a notebook instance started or an endpoint updated: run it in the background."""

    def stopping(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """The record is in Stopping: end it, then `plane.transition(kind, record, "Stopped")`."""

    def deleting(self, plane: ControlPlane, kind: Kind, record: Record) -> None:
        """The record is in Deleting: undo everything, then `plane.remove(kind, record)`."""

    def invoke(self, endpoint: Record, variant: str, invocation: Invocation) -> Response:
        """One request to a container of `variant` (always a name; the plane has drawn it by weight).

        Answers of any status are returned; TimeoutError when the container gives none in 60 seconds.
        """

    def presigned_url(self, notebook: Record) -> str:
        """A URL that opens JupyterLab on a running notebook instance."""

    def released(self, cluster: str) -> None:
        """A warm pool has ended: forget what lay on its instances. Called with the plane's lock held."""

    def shutdown(self) -> None:
        """End every process and undo every mount."""


class RoleSessions(Protocol):
    """Gives what AWS gives a service: a session of a role that trusts it."""

    def session(
        self, role_arn: str, service: str = "sagemaker.amazonaws.com", session_name: str = "SageMaker"
    ) -> Credentials:
        """Raises AwsError (ValidationException, AWS's text) if the role is missing or does not trust `service`."""
