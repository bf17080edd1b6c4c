"""What AWS gives its services: sessions of roles that trust them. No emulator import.

Who a role trusts is read from its trust policy; statements with conditions count only if these hold.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from embedded_aws.clock import Clock
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Credentials

_LIFE_SECONDS = 12 * 3600.0
_ASSUME = {"sts:assumerole", "sts:*", "*"}

Conditions = Mapping[str, Any]
ConditionsHold = Callable[[Conditions, Mapping[str, str]], bool]
OnNew = Callable[[str, Mapping[str, Any], str, str], None]
"""Told of a new session: the service that took the role, the role's record, the session's name and its key."""


@dataclass(frozen=True)
class RoleStore:
    """The emulator's side: a role's record by name, and where a new session is made known."""

    role: Callable[[str], Mapping[str, Any] | None]
    register: Callable[[Credentials, Mapping[str, Any], str], None]
    conditions_hold: ConditionsHold


class RoleSessions:
    """Sessions of roles, one kept for each role, service and session name until half its life is over."""

    def __init__(self, store: RoleStore, account: str, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._account = account
        self._kept: dict[tuple[str, str, str], Credentials] = {}
        self._lock = threading.Lock()
        self._services: dict[str, str] = {}
        self.on_new: OnNew = lambda _service, _role, _name, _key: None

    def service_of(self, access_key_id: str) -> str | None:
        """The service that a key was made for; None for any other key."""
        return self._services.get(access_key_id)

    def session(
        self,
        role_arn: str,
        service: str = "sagemaker.amazonaws.com",
        session_name: str = "SageMaker",
        source_arn: str = "",
    ) -> Credentials:
        """Credentials of the role; AwsError (ValidationException) if it is missing or does not trust `service`."""
        role = self.trusting(role_arn, service, source_arn)
        key = (str(role["RoleId"]), service, session_name)
        with self._lock:
            kept = self._kept.get(key)
            lifetime = timedelta(seconds=self._clock.limit(_LIFE_SECONDS))
            if kept is None or kept.expiration - datetime.now(UTC) < lifetime / 2:
                kept = _new_credentials(lifetime)
                self._store.register(kept, role, session_name)
                self._kept[key] = kept
                self._services[kept.access_key_id] = service
                self.on_new(service, role, session_name, kept.access_key_id)
        return kept

    def trusting(self, role_arn: str, service: str, source_arn: str = "") -> Mapping[str, Any]:
        """The role's record, if it exists and lets `service` assume it; AwsError if not."""
        role = self._store.role(role_arn.rsplit("/", 1)[-1])
        if role is None or role["Arn"] != role_arn or not self._trusts(role, service, source_arn):
            raise AwsError(
                "ValidationException",
                f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
                f"'{service}' to assume the role.",
            )
        return role

    def _trusts(self, role: Mapping[str, Any], service: str, source_arn: str) -> bool:
        document = role["AssumeRolePolicyDocument"]
        document = json.loads(document) if isinstance(document, str) else document
        context = {"aws:sourceaccount": self._account} | ({"aws:sourcearn": source_arn} if source_arn else {})
        matching = [
            statement["Effect"]
            for statement in as_list(document.get("Statement"))
            if _names(statement, service) and self._store.conditions_hold(statement.get("Condition") or {}, context)
        ]
        return "Allow" in matching and "Deny" not in matching


def outlived(session: Mapping[str, Any], role: Mapping[str, Any]) -> bool:
    """Whether a session belongs to an earlier role of that name: it dies with the role it was given for."""
    return float(session["IssuedAt"]) < datetime.fromisoformat(role["CreateDate"]).timestamp()


def as_list(value: Any) -> list[Any]:  # noqa: ANN401 # policy elements are a value or a list of values
    """A policy element as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _names(statement: Mapping[str, Any], service: str) -> bool:
    principal = statement.get("Principal")
    services = as_list(principal.get("Service")) if isinstance(principal, dict) else []
    actions = {str(action).lower() for action in as_list(statement.get("Action"))}
    return bool(actions & _ASSUME) and (principal == "*" or service in services)


def _new_credentials(lifetime: timedelta) -> Credentials:
    return Credentials(
        "ASIA" + secrets.token_hex(8).upper(),
        secrets.token_urlsafe(30),
        secrets.token_urlsafe(64),
        datetime.now(UTC) + lifetime,
    )
