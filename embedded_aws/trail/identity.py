"""Who called, as `userIdentity` says it ("CloudTrail userIdentity element", CloudTrail's user guide)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True)
class Principal:
    """The owner of an access key; `role` is the record of the role a session is of, `issued_at` in epoch seconds."""

    kind: str
    arn: str
    principal_id: str
    account: str
    access_key_id: str
    name: str = ""
    role: Mapping[str, Any] | None = None
    issued_at: float | None = None


def user_identity(principal: Principal, invoked_by: str | None = None) -> dict[str, Any]:
    """The element; `invoked_by` is the service that called on the principal's behalf."""
    identity: dict[str, Any] = {
        "type": {"User": "IAMUser"}.get(principal.kind, principal.kind),
        "principalId": principal.principal_id,
        "arn": principal.arn,
        "accountId": principal.account,
        "accessKeyId": principal.access_key_id,
    }
    if principal.kind == "User":
        identity["userName"] = principal.name
    if principal.issued_at is not None:
        identity["sessionContext"] = _session_context(principal, principal.issued_at)
    return identity | ({"invokedBy": invoked_by} if invoked_by else {})


def user_name(principal: Principal) -> str:
    """What LookupEvents gives as Username: the user's, a session's, or `root`."""
    if principal.kind == "Root":
        return "root"
    return principal.name or principal.arn.rsplit("/", 1)[-1]


def _session_context(principal: Principal, issued_at: float) -> dict[str, Any]:
    attributes = {"creationDate": iso(issued_at), "mfaAuthenticated": "false"}
    if principal.role is None:
        return {"attributes": attributes}
    issuer = {
        "type": "Role",
        "principalId": principal.role["RoleId"],
        "arn": principal.role["Arn"],
        "accountId": principal.account,
        "userName": principal.role["RoleName"],
    }
    return {"sessionIssuer": issuer, "attributes": attributes}


def iso(seconds: float) -> str:
    """A time as events write it: UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
