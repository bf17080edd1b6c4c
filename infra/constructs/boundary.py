"""The permissions boundary of every role an attendee stack makes: the most that anything of the class may do.

It also is the brake: the teardown makes a new default version of it that denies every creation, which holds for
running sessions at once. It must therefore leave room below IAM's limit of 6,144 characters.
"""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from classlab.contract import SEPARATOR, TAG_ATTENDEE, TAG_CLASSROOM, role_path, service_role_path
from classlab.labs import Lab
from classlab.settings import Classroom
from infra.arns import OWN
from infra.constructs import seat_policy
from infra.constructs.pipeline_role import job_event_rules
from infra.policy import Statement, acknowledge_wildcards, allow, deny, log_delivery, pass_role, tracing

_LIMIT = "A boundary grants nothing: it is the limit of the whole class, each role's own policy the limit of a seat"
_WARM_POOL_SECONDS = "900"


class AttendeeBoundary(iam.ManagedPolicy):
    """Class-wide; exported by the class stack, imported by every attendee stack."""

    def __init__(
        self, scope: Construct, *, classroom: Classroom, labs: Sequence[Lab], class_bucket_arn: str, gate_arn: str
    ) -> None:
        statements = [
            *_own(classroom.name),
            *seat_policy.class_files(class_bucket_arn),
            *seat_policy.public_data(labs),
            *seat_policy.images(labs, classroom.region),
            *_platform(gate_arn),
            *_never(),
        ]
        super().__init__(
            scope,
            "AttendeeBoundary",
            path=service_role_path(classroom.name),
            description=f"The most that roles of attendees of {classroom.name} may do",
            statements=statements,
        )
        acknowledge_wildcards(self, statements)


def _own(classroom: str) -> list[Statement]:
    names = f"{classroom}{SEPARATOR}*"
    return [
        allow("SageMaker", ["sagemaker:*"], [OWN.sagemaker("*", names)], why=_LIMIT),
        allow("Buckets", seat_policy.BUCKET_ACTIONS, [OWN.bucket(names)], why=_LIMIT),
        allow(
            "EndpointLogs",
            ["logs:DeleteLogGroup"],
            [OWN.log_group(f"{seat_policy.ENDPOINT_LOGS}{names}")],
            why=_LIMIT,
        ),
        pass_role("PassAttendeeRoles", OWN.role(f"{role_path(classroom)}*"), "sagemaker", why=_LIMIT),
    ]


def _platform(gate_arn: str) -> list[Statement]:
    opening = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"]
    using = ["logs:PutLogEvents", "logs:GetLogEvents"]
    return [
        allow("Logs", [*opening, *using], [OWN.log_group("/aws/sagemaker/*")], why=_LIMIT),
        allow("Metrics", ["cloudwatch:PutMetricData"], ["*"], why=_LIMIT),
        allow("Gate", ["lambda:InvokeFunction"], [gate_arn]),
        allow("Rules", ["events:PutTargets", "events:PutRule", "events:DescribeRule"], job_event_rules()),
        log_delivery(),
        tracing(),
    ]


def _never() -> list[Statement]:
    """Tags are the proof of ownership: set at creation, never changed. Warm pools are billed like running jobs."""
    ours = {"ForAnyValue:StringEquals": {"aws:TagKeys": [TAG_CLASSROOM, TAG_ATTENDEE]}}
    later = {"Null": {"sagemaker:TaggingAction": "true"}}
    long = {"NumericGreaterThan": {"sagemaker:KeepAlivePeriod": _WARM_POOL_SECONDS}}
    return [
        deny("KeepTags", ["sagemaker:DeleteTags"], ["*"], ours),
        deny("TagAtCreationOnly", ["sagemaker:AddTags"], ["*"], later),
        deny("ShortWarmPools", ["sagemaker:CreateTrainingJob"], ["*"], long),
    ]
