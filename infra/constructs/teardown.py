"""The teardown: one function that works in slices, and the state machine that repeats them."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from classlab.contract import FunctionVariable, service_role_path, teardown_machine_name
from classlab.settings import Classroom
from infra.asl.teardown import Teardown
from infra.constructs.function import ClassFunction, FunctionPlan
from infra.constructs.state_machine import LoggedStateMachine
from infra.constructs.teardown_policy import ReaperRights
from infra.inputs import BuildInputs
from infra.policy import allow, document, log_delivery, tracing


class TeardownMachine(Construct):
    """Function, roles and state machine of the teardown."""

    def __init__(
        self, scope: Construct, *, classroom: Classroom, build: BuildInputs, bucket: s3.IBucket, boundary_arn: str
    ) -> None:
        super().__init__(scope, "Teardown")
        rights = ReaperRights(classroom=classroom.name, class_bucket_arn=bucket.bucket_arn, boundary_arn=boundary_arn)
        self.function = ClassFunction(
            self,
            "Reaper",
            classroom=classroom,
            build=build,
            plan=FunctionPlan(
                package="teardown",
                description="Deletes what is provably the class's, slice by slice",
                variables={
                    FunctionVariable.CLASSROOM: classroom.name,
                    FunctionVariable.CLASS_BUCKET: bucket.bucket_name,
                    FunctionVariable.BOUNDARY_ARN: boundary_arn,
                },
                rights=rights.statements(),
            ),
        )
        function_arn = self.function.function.function_arn
        definition = Teardown(function_arn=function_arn, class_bucket=bucket.bucket_name).definition()
        self.machine = LoggedStateMachine(
            self,
            "Machine",
            name=teardown_machine_name(classroom.name),
            role=self._role(classroom, function_arn),
            definition=definition,
        )

    def _role(self, classroom: Classroom, function_arn: str) -> iam.Role:
        return iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
            description="Repeats the slices of the teardown",
            path=service_role_path(classroom.name),
            inline_policies={
                "Repeat": document(
                    allow("CallReaper", ["lambda:InvokeFunction"], [function_arn]), log_delivery(), tracing()
                )
            },
        )
