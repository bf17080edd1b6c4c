"""The role of an attendee's pipeline state machines: create this seat's jobs and models, wait for them, keep results.

The L2 tasks of the CDK would grant every job and model of the account; here every ARN names the seat and the step.
"""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from classlab.contract import RUNS_PREFIX, role_path
from infra.arns import OWN
from infra.constructs.sagemaker_policy import JOB_KINDS, SageMakerRights
from infra.policy import allow, document, log_delivery, pass_role, tracing
from infra.seat import Seat

STEPS: dict[str, Sequence[str]] = {"Processing": ("prepare", "score"), "Training": ("train",), "Transform": ("infer",)}


class PipelineRole(iam.Role):
    """Assumed by Step Functions of this account only."""

    def __init__(self, scope: Construct, *, seat: Seat, gate_function_arn: str, boundary: iam.IManagedPolicy) -> None:
        runs = OWN.bucket(f"{seat.bucket}/{RUNS_PREFIX}*")
        super().__init__(
            scope,
            "PipelineRole",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
            description="Pipeline state machines of one attendee",
            path=role_path(seat.classroom.name),
            permissions_boundary=boundary,
            inline_policies={
                "Jobs": document(
                    *_jobs(SageMakerRights(classroom=seat.classroom, stack=seat.stack)),
                    pass_role("PassExecutionRole", seat.role_arn, "sagemaker"),
                ),
                "Results": document(
                    allow("ReadMetrics", ["s3:GetObject"], [f"{runs}/score/metrics.json"]),
                    allow("WriteResult", ["s3:PutObject"], [f"{runs}/result.json"]),
                    allow("AskGate", ["lambda:InvokeFunction"], [gate_function_arn]),
                ),
                "Platform": document(log_delivery(), tracing()),
            },
        )


def _jobs(rights: SageMakerRights) -> list[iam.PolicyStatement]:
    kinds = [*JOB_KINDS.values(), "model"]
    return [
        *rights.create_jobs(STEPS),
        rights.create_model("model"),
        rights.tag_at_creation(kinds),
        rights.read_tags(kinds),
        allow("WaitForJobs", ["events:PutTargets", "events:PutRule", "events:DescribeRule"], job_event_rules()),
    ]


def job_event_rules() -> list[str]:
    """The account's shared rules by which Step Functions hears of a job's end."""
    return [OWN.regional("events", f"rule/StepFunctionsGetEventsForSageMaker{kind}JobsRule") for kind in JOB_KINDS]
