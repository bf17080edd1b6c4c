"""Sessions of roles that services take: kept for half their life, then made anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from embedded_aws.clock import Clock
from embedded_aws.iam.role_sessions import RoleSessions, RoleStore
from embedded_aws.sagemaker.ports import Credentials
from tests.embedded_aws.account import trust

ARN = "arn:aws:iam::123456789012:role/r"
ROLE = {"Arn": ARN, "RoleId": "AROA1", "AssumeRolePolicyDocument": trust("sagemaker")}


def _no_register(_held: Credentials, _role: Mapping[str, Any], _name: str) -> None:
    """Nobody is told."""


def test_session_is_renewed_before_it_ends() -> None:
    """IAM User Guide, "Use temporary credentials with AWS resources": temporary credentials expire.

    AWS's services renew theirs before; when they do is not documented.
    """
    clock = Clock()
    sessions = RoleSessions(RoleStore(lambda _name: ROLE, _no_register, lambda *_: True), "123456789012", clock)
    first = sessions.session(ARN)
    assert sessions.session(ARN) == first
    half = (first.expiration - datetime.now(UTC)) / 2
    aged = Credentials(
        first.access_key_id,
        first.secret_access_key,
        first.session_token,
        datetime.now(UTC) + half - timedelta(seconds=5),
    )
    sessions._kept = dict.fromkeys(sessions._kept, aged)  # hours pass
    second = sessions.session(ARN)
    assert second.access_key_id != first.access_key_id
    assert second.expiration > aged.expiration
