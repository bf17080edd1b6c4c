"""The stack of the class: what all seats share, and what ends the class."""

from aws_cdk import CfnOutput, Environment, Stack, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from classlab.build.manifest import LAMBDA_FOLDER
from classlab.contract import (
    TAG_CLASSROOM,
    ClassParameter,
    ClassroomOutput,
    boundary_export,
    classroom_stack_name,
    parameter_name,
    service_role_path,
)
from infra.arns import OWN
from infra.constructs.assets import ClassAssets
from infra.constructs.boundary import AttendeeBoundary
from infra.constructs.buckets import CLASS_BUCKET_ID, PrivateBucket
from infra.constructs.budget import ClassBudget
from infra.constructs.function import ClassFunction, FunctionPlan
from infra.constructs.role import PlainRole, RolePlan
from infra.constructs.schedule import SCHEDULE_NAME, TeardownSchedule
from infra.constructs.teardown import TeardownMachine
from infra.inputs import BuildInputs, ClassInputs
from infra.instructor import InstructorRights


class ClassroomStack(Stack):
    """Class bucket with all assets, gate, boundary, instructor role, teardown, schedule and budget."""

    def __init__(self, scope: Construct, *, inputs: ClassInputs, build: BuildInputs) -> None:
        classroom = inputs.classroom
        super().__init__(
            scope,
            "Classroom",
            stack_name=classroom_stack_name(classroom.name),
            description=f"The class {classroom.name}; owner: {classroom.owner}",
            env=Environment(region=classroom.region),
            tags={TAG_CLASSROOM: classroom.name},
            analytics_reporting=False,
        )
        self._inputs = inputs
        self._build = build
        self.bucket = PrivateBucket(self, CLASS_BUCKET_ID)
        self.code = self._stage_code()
        self.assets = ClassAssets(self, classroom=classroom, build=build, code=self.code, bucket=self.bucket)
        self.gate = self._make_gate()
        self.boundary = self._make_boundary()
        self.teardown = TeardownMachine(
            self, classroom=classroom, code=self.code, bucket=self.bucket, boundary_arn=self.boundary.managed_policy_arn
        )
        self.schedule = TeardownSchedule(self, classroom=classroom, machine_arn=self.teardown.machine.arn)
        ClassBudget(self, classroom=classroom)
        self.instructor = self._make_instructor()
        self._publish()
        Tags.of(self).add(TAG_CLASSROOM, classroom.name, exclude_resource_types=["aws:cdk:stack"])

    def _stage_code(self) -> s3_assets.Asset:
        """One archive for all functions."""
        folder = self._build.folder / LAMBDA_FOLDER
        return s3_assets.Asset(self, "Code", path=str(folder), asset_hash=self._build.manifest.lambda_sha256)

    def _make_gate(self) -> ClassFunction:
        """What it may read it is given by each seat's bucket."""
        plan = FunctionPlan(
            package="pipeline",
            description="Judges what a training measured, for the gate of a pipeline",
            minutes=1,
            memory_mib=512,  # holds an archive of 100 MB, and again while it is read
        )
        return ClassFunction(self, "Gate", classroom=self._inputs.classroom, code=self.code, plan=plan)

    def _make_boundary(self) -> AttendeeBoundary:
        return AttendeeBoundary(
            self,
            classroom=self._inputs.classroom,
            labs=self._inputs.labs,
            class_bucket_arn=self.bucket.bucket_arn,
            gate_arn=self.gate.arn,
        )

    def _make_instructor(self) -> iam.Role:
        """For colleagues who run this class but deploy nothing."""
        rights = InstructorRights(
            arns=OWN,
            classroom=self._inputs.classroom.name,
            class_bucket_arn=self.bucket.bucket_arn,
            labs=self._inputs.labs,
        )
        plan = RolePlan(
            principal=iam.AccountRootPrincipal(),
            description="Runs this one class: opens notebooks, starts pipelines, moves the end",
            path=service_role_path(self._inputs.classroom.name),
            rights={"Instructor": rights.statements()},
        )
        return PlainRole(self, "Instructor", plan)

    def _publish(self) -> None:
        """Parameters for the attendee template, outputs for the instructor's commands."""
        self._parameter("class-bucket", self.bucket.bucket_name)
        self._parameter("asset-prefix", self._build.manifest.asset_prefix)
        self._parameter("pipeline-function-arn", self.gate.arn)
        self._parameter("pipeline-function-role-arn", self.gate.role.role_arn)
        boundary = self._output(ClassroomOutput.BOUNDARY, self.boundary.managed_policy_arn)
        boundary.export_name = boundary_export(self._inputs.classroom.name)
        self._output(ClassroomOutput.BUCKET, self.bucket.bucket_name)
        self._output(ClassroomOutput.TEARDOWN_MACHINE, self.teardown.machine.arn)
        self._output(ClassroomOutput.SCHEDULE, SCHEDULE_NAME)
        self._output(ClassroomOutput.SCHEDULE_GROUP, self.schedule.group)
        self._output(ClassroomOutput.INSTRUCTOR_ROLE, self.instructor.role_arn)
        self._output(ClassroomOutput.LOG_GROUPS, ",".join(group.log_group_name for group in self._log_groups()))

    def _log_groups(self) -> list[logs.ILogGroup]:
        functions = (self.assets.function, self.gate, self.teardown.function)
        return [*(function.log_group for function in functions), self.teardown.machine.log_group]

    def _parameter(self, key: ClassParameter, value: str) -> None:
        """The value, and a wait: a seat that reads it finds the class bucket filled."""
        parameter = ssm.StringParameter(
            self,
            "Parameter-" + key,
            parameter_name=parameter_name(self._inputs.classroom.name, key),
            string_value=value,
        )
        parameter.node.add_dependency(self.assets)

    def _output(self, key: str, value: str) -> CfnOutput:
        output = CfnOutput(self, f"Output{key}", value=value)
        output.override_logical_id(key)
        return output
