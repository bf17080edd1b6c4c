"""The class's stacks as CloudFormation knows them: outputs, who is enrolled, and the template read back."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from classlab.aws import Aws, code_of
from classlab.contract import (
    TAG_ATTENDEE,
    TAG_CLASSROOM,
    attendee_stack_name,
    classroom_stack_name,
    split_stack_name,
)
from classlab.errors import UserError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

DEPLOYED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


@dataclass(frozen=True)
class Stack:
    """What DescribeStacks says of one stack."""

    name: str
    id: str
    status: str
    reason: str
    created: datetime
    outputs: dict[str, str]
    tags: dict[str, str]

    @property
    def deployed(self) -> bool:
        """Whether its resources stand."""
        return self.status in DEPLOYED

    def output(self, key: str) -> str:
        """One output; raises :class:`UserError` where the stack has it not."""
        try:
            return self.outputs[key]
        except KeyError as error:
            raise UserError(
                f"the stack {self.name} ({self.status}) has no output {key}: deploy it again with this version"
            ) from error


def find(aws: Aws, name: str) -> Stack | None:
    """The stack of that name, or None where none stands."""
    try:
        answer = aws.cloudformation.describe_stacks(StackName=name)
    except ClientError as error:
        if code_of(error) == "ValidationError" and "does not exist" in str(error):
            return None
        raise
    return _stack(answer["Stacks"][0])


def class_stack(aws: Aws, classroom: str) -> Stack:
    """The class stack; raises :class:`UserError` with the command where it is not deployed."""
    stack = find(aws, classroom_stack_name(classroom))
    if stack is None or not stack.deployed:
        state = f"is in {stack.status}" if stack else f"does not stand in {aws.region}"
        raise UserError(f"the class stack {classroom!r} {state}: run `classlab build`, then `npx cdk deploy`")
    return stack


def attendee_stack(aws: Aws, classroom: str, attendee: str) -> Stack:
    """One attendee's stack; raises :class:`UserError` with the command where it is not deployed."""
    stack = find(aws, attendee_stack_name(classroom, attendee))
    if stack is None or not stack.deployed:
        state = f"is in {stack.status}" if stack else "does not stand"
        raise UserError(f"the stack of {attendee!r} {state}: run `npx cdk deploy -c attendee={attendee}`")
    return stack


def attendee_stacks(aws: Aws, classroom: str) -> dict[str, Stack]:
    """Every stack that bears the tags and the name of an attendee of this class, by attendee id, sorted."""
    found = {}
    for page in aws.cloudformation.get_paginator("describe_stacks").paginate():
        for description in page["Stacks"]:
            stack = _stack(description)
            parts = split_stack_name(stack.name)
            tagged = (stack.tags.get(TAG_CLASSROOM), stack.tags.get(TAG_ATTENDEE))
            if parts and parts[0] == classroom and parts == tagged:
                found[parts[1]] = stack
    return dict(sorted(found.items()))


def template_sha256(aws: Aws, stack: str) -> str:
    """SHA-256 of the canonical JSON of the template as it was given, read back from CloudFormation."""
    body = aws.cloudformation.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
    document = json.loads(body) if isinstance(body, str) else body
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def first_failure(aws: Aws, stack: str) -> str:
    """Why a stack failed: the earliest failed event of its last operation, or empty."""
    pages = aws.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack)
    failures = [
        f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', '')}"
        for page in pages
        for event in page["StackEvents"]
        if event.get("ResourceStatus", "").endswith("_FAILED")
    ]
    return failures[-1] if failures else ""


def _stack(description: "StackTypeDef") -> Stack:
    return Stack(
        name=description["StackName"],
        id=description["StackId"],
        status=description["StackStatus"],
        reason=description.get("StackStatusReason", ""),
        created=description["CreationTime"],
        outputs={item["OutputKey"]: item["OutputValue"] for item in description.get("Outputs", [])},
        tags={item["Key"]: item["Value"] for item in description.get("Tags", [])},
    )
