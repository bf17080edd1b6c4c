"""Policy statements that say why they are as wide as they are."""

import json
from collections.abc import Mapping, Sequence

from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk import aws_iam as iam
from constructs import IConstruct

Conditions = Mapping[str, Mapping[str, object]]


class Statement(iam.PolicyStatement):
    """A statement, and the reason for the wildcards in it; one without wildcards needs none."""

    def __init__(
        self,
        sid: str,
        actions: Sequence[str],
        resources: Sequence[str],
        conditions: Conditions | None = None,
        *,
        effect: iam.Effect = iam.Effect.ALLOW,
        why: str = "",
    ) -> None:
        super().__init__(
            sid=sid, actions=list(actions), resources=list(resources), conditions=conditions, effect=effect
        )
        self.why = why


def allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: Conditions | None = None,
    *,
    why: str = "",
) -> Statement:
    """A statement that allows the actions."""
    return Statement(sid, actions, resources, conditions, why=why)


def deny(sid: str, actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None = None) -> Statement:
    """A statement that denies the actions, whatever else allows them; its wildcards widen nothing."""
    return Statement(sid, actions, resources, conditions, effect=iam.Effect.DENY)


def pass_role(sid: str, role_arn: str, service: str, *, why: str = "") -> Statement:
    """Leave to hand a role to one service of AWS, and to no other."""
    condition = {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
    return allow(sid, ["iam:PassRole"], [role_arn], condition, why=why)


def tracing() -> Statement:
    """Leave to send traces."""
    actions = [
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
    ]
    return allow("SendTraces", actions, ["*"], why="X-Ray knows no resources")


def log_delivery() -> Statement:
    """Leave for a state machine to deliver its logs."""
    actions = [
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogGroups",
    ]
    return allow("DeliverLogs", actions, ["*"], why="Log delivery of Step Functions knows no resources")


def document(statements: Sequence[iam.PolicyStatement]) -> iam.PolicyDocument:
    """The policy made of the statements."""
    return iam.PolicyDocument(statements=list(statements))


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept one finding of cdk-nag on one construct, with the reason."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def acknowledge_wildcards(construct: IConstruct, statements: Sequence[Statement]) -> None:
    """Accept every wildcard of the statements that give a reason; any other stays a finding of cdk-nag."""
    stack = Stack.of(construct)
    for statement in statements:
        wide = [f"Action::{action}" for action in statement.actions if "*" in action]
        wide += [f"Resource::{_flat(stack.resolve(resource))}" for resource in statement.resources if "*" in resource]
        for finding in wide if statement.why else []:
            acknowledge(construct, f"AwsSolutions-IAM5[{finding}]", statement.why)


def _flat(resolved: object) -> str:
    """A resolved value as cdk-nag writes it: ``<AWS::Region>`` for a reference, ``<Bucket.Arn>`` for an attribute.

    Other functions it writes as JSON.
    """
    match resolved:
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(_flat(part) for part in parts)
        case {"Fn::GetAtt": [str(logical_id), str(attribute)]}:
            return f"<{logical_id}.{attribute}>"
        case {"Ref": str(name)}:
            return f"<{name}>"
        case dict():
            return json.dumps(resolved, separators=(",", ":"))
        case _:
            return str(resolved)
