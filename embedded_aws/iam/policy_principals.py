"""Principals of resource and trust policies: AWS refuses a policy that names a role or user who is not there.

No emulator import.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from embedded_aws.iam.role_sessions import as_list

Exists = Callable[[str, str], bool]
"""Whether a role or user (kind, ARN) of the account is there."""


def unknown_principal(document: str | bytes, account: str, exists: Exists) -> str | None:
    """The first principal of the account that a policy names and that is not there; None if all are."""
    for arn in _named(document):
        parts = arn.split(":")
        if len(parts) < 6 or parts[4] != account or parts[5] == "root":
            continue
        kind = parts[5].split("/")[0]
        if kind in ("role", "user") and not exists(kind, arn):
            return arn
    return None


def _named(document: str | bytes) -> Iterator[str]:
    try:
        policy: Any = json.loads(document)
    except ValueError:
        return
    for statement in as_list(policy.get("Statement") if isinstance(policy, dict) else None):
        principal = statement.get("Principal") if isinstance(statement, dict) else None
        if isinstance(principal, dict):
            yield from (str(arn) for arn in as_list(principal.get("AWS")))
