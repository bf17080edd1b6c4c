"""What the tests of stacks know of each type that goes by API calls: properties, rights, and how to look for it.

The rights are those of the public schemas (`handlers.*.permissions` of cfn-lint's copies) that these properties need.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, allow, fresh, policy
from tests.embedded_aws.stack_templates import CODE

Props = dict[str, Any]
TAGS = [{"Key": "class", "Value": "one"}]
RETAGGED = [{"Key": "class", "Value": "two"}, {"Key": "more", "Value": "1"}]


@dataclass(frozen=True)
class Given:
    """What stands before a stack is made."""

    account: Account
    role: str
    function: str
    queue: str
    topic: str
    key: str
    bucket: str

    @property
    def role_name(self) -> str:
        """The role's name."""
        return self.role.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Case:
    """A type: what is created, changed in place and replaced, with which rights; `read` raises where it is not.

    `arns` are what its actions may be limited to, by the Service Authorization Reference: {place} is region and
    account, {stack} the stack's name. The actions `anywhere` take no resource, or one whose name nobody knows before.
    """

    kind: str
    first: Callable[[Given], Props]
    create: tuple[str, ...]
    delete: tuple[str, ...]
    read: Callable[[Given, str, Props], Any]
    changed: Callable[[Given], Props] | None = None
    update: tuple[str, ...] = ()
    replaced: Callable[[Given], Props] | None = None
    arns: tuple[str, ...] = ()
    anywhere: tuple[str, ...] = ()


def given(account: Account) -> Given:
    """New things for templates to point at."""
    role = account.role(allow("logs:*"))
    return Given(
        account,
        role,
        account.function(CODE, role),
        account.client("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"],
        account.client("sns").create_topic(Name=fresh("topic"))["TopicArn"],
        account.client("kms").create_key()["KeyMetadata"]["KeyId"],
        account.bucket(),
    )


def is_there(case: Case, given: Given, physical_id: str, props: Props) -> bool:
    """Whether the service itself knows a resource."""
    try:
        return bool(case.read(given, physical_id, props))
    except ClientError:
        return False


def document(*actions: str) -> Props:
    """A policy document as a template has it."""
    parsed: Props = json.loads(policy(allow(*actions)))
    return parsed


def service_policy(service: str, action: str, resource: str) -> Props:
    """A resource's policy for a service."""
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def held(found: Any, *words: str) -> bool:  # noqa: ANN401 # any answer
    """Whether an answer has these words."""
    return all(word in json.dumps(found, default=str) for word in words)


def queue_arn(given: Given, url: str) -> str:
    """A queue's ARN."""
    place = f"{given.account.engine.region}:{given.account.engine.account}"
    return f"arn:aws:sqs:{place}:{url.rpartition('/')[2]}"
