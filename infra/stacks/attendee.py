"""The stack of one attendee. Its template is the same, byte for byte, for everybody in a class."""

from pathlib import Path

from aws_cdk import CfnOutput, CfnParameter, Environment, Fn, Stack, Tags
from aws_cdk import aws_iam as iam
from constructs import Construct

from classlab.contract import (
    TAG_ATTENDEE,
    TAG_CLASSROOM,
    AttendeeOutput,
    ClassParameter,
    attendee_stack_name,
    boundary_export,
    parameter_name,
    pipeline_machine_name,
    pipeline_output,
)
from classlab.labs import Lab
from infra.arns import OWN
from infra.asl.jobs import Run
from infra.asl.lab_pipeline import Pipeline
from infra.constructs.buckets import SeatBucket
from infra.constructs.execution_role import ExecutionRole
from infra.constructs.notebook import Notebook
from infra.constructs.pipeline_role import PipelineRole
from infra.constructs.state_machine import LoggedStateMachine
from infra.inputs import LIFECYCLE_FOLDER, ClassInputs
from infra.seat import Seat, attendee_of_this_stack

# The same for all: construct paths, and with them the template, must not tell whose stack it is.
CONSTRUCT_ID = "Attendee"


class AttendeeStack(Stack):
    """Execution role, bucket, notebook instance and a pipeline per lab.

    Values of the class come as SSM parameters, which every update reads anew; the boundary comes as an import, so
    that CloudFormation itself refuses to delete the class stack before its attendees' stacks.
    """

    def __init__(
        self, scope: Construct, *, inputs: ClassInputs, attendee: str, lifecycle: Path = LIFECYCLE_FOLDER
    ) -> None:
        classroom = inputs.classroom
        super().__init__(
            scope,
            CONSTRUCT_ID,
            stack_name=attendee_stack_name(classroom.name, attendee),
            description=f"A seat in the class {classroom.name}",
            env=Environment(region=classroom.region),
            tags={TAG_CLASSROOM: classroom.name, TAG_ATTENDEE: attendee},
            analytics_reporting=False,
        )
        self._inputs = inputs
        self._gate_arn = self._class_value("PipelineFunctionArn", "pipeline-function-arn")
        self._boundary = iam.ManagedPolicy.from_managed_policy_arn(
            self, "Boundary", Fn.import_value(boundary_export(classroom.name))
        )
        self.seat = self._make_seat()
        self.notebook = Notebook(self, seat=self.seat, lifecycle=lifecycle)
        self._make_pipelines()
        self._output(AttendeeOutput.NOTEBOOK, self.notebook.instance.attr_notebook_instance_name)
        self._tag(classroom.name)

    def _make_seat(self) -> Seat:
        """Bucket and role first: both stand in what everything else is given."""
        classroom = self._inputs.classroom
        class_bucket = self._class_value("ClassBucket", "class-bucket")
        gate_role = self._class_value("PipelineFunctionRoleArn", "pipeline-function-role-arn")
        bucket = SeatBucket(self, gate_role_arn=gate_role)
        role = ExecutionRole(
            self,
            classroom=classroom,
            labs=self._inputs.labs,
            bucket_arn=bucket.bucket_arn,
            class_bucket_arn=OWN.bucket(class_bucket),
            boundary=self._boundary,
        )
        self._output(AttendeeOutput.BUCKET, bucket.bucket_name)
        self._output(AttendeeOutput.EXECUTION_ROLE, role.role_arn)
        return Seat(
            classroom=classroom,
            bucket=bucket.bucket_name,
            role_arn=role.role_arn,
            class_bucket=class_bucket,
            asset_prefix=self._class_value("AssetPrefix", "asset-prefix"),
        )

    def _make_pipelines(self) -> None:
        role = PipelineRole(self, seat=self.seat, gate_function_arn=self._gate_arn, boundary=self._boundary)
        for lab in self._inputs.labs:
            self._make_pipeline(lab, role)

    def _make_pipeline(self, lab: Lab, role: iam.IRole) -> None:
        pipeline = Pipeline(run=Run(seat=self.seat, lab=lab), gate_function_arn=self._gate_arn)
        machine = LoggedStateMachine(
            self,
            pipeline_output(lab.name),
            name=pipeline_machine_name(self.seat.stack, lab.name),
            role=role,
            definition=pipeline.definition(),
        )
        self._output(pipeline_output(lab.name), machine.arn)

    def _class_value(self, construct_id: str, key: ClassParameter) -> str:
        return CfnParameter(
            self,
            construct_id,
            type="AWS::SSM::Parameter::Value<String>",
            default=parameter_name(self._inputs.classroom.name, key),
        ).value_as_string

    def _output(self, key: str, value: str) -> None:
        CfnOutput(self, f"Output{key}", value=value).override_logical_id(key)

    def _tag(self, classroom: str) -> None:
        """In the template too: the proof must not hang on how a stack was started."""
        only_resources = ["aws:cdk:stack"]
        Tags.of(self).add(TAG_CLASSROOM, classroom, exclude_resource_types=only_resources)
        Tags.of(self).add(TAG_ATTENDEE, attendee_of_this_stack(), exclude_resource_types=only_resources)
