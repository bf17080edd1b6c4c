"""An attendee's seat as its template knows it: every value but the classroom's own is found when it is deployed.

That is what makes the template byte-identical for a whole class: who it is for comes from ``AWS::StackName``.
"""

from dataclasses import dataclass

from aws_cdk import Aws, Fn

from classlab.contract import (
    SEPARATOR,
    TAG_ATTENDEE,
    TAG_CLASSROOM,
    InstanceVariable,
    notebook_name,
    tuning_prefix,
)
from classlab.settings import Classroom


@dataclass(frozen=True, kw_only=True)
class Seat:
    """Who sits here, and what belongs to them; members besides ``classroom`` are CDK tokens."""

    classroom: Classroom
    bucket: str
    role_arn: str
    class_bucket: str
    asset_prefix: str
    stack: str = Aws.STACK_NAME
    region: str = Aws.REGION

    @property
    def attendee(self) -> str:
        """The second part of the stack's name."""
        return attendee_of_this_stack()

    @property
    def tags(self) -> list[dict[str, str]]:
        """What every job and model carries; the roles allow no creation without."""
        return [{"Key": TAG_CLASSROOM, "Value": self.classroom.name}, {"Key": TAG_ATTENDEE, "Value": self.attendee}]

    @property
    def variables(self) -> dict[str, str]:
        """What the scripts on the notebook instance find in their environment."""
        return {
            InstanceVariable.STACK: self.stack,
            InstanceVariable.CLASSROOM: self.classroom.name,
            InstanceVariable.ATTENDEE: self.attendee,
            InstanceVariable.NOTEBOOK: notebook_name(self.stack),
            InstanceVariable.REGION: self.region,
            InstanceVariable.BUCKET: self.bucket,
            InstanceVariable.CLASS_BUCKET: self.class_bucket,
            InstanceVariable.ASSET_PREFIX: self.asset_prefix,
            InstanceVariable.ROLE_ARN: self.role_arn,
            InstanceVariable.TUNING_PREFIX: tuning_prefix_of_this_stack(self.classroom.name),
            InstanceVariable.IDLE_MINUTES: str(self.classroom.idle_stop_minutes),
        }


def attendee_of_this_stack() -> str:
    """Token: the attendee's id, taken from the stack's name."""
    return Fn.select(1, Fn.split(SEPARATOR, Aws.STACK_NAME))


def tuning_prefix_of_this_stack(classroom: str) -> str:
    """Token: the prefix of the seat's tuning jobs. A stack's id ends in /<UUID>."""
    uuid = Fn.select(2, Fn.split("/", Aws.STACK_ID))
    return tuning_prefix(classroom, Fn.select(0, Fn.split("-", uuid)))
