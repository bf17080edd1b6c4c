"""The embedded account: who may do what in it, and how programs that the rehearsal starts reach it.

Root bootstraps and judges. The instructor is an IAM user with nothing but the written policy,
docs/instructor-policy.json: assume the bootstrap's roles, and use the class.
"""

from dataclasses import dataclass
from pathlib import Path

import boto3

from classlab.aws import Aws
from classlab.cdk import PROJECT
from embedded_aws.launcher import Engine

INSTRUCTOR = "instructor"
POLICY_FILE = PROJECT / "docs" / "instructor-policy.json"


@dataclass(frozen=True)
class Keys:
    """Access keys of a principal."""

    access_key_id: str
    secret_access_key: str


def root_keys(engine: Engine) -> Keys:
    """The account's root."""
    return Keys(engine.access_key_id, engine.secret_access_key)


def connect(engine: Engine, keys: Keys) -> Aws:
    """Clients of one principal; the ordinary AWS configuration of this machine plays no part."""
    session = boto3.Session(
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        region_name=engine.region,
    )
    return Aws(session, endpoint_url=engine.endpoint)


def variables(engine: Engine, keys: Keys) -> dict[str, str]:
    """What makes any AWS program speak to the embedded account as that principal."""
    return {
        "AWS_ENDPOINT_URL": engine.endpoint,
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
        "AWS_REGION": engine.region,
        "AWS_DEFAULT_REGION": engine.region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def create_instructor(root: Aws, policy: Path = POLICY_FILE) -> Keys:
    """Make the instructor's user with the written policy (a managed one: AWS allows users 2,048 characters inline)."""
    root.iam.create_user(UserName=INSTRUCTOR)
    document = policy.read_text(encoding="utf-8")
    made = root.iam.create_policy(PolicyName="classlab-instructor", PolicyDocument=document)["Policy"]
    root.iam.attach_user_policy(UserName=INSTRUCTOR, PolicyArn=made["Arn"])
    key = root.iam.create_access_key(UserName=INSTRUCTOR)["AccessKey"]
    return Keys(key["AccessKeyId"], key["SecretAccessKey"])
