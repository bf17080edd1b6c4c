"""Policies of roles, users and groups that IAM refuses: their grammar and their sizes. No emulator import.

IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM and AWS STS quotas". The texts are those that moto's
public tests (tests/test_iam/test_iam_policies.py) and users' reports have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from embedded_aws.iam.role_sessions import as_list
from embedded_aws.sagemaker.errors import AwsError

MANAGED_SIZE = 6144
INLINE_SIZES = {"role": 10_240, "user": 2048, "group": 5120}
_VERSION, _OLD = "2012-10-17", (None, "2008-10-17")
_STATEMENT = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_ARN = re.compile(r"\*|arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_OPERATOR = re.compile(
    r"(ForAllValues:|ForAnyValue:)?"
    r"(String(Not)?(Equals(IgnoreCase)?|Like)|Numeric((Not)?Equals|(Less|Greater)Than(Equals)?)|Bool|BinaryEquals"
    r"|Date((Not)?Equals|(Less|Greater)Than(Equals)?)|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?|Null"
)


def check_identity(document: str) -> None:
    """MalformedPolicyDocument for what no policy of an identity may be."""
    for statement in _statements(document):
        if not isinstance(statement, Mapping) or statement.get("Effect") not in ("Allow", "Deny"):
            raise malformed("Syntax errors in policy.")
        if "Principal" in statement or "NotPrincipal" in statement:
            raise malformed("Policy document should not specify a principal.")
        if statement.keys() - _STATEMENT:
            raise malformed("Syntax errors in policy.")
        _check_actions(statement)
        _check_resources(statement)
        for operator in statement.get("Condition") or {}:
            if not _OPERATOR.fullmatch(str(operator)):
                raise malformed("Syntax errors in policy.")


def check_managed_size(document: str) -> None:
    """LimitExceeded for a managed policy that is too long; white space does not count."""
    if _size(document) > MANAGED_SIZE:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for PolicySize: {MANAGED_SIZE}", 409)


def check_inline_sizes(kind: str, name: str, documents: Iterable[str]) -> None:
    """LimitExceeded where all inline policies of a role, user or group together are too long."""
    if sum(_size(document) for document in documents) > INLINE_SIZES[kind]:
        text = f"Maximum policy size of {INLINE_SIZES[kind]} bytes exceeded for {kind} {name}"
        raise AwsError("LimitExceeded", text, 409)


def malformed(text: str) -> AwsError:
    """The error of a policy that is none."""
    return AwsError("MalformedPolicyDocument", text)


def _statements(document: str) -> list[Any]:
    try:
        policy = json.loads(document)
    except ValueError as error:
        raise malformed("Syntax errors in policy.") from error
    if not isinstance(policy, Mapping) or policy.keys() - {"Version", "Id", "Statement"}:
        raise malformed("Syntax errors in policy.")
    if policy.get("Version") in _OLD:
        raise malformed(f"Policy document must be version {_VERSION} or greater.")
    if policy["Version"] != _VERSION or "Statement" not in policy:
        raise malformed("Syntax errors in policy.")
    return as_list(policy["Statement"])


def _check_actions(statement: Mapping[str, Any]) -> None:
    if ("Action" in statement) == ("NotAction" in statement):
        raise malformed("Policy statement must contain actions.")
    for action in as_list(statement.get("Action", statement.get("NotAction"))):
        if not _ACTION.fullmatch(str(action)):
            raise malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")


def _check_resources(statement: Mapping[str, Any]) -> None:
    if ("Resource" in statement) == ("NotResource" in statement):
        raise malformed("Policy statement must contain resources.")
    for resource in as_list(statement.get("Resource", statement.get("NotResource"))):
        if not _ARN.fullmatch(str(resource)):
            raise malformed(f'Resource {resource} must be in ARN format or "*".')


def _size(document: str) -> int:
    return len(re.sub(r"\s", "", document))
