"""A role whose rights are written out: inline, with a reason for every wildcard, for one principal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.policy import Conditions, Statement, acknowledge_wildcards, document


@dataclass(frozen=True, kw_only=True)
class RolePlan:
    """Who may assume a role, and what it may do then."""

    principal: iam.IPrincipal
    description: str
    path: str
    rights: Mapping[str, Sequence[Statement]]  # by name of the inline policy
    boundary: iam.IManagedPolicy | None = None


class PlainRole(iam.Role):
    """The policies are inline, so that role and rights come, change and go together."""

    def __init__(self, scope: Construct, construct_id: str, plan: RolePlan) -> None:
        super().__init__(
            scope,
            construct_id,
            assumed_by=plan.principal,
            description=plan.description,
            path=plan.path,
            permissions_boundary=plan.boundary,
            inline_policies={name: document(statements) for name, statements in plan.rights.items()},
        )
        acknowledge_wildcards(self, [statement for statements in plan.rights.values() for statement in statements])


def service(name: str, conditions: Conditions | None = None) -> iam.ServicePrincipal:
    """A service of AWS; ``conditions`` keep it from acting for another account."""
    return iam.ServicePrincipal(f"{name}.amazonaws.com", conditions=conditions)


def own_account() -> Conditions:
    """The service acts for this account."""
    return {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
