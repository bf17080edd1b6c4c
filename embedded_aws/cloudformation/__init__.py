"""CloudFormation resource types done as AWS does them: calls of the stack's role or caller. No emulator import."""

from embedded_aws.cloudformation.bucket_types import BUCKET_POLICY_TYPE, bucket_type
from embedded_aws.cloudformation.other_types import OTHER_TYPES
from embedded_aws.cloudformation.role_type import ROLE_TYPE
from embedded_aws.cloudformation.sagemaker_types import SAGEMAKER_TYPES
from embedded_aws.cloudformation.types import ResourceType


def resource_types(region: str) -> dict[str, ResourceType]:
    """Every type that goes through API calls, by its name."""
    return {
        **SAGEMAKER_TYPES,
        **OTHER_TYPES,
        "AWS::IAM::Role": ROLE_TYPE,
        "AWS::S3::Bucket": bucket_type(region),
        "AWS::S3::BucketPolicy": BUCKET_POLICY_TYPE,
    }
