"""A function of the class: one package of ``lambdas/``, its own role and log group."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aws_cdk import RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from classlab.contract import METRICS_NAMESPACE, FunctionVariable, function_log_group, service_role_path
from classlab.settings import Classroom
from infra.constructs.role import PlainRole, RolePlan, service
from infra.constructs.state_machine import LOG_RETENTION
from infra.policy import Statement, acknowledge, allow, tracing


@dataclass(frozen=True, kw_only=True)
class FunctionPlan:
    """What distinguishes one function from another."""

    package: str  # below lambdas/
    description: str
    minutes: int = 15
    memory_mib: int = 512
    variables: dict[str, str] = field(default_factory=dict)
    rights: Sequence[Statement] = ()


class ClassFunction(Construct):
    """Function, role and log group. The role may not make log groups, so that none comes back after the class."""

    def __init__(
        self, scope: Construct, construct_id: str, *, classroom: Classroom, code: s3_assets.Asset, plan: FunctionPlan
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
        function = lambda_.CfnFunction(
            self,
            "Function",
            description=plan.description,
            runtime=lambda_.Runtime.PYTHON_3_12.name,
            architectures=[classroom.lambda_architecture],
            handler=f"lambdas.{plan.package}.handler.handler",
            code=lambda_.CfnFunction.CodeProperty(s3_bucket=code.s3_bucket_name, s3_key=code.s3_object_key),
            role=self.role.role_arn,
            timeout=plan.minutes * 60,
            memory_size=plan.memory_mib,
            logging_config=lambda_.CfnFunction.LoggingConfigProperty(log_group=self.log_group.log_group_name),
            tracing_config=lambda_.CfnFunction.TracingConfigProperty(mode="Active"),
            environment=lambda_.CfnFunction.EnvironmentProperty(
                variables={**_telemetry(plan.package), **plan.variables}
            ),
        )
        self.arn = function.attr_arn
        acknowledge(function, "AwsSolutions-L1", "Python 3.12 is the one version of everything of ours")

    def _role(self, classroom: Classroom, plan: FunctionPlan) -> PlainRole:
        group = self.log_group.log_group_arn  # ends in :*, which stands for the group's streams
        writing = allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [group])
        work = {"Work": plan.rights} if plan.rights else {}
        role = RolePlan(
            principal=service("lambda"),
            description=plan.description,
            path=service_role_path(classroom.name),
            rights={"Platform": [writing, tracing()], **work},
        )
        return PlainRole(self, "Role", role)


def _telemetry(package: str) -> dict[str, str]:
    return {
        FunctionVariable.SERVICE: package,
        FunctionVariable.METRICS_NAMESPACE: METRICS_NAMESPACE,
        FunctionVariable.LOG_LEVEL: "INFO",
    }
