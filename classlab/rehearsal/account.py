"""The embedded account: who may do what in it, and how programs that the rehearsal starts reach it.

Root bootstraps and judges. The instructor is an IAM user who may only assume the bootstrap's roles, plus what
docs/instructor-policy.json says in writing.
"""

import json
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


def create_instructor(root: Aws, classroom: str) -> Keys:
    """Make the instructor's user with its two policies."""
    root.iam.create_user(UserName=INSTRUCTOR)
    policies = {"bootstrap-roles": _may_assume_bootstrap_roles(root), "classlab": instructor_policy(root, classroom)}
    for name, document in policies.items():
        root.iam.put_user_policy(UserName=INSTRUCTOR, PolicyName=name, PolicyDocument=json.dumps(document))
    key = root.iam.create_access_key(UserName=INSTRUCTOR)["AccessKey"]
    return Keys(key["AccessKeyId"], key["SecretAccessKey"])


def instructor_policy(root: Aws, classroom: str, path: Path = POLICY_FILE) -> dict[str, object]:
    """The written policy with its placeholders filled in, as the README tells an administrator to."""
    text = path.read_text(encoding="utf-8")
    for placeholder, value in (("CLASSROOM", classroom), ("ACCOUNT", root.account), ("REGION", root.region)):
        text = text.replace(f"<{placeholder}>", value)
    document: dict[str, object] = json.loads(text)
    return document


def _may_assume_bootstrap_roles(root: Aws) -> dict[str, object]:
    roles = f"arn:aws:iam::{root.account}:role/cdk-hnb659fds-*-{root.account}-{root.region}"
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": roles}
    return {"Version": "2012-10-17", "Statement": [statement]}
