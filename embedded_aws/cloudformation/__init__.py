"""CloudFormation resource types done as AWS does them: calls of the stack's role or caller. No emulator import."""

from embedded_aws.cloudformation.other_types import OTHER_TYPES
from embedded_aws.cloudformation.role_type import ROLE_TYPE
from embedded_aws.cloudformation.sagemaker_types import SAGEMAKER_TYPES
from embedded_aws.cloudformation.types import ResourceType

ALL_TYPES: dict[str, ResourceType] = {**SAGEMAKER_TYPES, **OTHER_TYPES, "AWS::IAM::Role": ROLE_TYPE}
