"""A function of the class: one package of ``lambdas/``, its own role and log group."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from classlab.build.manifest import LAMBDA_FOLDER
from classlab.contract import METRICS_NAMESPACE, FunctionVariable, function_log_group, service_role_path
from classlab.settings import Classroom
from infra.constructs.state_machine import LOG_RETENTION
from infra.inputs import BuildInputs
from infra.policy import acknowledge, allow, document, tracing

_ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


@dataclass(frozen=True, kw_only=True)
class FunctionPlan:
    """What distinguishes one function from another."""

    package: str  # below lambdas/
    description: str
    minutes: int = 15
    memory_mib: int = 512
    variables: dict[str, str] = field(default_factory=dict)
    rights: Sequence[iam.PolicyStatement] = ()


class ClassFunction(Construct):
    """Function, role and log group. The role may not make log groups, so that none comes back after the class."""

    def __init__(
        self, scope: Construct, construct_id: str, *, classroom: Classroom, build: BuildInputs, plan: FunctionPlan
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=function_log_group(classroom.name, plan.package),
            retention=LOG_RETENTION,
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = self._role(classroom, plan)
        code = lambda_.Code.from_asset(str(build.folder / LAMBDA_FOLDER), asset_hash=build.manifest.lambda_sha256)
        self.function = lambda_.Function(
            self,
            "Function",
            description=plan.description,
            runtime=lambda_.Runtime.PYTHON_3_12,
            architecture=_ARCHITECTURES[classroom.lambda_architecture],
            handler=f"lambdas.{plan.package}.handler.handler",
            code=code,
            role=self.role.without_policy_updates(),
            log_group=self.log_group,
            timeout=Duration.minutes(plan.minutes),
            memory_size=plan.memory_mib,
            tracing=lambda_.Tracing.ACTIVE,
            environment={**_telemetry(plan.package), **plan.variables},
        )
        acknowledge(self.function, "AwsSolutions-L1", "Python 3.12 is the one version of everything of ours")

    def _role(self, classroom: Classroom, plan: FunctionPlan) -> iam.Role:
        writing = allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [self.log_group.log_group_arn])
        work = {"Work": document(*plan.rights)} if plan.rights else {}
        return iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=plan.description,
            path=service_role_path(classroom.name),
            inline_policies={"Platform": document(writing, tracing()), **work},
        )


def _telemetry(package: str) -> dict[str, str]:
    return {
        FunctionVariable.SERVICE: package,
        FunctionVariable.METRICS_NAMESPACE: METRICS_NAMESPACE,
        FunctionVariable.LOG_LEVEL: "INFO",
    }
