"""IAM: what it refuses, and what its answers always show."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_aws.iam import policy_documents
from embedded_aws.iam.role_sessions import as_list
from embedded_aws.sagemaker.errors import AwsError

Form = Mapping[str, str]
_TAG_KEY = re.compile(r"Tags\.member\.\d+\.Key")
_EMBEDS = re.compile(r"Put(?P<kind>Role|User|Group)Policy")
_VERSION = re.compile(rb"<member>.*?</member>", re.DOTALL)


@dataclass(frozen=True)
class Held:
    """What the account holds: roles by name, policies by ARN, users with inline policies, users in groups."""

    role: Callable[[str], bool]
    policy: Callable[[str], bool]
    user_has_inline_policies: Callable[[str], bool]
    user_is_in_a_group: Callable[[str], bool]
    inline_policies: Callable[[str, str], Mapping[str, Any] | None]
    """The documents by name of a role, user or group (kind and name); None if it is not there."""


def refuse(operation: str, form: Form, held: Held) -> None:
    """Raise AwsError for what AWS refuses and the emulator takes."""
    if operation == "CreateRole":
        _check_trust(form.get("AssumeRolePolicyDocument", ""))
    if operation == "UpdateAssumeRolePolicy" and held.role(form.get("RoleName", "")):
        _check_trust(form.get("PolicyDocument", ""))
    if operation in ("CreatePolicy", "CreatePolicyVersion"):
        policy_documents.check_identity(form.get("PolicyDocument", ""))
        policy_documents.check_managed_size(form.get("PolicyDocument", ""))
    if embeds := _EMBEDS.fullmatch(operation):
        _check_embedded(embeds["kind"], form, held)
    if operation in ("AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy"):
        _check_attachable(form.get("PolicyArn", ""), held)
    if operation == "DeleteUser" and held.user_has_inline_policies(form.get("UserName", "")):
        raise AwsError("DeleteConflict", "Cannot delete entity, must delete policies first.", 409)
    if operation == "DeleteUser" and held.user_is_in_a_group(form.get("UserName", "")):
        raise AwsError("DeleteConflict", "Cannot delete entity, must remove user from groups first.", 409)
    keys = [value for name, value in form.items() if _TAG_KEY.fullmatch(name)]
    if len(set(keys)) < len(keys):
        raise AwsError("InvalidInput", "Duplicate tag keys found.")


def shown(operation: str, form: Form, body: bytes) -> bytes:
    """An answer as AWS gives it."""
    if operation == "CreateRole" and "MaxSessionDuration" not in form:
        body = re.sub(rb"<MaxSessionDuration>\d+</MaxSessionDuration>", b"", body)
    if operation == "GetRole" and b"<RoleLastUsed" not in body:
        body = body.replace(b"</Role>", b"<RoleLastUsed/></Role>")
    if operation == "GetPolicy" and b"<Tags" not in body:
        body = body.replace(b"</Policy>", b"<Tags/></Policy>")
    if operation == "ListPolicyVersions":
        newest_first = iter(_VERSION.findall(body)[::-1])
        body = _VERSION.sub(lambda _: next(newest_first), body)
    return body.replace(b"<Description></Description>", b"")


def _check_trust(document: str) -> None:
    try:
        statements = as_list(json.loads(document).get("Statement"))
    except (ValueError, AttributeError) as error:
        raise _malformed("This policy contains invalid Json") from error
    for statement in statements:
        _check_trust_statement(statement)


def _check_trust_statement(statement: Mapping[str, Any]) -> None:
    for member in ("Resource", "NotResource"):
        if member in statement:
            raise _malformed(f"Has prohibited field {member}")
    if not all(str(action).lower().startswith("sts:") for action in as_list(statement.get("Action"))):
        raise _malformed("AssumeRole policy may only specify STS AssumeRole actions.")


def _check_embedded(kind: str, form: Form, held: Held) -> None:
    document, name = form.get("PolicyDocument", ""), form.get(f"{kind}Name", "")
    others = held.inline_policies(kind.lower(), name)
    if others is None:
        return
    policy_documents.check_identity(document)
    together = {**others, form.get("PolicyName", ""): document}
    texts = (each if isinstance(each, str) else json.dumps(each) for each in together.values())
    policy_documents.check_inline_sizes(kind.lower(), name, texts)


def _malformed(text: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", text)


def _check_attachable(arn: str, held: Held) -> None:
    if not arn.startswith("arn:"):
        raise AwsError("InvalidInput", f"ARN {arn} is not valid.")
    if not arn.startswith("arn:aws:iam::aws:") and not held.policy(arn):
        raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)
