"""The rights a stack's role or caller needs beside those of its resources' own calls, about which the API asks.

No emulator import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from embedded_aws.cloudformation.types import Properties
from embedded_aws.iam.authorization import Check

_CUSTOM = re.compile(r"^(Custom::|AWS::CloudFormation::CustomResource$)")
_NO_RESOURCE = re.compile(r"^AWS::(CloudFormation::(WaitCondition|WaitConditionHandle)|CDK::Metadata)$")


def is_free(kind: str) -> bool:
    """Whether a type needs no rights: nothing of an account's is made for it."""
    return bool(_NO_RESOURCE.match(kind))


def is_custom(kind: str) -> bool:
    """Whether a type is a custom resource, made by somebody's function."""
    return bool(_CUSTOM.match(kind))


def of_provider(props: Properties) -> Check:
    """What it takes to reach a custom resource's provider."""
    token = str(props.get("ServiceToken", "*"))
    return Check("sns:Publish" if token.startswith("arn:aws:sns:") else "lambda:InvokeFunction", token)


def of_parameter(name: str, place: Mapping[str, str]) -> Check:
    """What it takes to read an SSM parameter for a template."""
    arn = f"arn:aws:ssm:{place['region']}:{place['account']}:parameter/{name.removeprefix('/')}"
    return Check("ssm:GetParameters", arn)


def of_template(url: str) -> list[Check]:
    """What it takes to read a template from its address (`https://<host>/<bucket>/<key>`)."""
    bucket, _, key = urlsplit(url).path.lstrip("/").partition("/")
    return [Check("s3:GetObject", f"arn:aws:s3:::{bucket}/{key}")] if key else []
