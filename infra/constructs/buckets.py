"""The two kinds of bucket: one of the class, one of each attendee. Private, encrypted, TLS only.

Their logical ids are fixed, because CloudFormation makes the bucket's name of stack and logical id, and policies of
others (teardown, instructor) recognise them by it.
"""

from aws_cdk import CfnResource, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from classlab.contract import RUNS_PREFIX
from infra.policy import acknowledge

CLASS_BUCKET_ID = "SharedBucket"
SEAT_BUCKET_ID = "SeatBucket"


class PrivateBucket(s3.Bucket):
    """A bucket that goes with its stack; whoever deletes the stack empties it first."""

    def __init__(self, scope: Construct, logical_id: str) -> None:
        super().__init__(
            scope,
            logical_id,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=RemovalPolicy.DESTROY,
        )
        # Parts of a broken upload are billed and invisible.
        self.add_lifecycle_rule(abort_incomplete_multipart_upload_after=Duration.days(1))
        resource = self.node.default_child
        if isinstance(resource, CfnResource):
            resource.override_logical_id(logical_id)
        acknowledge(self, "AwsSolutions-S1", "The bucket lives for one class; access logs would outlive it elsewhere")


class SeatBucket(PrivateBucket):
    """An attendee's bucket: status, work, pipeline runs. The class's gate may read what trainings measured."""

    def __init__(self, scope: Construct, *, gate_role_arn: str) -> None:
        super().__init__(scope, SEAT_BUCKET_ID)
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="GateReadsEvaluations",
                principals=[iam.ArnPrincipal(gate_role_arn)],
                actions=["s3:GetObject"],
                resources=[self.arn_for_objects(f"{RUNS_PREFIX}*/train/*/output.tar.gz")],
            )
        )
