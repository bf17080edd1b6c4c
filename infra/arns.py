"""ARNs as policies name them: of the stack's own account and region, or of any (the written instructor policy)."""

from dataclasses import dataclass

from aws_cdk import Aws


@dataclass(frozen=True, kw_only=True)
class Arns:
    """Builds ARNs of one partition, region and account; each may be a CloudFormation pseudo parameter or ``*``."""

    partition: str
    region: str
    account: str

    def regional(self, service: str, resource: str) -> str:
        """ARN of a resource that lives in a region of the account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def sagemaker(self, kind: str, name: str) -> str:
        """ARN of a SageMaker resource; SageMaker lower-cases the names in ARNs, so must ``name`` be."""
        return self.regional("sagemaker", f"{kind}/{name}")

    def log_group(self, name: str) -> str:
        """ARN pattern of a log group and of every stream in it."""
        return self.regional("logs", f"log-group:{name}:*")

    def role(self, path_and_name: str) -> str:
        """ARN of a role; ``path_and_name`` without its first slash."""
        return f"arn:{self.partition}:iam::{self.account}:role/{path_and_name.removeprefix('/')}"

    def bucket(self, name: str) -> str:
        """ARN of a bucket, or with ``name/key`` of objects."""
        return f"arn:{self.partition}:s3:::{name}"


OWN = Arns(partition=Aws.PARTITION, region=Aws.REGION, account=Aws.ACCOUNT_ID)
ANY = Arns(partition="aws", region="*", account="*")
