"""What an account holds, asked of the services' own state, with nothing shared with the teardown's scanner."""

import json

from tests.unit.lambdas.account import Account
from tests.unit.lambdas.seats import CLASS_BUCKET

_TEARDOWN = (f"s3/{CLASS_BUCKET}/teardown/", f"s3/{CLASS_BUCKET}/work/")


def inventory(account: Account) -> dict[str, str]:
    """Every resource by a name of its own, with what it consists of; the teardown's own documents left out."""
    return {**_sagemaker(account), **_stacks(account), **_buckets(account), **_roles(account), **_logs(account)}


def _sagemaker(account: Account) -> dict[str, str]:
    return {arn: json.dumps(members, default=str) for _, arn, members in account.sagemaker.plane.inventory()}


def _stacks(account: Account) -> dict[str, str]:
    return {stack.arn: f"{stack.status} {stack.resources}" for stack in account.cloudformation.standing()}


def _buckets(account: Account) -> dict[str, str]:
    held: dict[str, str] = {}
    s3 = account.own.s3
    for bucket in s3.list_buckets()["Buckets"]:
        held[f"s3/{bucket['Name']}"] = "a bucket"
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket["Name"]):
            for version in page.get("Versions", []):
                key = f"s3/{bucket['Name']}/{version['Key']}"
                if not key.startswith(_TEARDOWN):
                    held[f"{key}@{version['VersionId']}"] = version["ETag"]
    return held


def _roles(account: Account) -> dict[str, str]:
    iam = account.own.iam
    roles = [role for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
    return {role["Arn"]: str(iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]) for role in roles}


def _logs(account: Account) -> dict[str, str]:
    logs = account.own.logs
    groups = [group for page in logs.get_paginator("describe_log_groups").paginate() for group in page["logGroups"]]
    held: dict[str, str] = {}
    for group in groups:
        name = group["logGroupName"]
        streams = logs.describe_log_streams(logGroupName=name)["logStreams"]
        held[f"logs/{name}"] = "a group"
        held |= {f"logs/{name}:{stream['logStreamName']}": "a stream" for stream in streams}
    return held
