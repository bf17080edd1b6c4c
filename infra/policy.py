"""Policy statements, and the acknowledgement of a rule of cdk-nag, in one line each."""

from collections.abc import Mapping, Sequence

from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_iam as iam
from constructs import IConstruct

Conditions = Mapping[str, Mapping[str, object]]


def allow(
    sid: str, actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None = None
) -> iam.PolicyStatement:
    """A statement that allows the actions."""
    return iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources), conditions=conditions)


def deny(
    sid: str, actions: Sequence[str], resources: Sequence[str], conditions: Conditions | None = None
) -> iam.PolicyStatement:
    """A statement that denies the actions, whatever else allows them."""
    statement = allow(sid, actions, resources, conditions)
    statement.effect = iam.Effect.DENY
    return statement


def pass_role(sid: str, role_arn: str, service: str) -> iam.PolicyStatement:
    """Leave to hand a role to one service of AWS, and to no other."""
    condition = {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
    return allow(sid, ["iam:PassRole"], [role_arn], condition)


def tracing() -> iam.PolicyStatement:
    """Leave to send traces; X-Ray knows no resources."""
    actions = [
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
    ]
    return allow("SendTraces", actions, ["*"])


def log_delivery() -> iam.PolicyStatement:
    """Leave for a state machine to deliver its logs; these actions know no resources."""
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
    return allow("DeliverLogs", actions, ["*"])


def document(*statements: iam.PolicyStatement) -> iam.PolicyDocument:
    """The policy made of the statements."""
    return iam.PolicyDocument(statements=list(statements))


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept one finding of cdk-nag on one construct, with the reason."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
