"""Clients of AWS for the instructor's machine. Which AWS answers is boto3's ordinary configuration, nothing of ours."""

import threading
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from classlab.errors import UserError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_sts import STSClient

# Adaptive: a class of many asks from one machine, and CloudFormation throttles at a few calls a second.
_CONFIG = Config(retries={"mode": "adaptive", "max_attempts": 10}, connect_timeout=10, read_timeout=60)


class Aws:
    """One principal's clients, made on first use, for any number of threads."""

    def __init__(self, session: boto3.Session, *, endpoint_url: str | None = None) -> None:
        if not session.region_name:
            raise UserError("no AWS region is chosen: set AWS_DEFAULT_REGION or region in the AWS profile")
        self.region = session.region_name
        self._session = session
        self._endpoint_url = endpoint_url
        self._lock = threading.RLock()

    @classmethod
    def of_region(cls, region: str) -> "Aws":
        """The caller's own credentials and configuration, in a region."""
        return cls(boto3.Session(region_name=region))

    def assuming(self, role_arn: str, session_name: str) -> "Aws":
        """The same AWS as another role."""
        keys = self.sts.assume_role(RoleArn=role_arn, RoleSessionName=session_name)["Credentials"]
        session = boto3.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            region_name=self.region,
        )
        return Aws(session, endpoint_url=self._endpoint_url)

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """CloudFormation."""
        with self._lock:
            return self._session.client("cloudformation", config=_CONFIG, endpoint_url=self._endpoint_url)

    @cached_property
    def iam(self) -> "IAMClient":
        """IAM."""
        with self._lock:
            return self._session.client("iam", config=_CONFIG, endpoint_url=self._endpoint_url)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """CloudWatch Logs."""
        with self._lock:
            return self._session.client("logs", config=_CONFIG, endpoint_url=self._endpoint_url)

    @cached_property
    def s3(self) -> "S3Client":
        """S3."""
        with self._lock:
            return self._session.client("s3", config=_CONFIG, endpoint_url=self._endpoint_url)

    @cached_property
    def sagemaker(self) -> "SageMakerClient":
        """SageMaker."""
        with self._lock:
            return self._session.client("sagemaker", config=_CONFIG, endpoint_url=self._endpoint_url)

    @cached_property
    def scheduler(self) -> "EventBridgeSchedulerClient":
        """EventBridge Scheduler."""
        with self._lock:
            return self._session.client("scheduler", config=_CONFIG, endpoint_url=self._endpoint_url)

    @cached_property
    def stepfunctions(self) -> "SFNClient":
        """Step Functions."""
        with self._lock:
            return self._session.client("stepfunctions", config=_CONFIG, endpoint_url=self._endpoint_url)

    @cached_property
    def sts(self) -> "STSClient":
        """STS."""
        with self._lock:
            return self._session.client("sts", config=_CONFIG, endpoint_url=self._endpoint_url)

    @cached_property
    def account(self) -> str:
        """The account's id."""
        return self.sts.get_caller_identity()["Account"]


def code_of(error: ClientError) -> str:
    """AWS's error code, such as `AccessDenied`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def explain(error: BotoCoreError | ClientError) -> str:
    """What a person can do about an error of AWS that no command expected."""
    if not isinstance(error, ClientError):
        return f"{error}; are credentials, region and network (AWS_ENDPOINT_URL) right?"
    operation = error.operation_name
    message = error.response.get("Error", {}).get("Message", "")
    hint = "; compare docs/instructor-policy.json" if "AccessDenied" in code_of(error) else ""
    return f"AWS refused {operation}: {code_of(error)}: {message}{hint}"
