"""IAM and STS: what they refuse, and what IAM's answers always show."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embedded_aws.iam import policy_documents
from embedded_aws.iam.role_sessions import as_list
from embedded_aws.sagemaker.errors import AwsError, not_implemented

Form = Mapping[str, str]
_TAG_KEY = re.compile(r"Tags\.member\.\d+\.Key")
_ATTACHES = re.compile(r"Attach(?P<kind>Role|User|Group)Policy")
_CREATES = re.compile(r"Create(?P<kind>Role|User|Group)")
_EMBEDS = re.compile(r"Put(?P<kind>Role|User|Group)Policy")
_VERSION = re.compile(rb"<member>.*?</member>", re.DOTALL)

_OWN = ("CreateAccessKey", "DeleteAccessKey", "GetUser", "ListAccessKeys", "UpdateAccessKey")
# "IAM and AWS STS quotas": what an account has at first.
_ATTACHED = 10
_KEYS = 2
_CHAINED_SECONDS = 3600


@dataclass(frozen=True)
class Held:
    """What the account holds: roles by name, policies by ARN, users with inline policies, users in groups."""

    role: Callable[[str], bool]
    policy: Callable[[str], bool]
    user_has_inline_policies: Callable[[str], bool]
    user_is_in_a_group: Callable[[str], bool]
    inline_policies: Callable[[str, str], Mapping[str, Any] | None]
    """The documents by name of a role, user or group (kind and name); None if it is not there."""
    attached_policies: Callable[[str, str], Sequence[str] | None]
    """The ARNs of a role's, user's or group's managed policies; None if it is not there."""
    access_keys: Callable[[str], int]
    """How many a user has."""
    members: Callable[[str], Sequence[str]]
    """The users of a group."""
    names: Callable[[str], Iterable[str]]
    """The names of a kind: `role`, `user` or `group`."""


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
    if attaches := _ATTACHES.fullmatch(operation):
        _check_attachable(form.get("PolicyArn", ""), held)
        _check_attached(attaches["kind"], form, held)
    if creates := _CREATES.fullmatch(operation):
        _check_case(creates["kind"], form, held)
    if operation == "CreateAccessKey" and held.access_keys(form.get("UserName", "")) >= _KEYS:
        raise _too_many("AccessKeysPerUser", _KEYS)
    _check_unused(operation, form, held)
    keys = [value for name, value in form.items() if _TAG_KEY.fullmatch(name)]
    if len(set(keys)) < len(keys):
        raise AwsError("InvalidInput", "Duplicate tag keys found.")


def own_user(operation: str, form: Form, caller_arn: str) -> str:
    """The user whom a call is about that names none: the caller; empty where it names one, or is about root.

    AwsError for other callers, and for what would be a key of root.
    """
    if operation not in _OWN or form.get("UserName"):
        return ""
    if ":user/" in caller_arn:
        return caller_arn.rsplit("/", 1)[-1]
    if not caller_arn.endswith(":root"):
        raise AwsError("ValidationError", "Must specify userName when calling with non-User credentials")
    if operation == "CreateAccessKey":
        raise AwsError("ValidationError", "Must specify userName: the embedded AWS makes no second key of root")
    return ""


def refuse_session(operation: str, form: Form, longest: int | None, *, chained: bool) -> None:
    """Raise AwsError for a session that lasts too long, or is asked for with an MFA device: there are none.

    `longest` is of the role; `chained` if a role asks.
    """
    if form.get("SerialNumber") or form.get("TokenCode"):
        text = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
        raise AwsError("AccessDenied", text, 403)
    if form.get("SourceIdentity"):
        raise not_implemented(f"{operation}: SourceIdentity")
    seconds = int(form.get("DurationSeconds") or 0)
    if operation != "AssumeRole" or longest is None:
        return
    if seconds > longest:
        text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise AwsError("ValidationError", text)
    if chained and seconds > _CHAINED_SECONDS:
        text = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        raise AwsError("ValidationError", text)


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
        statements = as_list(json.loads(document)["Statement"])
    except KeyError as error:
        raise policy_documents.malformed("Missing required field Statement") from error
    except (ValueError, TypeError) as error:
        raise policy_documents.malformed("This policy contains invalid Json") from error
    for statement in statements:
        _check_trust_statement(statement)


def _check_trust_statement(statement: Any) -> None:  # noqa: ANN401 # whatever stands there
    if not isinstance(statement, Mapping):
        raise policy_documents.malformed("This policy contains invalid Json")
    for member in ("Resource", "NotResource"):
        if member in statement:
            raise policy_documents.malformed(f"Has prohibited field {member}")
    for member in ("Effect", "Principal", "Action"):
        if not statement.keys() & {member, f"Not{member}"}:
            raise policy_documents.malformed(f"Missing required field {member}")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise policy_documents.malformed(f"Invalid effect: {statement.get('Effect')}")
    if not all(str(action).lower().startswith("sts:") for action in as_list(statement.get("Action"))):
        raise policy_documents.malformed("AssumeRole policy may only specify STS AssumeRole actions.")


def _check_embedded(kind: str, form: Form, held: Held) -> None:
    document, name = form.get("PolicyDocument", ""), form.get(f"{kind}Name", "")
    others = held.inline_policies(kind.lower(), name)
    if others is None:
        return
    policy_documents.check_identity(document)
    together = {**others, form.get("PolicyName", ""): document}
    texts = (each if isinstance(each, str) else json.dumps(each) for each in together.values())
    policy_documents.check_inline_sizes(kind.lower(), name, texts)


def _check_attachable(arn: str, held: Held) -> None:
    if not arn.startswith("arn:"):
        raise AwsError("InvalidInput", f"ARN {arn} is not valid.")
    if not arn.startswith("arn:aws:iam::aws:") and not held.policy(arn):
        raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404)


def _check_attached(kind: str, form: Form, held: Held) -> None:
    attached = held.attached_policies(kind.lower(), form.get(f"{kind}Name", "")) or ()
    if form.get("PolicyArn") not in attached and len(attached) >= _ATTACHED:
        raise _too_many(f"PoliciesPer{kind}", _ATTACHED)


def _check_case(kind: str, form: Form, held: Held) -> None:
    """Names that differ in case only are the same ("IAM and AWS STS quotas", names)."""
    name = form.get(f"{kind}Name", "")
    if name.lower() in (other.lower() for other in held.names(kind.lower())):
        raise AwsError("EntityAlreadyExists", f"{kind} with name {name} already exists.", 409)


def _check_unused(operation: str, form: Form, held: Held) -> None:
    """Users and groups are deleted when nothing is left of what they have."""
    user, group = form.get("UserName", ""), form.get("GroupName", "")
    left = {
        "DeleteUser": (
            ("delete policies", lambda: held.user_has_inline_policies(user)),
            ("remove user from groups", lambda: held.user_is_in_a_group(user)),
        ),
        "DeleteGroup": (
            ("remove users from group", lambda: held.members(group)),
            ("detach all policies", lambda: held.attached_policies("group", group)),
            ("delete policies", lambda: held.inline_policies("group", group)),
        ),
    }
    for what, is_left in left.get(operation, ()):
        if is_left():
            raise AwsError("DeleteConflict", f"Cannot delete entity, must {what} first.", 409)


def _too_many(quota: str, limit: int) -> AwsError:
    return AwsError("LimitExceeded", f"Cannot exceed quota for {quota}: {limit}", 409)
