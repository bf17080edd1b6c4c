"""IAM's SetDefaultPolicyVersion, which the emulator lacks. No emulator import."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from embedded_aws.sagemaker.errors import AwsError


def set_default(policy: MutableMapping[str, Any] | None, version: str, now: str) -> None:
    """Make a version the one that counts; `policy` is the emulator's record. Raises AwsError where one is unknown."""
    if policy is None or version not in policy["Versions"]:
        text = f"Policy version {version} does not exist or is not attachable."
        raise AwsError("NoSuchEntity", text, 404)
    for held in policy["Versions"].values():
        held["IsDefaultVersion"] = held["VersionId"] == version
    policy["DefaultVersionId"], policy["UpdateDate"] = version, now
