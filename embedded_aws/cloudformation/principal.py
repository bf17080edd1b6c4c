"""Whom a stack acts for: the role it was given once and remembers, else whoever called. No emulator import."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from embedded_aws.iam.role_sessions import RoleSessions
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Credentials

SERVICE_PRINCIPAL = "cloudformation.amazonaws.com"
_WORKING = frozenset(
    {
        *("CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet", "ExecuteChangeSet"),
        *("CancelUpdateStack", "ContinueUpdateRollback", "RollbackStack"),
    }
)
"""What is done with the role; whoever only looks at a stack needs none, and the role may be gone."""
Record = MutableMapping[str, Any]


@dataclass(frozen=True)
class Principals:
    """Finds the records that remember a role, and gives sessions; `caller` are a key's own credentials."""

    stack: Callable[[str], Record | None]
    change_set: Callable[[str, str], Record | None]
    caller: Callable[[str], Credentials]
    sessions: RoleSessions

    def role(self, params: Mapping[str, str]) -> str | None:
        """The role a call's work is done with: given now, or remembered."""
        if params.get("Action") not in _WORKING:
            return None
        known = [record.get("RoleARN") for record in self._records(params)]
        return next((str(arn) for arn in [params.get("RoleARN"), *known] if arn), None)

    def credentials(self, role: str | None, access_key_id: str) -> Credentials:
        """Credentials to do the work with; AwsError if the role cannot be assumed."""
        if not role:
            return self.caller(access_key_id)
        try:
            return self.sessions.session(role, SERVICE_PRINCIPAL, "AWSCloudFormation")
        except AwsError as error:
            raise AwsError("ValidationError", f"Role {role} is invalid or cannot be assumed") from error

    def remember(self, params: Mapping[str, str], role: str | None) -> None:
        """Keep a role with the change set that was made, or with the stack that works with it."""
        if not role:
            return
        records = self._records(params)
        for record in records[:1] if params.get("Action") == "CreateChangeSet" else records:
            record["RoleARN"] = role

    def _records(self, params: Mapping[str, str]) -> list[Record]:
        """The change set, if the call names one, and the stack."""
        stack = self.stack(params.get("StackName", ""))
        change_set = None
        if params.get("ChangeSetName"):
            change_set = self.change_set(params["ChangeSetName"], (stack or {}).get("StackName", ""))
            stack = stack or self.stack((change_set or {}).get("StackName", ""))
        return [record for record in (change_set, stack) if record is not None]


def show_roles(body: bytes, stacks: list[Record]) -> bytes:
    """A DescribeStacks answer with the role of every stack that has one."""
    for stack in stacks:
        mark = f"<StackId>{stack['StackId']}</StackId>".encode()
        if stack.get("RoleARN"):
            body = body.replace(mark, mark + f"<RoleARN>{stack['RoleARN']}</RoleARN>".encode())
    return body
