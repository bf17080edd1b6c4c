"""The role an attendee's notebook, jobs and endpoints run under: own names and own bucket, nothing of a neighbour's."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from classlab.contract import role_path
from classlab.labs import Lab
from classlab.settings import Classroom
from infra.constructs import seat_policy
from infra.constructs.sagemaker_policy import ALL_KINDS, JOB_KINDS, SageMakerRights
from infra.policy import document, pass_role


class ExecutionRole(iam.Role):
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
        stack = Aws.STACK_NAME
        files = [*seat_policy.own_bucket(bucket_arn), *seat_policy.class_files(class_bucket_arn)]
        super().__init__(
            scope,
            "ExecutionRole",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description="Notebook, jobs and endpoints of one attendee",
            path=role_path(classroom.name),
            permissions_boundary=boundary,
            inline_policies={
                "SageMaker": document(*_sagemaker(classroom, stack), seat_policy.own_notebook(stack)),
                "Files": document(*files, *seat_policy.public_data(labs)),
                "Platform": document(*seat_policy.logs_and_metrics(stack), *seat_policy.images(labs, classroom.region)),
            },
        )
        # Its own ARN cannot stand in the role itself.
        itself = pass_role("PassItself", self.role_arn, "sagemaker")
        self.attach_inline_policy(iam.Policy(self, "PassItself", statements=[itself]))


def _sagemaker(classroom: Classroom, stack: str) -> list[iam.PolicyStatement]:
    rights = SageMakerRights(classroom=classroom, stack=stack)
    return [
        *rights.create_jobs({kind: [None] for kind in JOB_KINDS}),
        rights.create_model(),
        *rights.serve(),
        rights.tag_at_creation(ALL_KINDS),
        rights.read_tags(ALL_KINDS),
    ]
