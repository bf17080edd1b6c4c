"""The role of an attendee's pipeline state machines: create this seat's jobs and models, wait for them, keep results.

The L2 tasks of the CDK would grant every job and model of the account; here every ARN names the seat and the step.
"""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from classlab.contract import RUNS_PREFIX, outputs_key, role_path
from infra.arns import OWN
from infra.constructs.role import PlainRole, RolePlan, own_account, service
from infra.constructs.sagemaker_policy import JOB_KINDS, SageMakerRights
from infra.policy import Statement, allow, log_delivery, pass_role, tracing
from infra.seat import Seat

STEPS: dict[str, Sequence[str]] = {"Processing": ("prepare", "score"), "Training": ("train",), "Transform": ("infer",)}


class PipelineRole(PlainRole):
    """Assumed by Step Functions of this account only."""

    def __init__(self, scope: Construct, *, seat: Seat, gate_function_arn: str, boundary: iam.IManagedPolicy) -> None:
        rights = SageMakerRights(classroom=seat.classroom, stack=seat.stack)
        plan = RolePlan(
            principal=service("states", own_account()),
            description="Pipeline state machines of one attendee",
            path=role_path(seat.classroom.name),
            rights={
                "Jobs": [*_jobs(rights), pass_role("PassExecutionRole", seat.role_arn, "sagemaker")],
                "Results": _results(seat, gate_function_arn),
                "Platform": [log_delivery(), tracing()],
            },
            boundary=boundary,
        )
        super().__init__(scope, "PipelineRole", plan)


def _results(seat: Seat, gate_function_arn: str) -> list[Statement]:
    runs = OWN.bucket(f"{seat.bucket}/{RUNS_PREFIX}*")
    findings = [f"{runs}/score/metrics.json", f"{runs}/facts/hyperparameters.json"]
    outputs = OWN.bucket(f"{seat.bucket}/{outputs_key('*')}")
    why = "A run's id is part of the key"
    return [
        allow("ReadFindings", ["s3:GetObject"], findings, why=why),
        allow("WriteResult", ["s3:PutObject"], [f"{runs}/result.json"], why=why),
        allow("KeepOutputs", ["s3:PutObject"], [outputs], why="One object a lab"),
        allow("AskGate", ["lambda:InvokeFunction"], [gate_function_arn]),
    ]


def _jobs(rights: SageMakerRights) -> list[Statement]:
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
