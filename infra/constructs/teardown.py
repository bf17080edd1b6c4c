"""The teardown: one function that works in slices, and the state machine that repeats them."""

from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from classlab.contract import FunctionVariable, service_role_path, teardown_machine_name
from classlab.settings import Classroom
from infra.asl.teardown import Teardown
from infra.constructs.function import ClassFunction, FunctionPlan
from infra.constructs.role import PlainRole, RolePlan, own_account, service
from infra.constructs.state_machine import LoggedStateMachine
from infra.constructs.teardown_policy import ReaperRights
from infra.policy import allow, log_delivery, tracing


class TeardownMachine(Construct):
    """Function, roles and state machine of the teardown."""

    def __init__(
        self, scope: Construct, *, classroom: Classroom, code: s3_assets.Asset, bucket: s3.IBucket, boundary_arn: str
    ) -> None:
        super().__init__(scope, "Teardown")
        rights = ReaperRights(classroom=classroom.name, class_bucket_arn=bucket.bucket_arn, boundary_arn=boundary_arn)
        self.function = ClassFunction(
            self,
            "Reaper",
            classroom=classroom,
            code=code,
            plan=FunctionPlan(
                package="teardown",
                description="Deletes what is provably the class's, slice by slice",
                memory_mib=1024,  # with it grows the share of a processor: a slice is many requests
                variables={
                    FunctionVariable.CLASSROOM: classroom.name,
                    FunctionVariable.CLASS_BUCKET: bucket.bucket_name,
                    FunctionVariable.BOUNDARY_ARN: boundary_arn,
                },
                rights=rights.statements(),
            ),
        )
        definition = Teardown(function_arn=self.function.arn, class_bucket=bucket.bucket_name).definition()
        self.machine = LoggedStateMachine(
            self,
            "Machine",
            name=teardown_machine_name(classroom.name),
            role=PlainRole(self, "Role", _role(classroom, self.function.arn)),
            definition=definition,
        )


def _role(classroom: Classroom, function_arn: str) -> RolePlan:
    call = allow("CallReaper", ["lambda:InvokeFunction"], [function_arn])
    return RolePlan(
        principal=service("states", own_account()),
        description="Repeats the slices of the teardown",
        path=service_role_path(classroom.name),
        rights={"Repeat": [call, log_delivery(), tracing()]},
    )
