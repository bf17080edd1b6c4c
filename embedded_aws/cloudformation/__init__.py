"""CloudFormation resource types done as AWS does them: calls of the stack's role or caller. No emulator import."""

from embedded_aws.cloudformation.alarm_type import ALARM_TYPE
from embedded_aws.cloudformation.bucket_types import BUCKET_POLICY_TYPE, bucket_type
from embedded_aws.cloudformation.key_types import KEY_TYPES
from embedded_aws.cloudformation.lambda_types import LAMBDA_TYPES
from embedded_aws.cloudformation.log_group_type import LOG_GROUP_TYPE
from embedded_aws.cloudformation.other_types import OTHER_TYPES
from embedded_aws.cloudformation.parameter_type import PARAMETER_TYPE
from embedded_aws.cloudformation.policy_types import POLICY_TYPES
from embedded_aws.cloudformation.queue_types import QUEUE_TYPES
from embedded_aws.cloudformation.repository_type import REPOSITORY_TYPE
from embedded_aws.cloudformation.role_type import ROLE_TYPE
from embedded_aws.cloudformation.rule_type import RULE_TYPE
from embedded_aws.cloudformation.sagemaker_types import SAGEMAKER_TYPES
from embedded_aws.cloudformation.schedule_group_type import SCHEDULE_GROUP_TYPE
from embedded_aws.cloudformation.secret_type import SECRET_TYPE
from embedded_aws.cloudformation.table_type import TABLE_TYPE
from embedded_aws.cloudformation.topic_types import topic_types
from embedded_aws.cloudformation.types import ResourceType
from embedded_aws.cloudformation.user_types import USER_TYPES


def resource_types(region: str) -> dict[str, ResourceType]:
    """Every type that goes through API calls, by its name."""
    return {
        **SAGEMAKER_TYPES,
        **OTHER_TYPES,
        **POLICY_TYPES,
        **LAMBDA_TYPES,
        **QUEUE_TYPES,
        **KEY_TYPES,
        **USER_TYPES,
        **topic_types(region),
        "AWS::CloudWatch::Alarm": ALARM_TYPE,
        "AWS::DynamoDB::Table": TABLE_TYPE,
        "AWS::ECR::Repository": REPOSITORY_TYPE,
        "AWS::Events::Rule": RULE_TYPE,
        "AWS::IAM::Role": ROLE_TYPE,
        "AWS::Logs::LogGroup": LOG_GROUP_TYPE,
        "AWS::S3::Bucket": bucket_type(region),
        "AWS::S3::BucketPolicy": BUCKET_POLICY_TYPE,
        "AWS::SSM::Parameter": PARAMETER_TYPE,
        "AWS::Scheduler::ScheduleGroup": SCHEDULE_GROUP_TYPE,
        "AWS::SecretsManager::Secret": SECRET_TYPE,
    }
