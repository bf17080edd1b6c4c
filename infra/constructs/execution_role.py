"""The role an attendee's notebook, jobs and endpoints run under: own names and own bucket, nothing of a neighbour's."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from classlab.contract import role_path
from classlab.labs import Lab
from classlab.settings import Classroom
from infra.constructs import seat_policy
from infra.constructs.role import PlainRole, RolePlan, service
from infra.constructs.sagemaker_policy import ALL_KINDS, JOB_KINDS, SageMakerRights
from infra.policy import Statement, pass_role
from infra.seat import tuning_prefix_of_this_stack


class ExecutionRole(PlainRole):
    """Assumed by SageMaker only, under the class's path and boundary. The ARNs may be CDK tokens."""

    def __init__(
        self,
        scope: Construct,
        *,
        classroom: Classroom,
        labs: Sequence[Lab],
        bucket_arn: str,
        class_bucket_arn: str,
        boundary: iam.IManagedPolicy,
    ) -> None:
        stack, tuning = Aws.STACK_NAME, tuning_prefix_of_this_stack(classroom.name)
        files = [*seat_policy.own_bucket(bucket_arn), *seat_policy.class_files(class_bucket_arn)]
        rights = {
            "SageMaker": [*_sagemaker(classroom, stack, tuning), seat_policy.own_notebook(stack)],
            "Files": [*files, *seat_policy.public_data(labs)],
            "Platform": [*seat_policy.logs_and_metrics(stack, tuning), *seat_policy.images(labs, classroom.region)],
        }
        plan = RolePlan(
            principal=service("sagemaker"),
            description="Notebook, jobs and endpoints of one attendee",
            path=role_path(classroom.name),
            rights=rights,
            boundary=boundary,
        )
        super().__init__(scope, "ExecutionRole", plan)
        # Its own ARN cannot stand in the role itself.
        itself = pass_role("PassItself", self.role_arn, "sagemaker")
        self.attach_inline_policy(iam.Policy(self, "PassItself", statements=[itself]))


def _sagemaker(classroom: Classroom, stack: str, tuning: str) -> list[Statement]:
    rights = SageMakerRights(classroom=classroom, stack=stack)
    return [
        *rights.create_jobs({kind: [None] for kind in JOB_KINDS}),
        rights.create_model(),
        *rights.tune(tuning),
        *rights.serve(),
        rights.tag_at_creation(ALL_KINDS),
        rights.read_tags(ALL_KINDS),
    ]
