"""AWS::SQS::Queue and AWS::SQS::QueuePolicy through SQS's own calls."""

from __future__ import annotations

from collections.abc import Mapping

from embedded_aws.cloudformation.api_type import api_type, refuse_existing, undone, unless_gone
from embedded_aws.cloudformation.policy_types import attribute, document
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource, tag_changes, tag_map

_NAME_LENGTH = 80
_FIFO = ".fifo"
# A property that is an attribute, and what it is where a template no longer names it.
_ATTRIBUTES: Mapping[str, str] = {
    "ContentBasedDeduplication": "false",
    "DeduplicationScope": "queue",
    "DelaySeconds": "0",
    "FifoThroughputLimit": "perQueue",
    "KmsDataKeyReusePeriodSeconds": "300",
    "KmsMasterKeyId": "",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedriveAllowPolicy": "",
    "RedrivePolicy": "",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}


def _create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    """A queue that does not exist: CreateQueue alone would answer with one that does."""
    fifo = str(props.get("FifoQueue", "")).lower() == "true"
    own = str(props.get("QueueName") or (name(_NAME_LENGTH - len(_FIFO)) + _FIFO if fifo else name(_NAME_LENGTH)))
    asked = {member: attribute(props[member]) for member in _ATTRIBUTES if member in props}
    if fifo:
        asked["FifoQueue"] = "true"
    if "QueueName" in props:
        refuse_existing("AWS::SQS::Queue", own, call, "sqs", "GetQueueUrl", QueueName=own)
    tags = {"tags": tag_map(props["Tags"])} if "Tags" in props else {}
    url = call("sqs", "CreateQueue", QueueName=own, Attributes=asked, **tags)["QueueUrl"]
    with undone(_delete, call, url, props):
        return _queue(call, url)


def _queue(call: Call, url: str) -> Resource:
    found = call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    arn = found["QueueArn"]
    return Resource(url, {"Arn": arn, "QueueName": arn.rpartition(":")[2], "QueueUrl": url})


def _update(call: Call, url: str, old: Properties, new: Properties) -> Resource:
    changed = {member for member in _ATTRIBUTES if old.get(member) != new.get(member)}
    if changed:
        asked = {member: attribute(new.get(member, _ATTRIBUTES[member])) for member in sorted(changed)}
        call("sqs", "SetQueueAttributes", QueueUrl=url, Attributes=asked)
    tags, dropped = tag_changes(old.get("Tags"), new.get("Tags"))
    if tags:
        call("sqs", "TagQueue", QueueUrl=url, Tags=tag_map(tags))
    if dropped:
        call("sqs", "UntagQueue", QueueUrl=url, TagKeys=dropped)
    return _queue(call, url)


def _delete(call: Call, url: str, _props: Properties) -> None:
    call("sqs", "DeleteQueue", QueueUrl=url)


def _policy_create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = name(_NAME_LENGTH)
    _set(call, props["Queues"], document(props["PolicyDocument"]))
    return Resource(own, {"Id": own})


def _policy_update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    _set(call, new["Queues"], document(new["PolicyDocument"]))
    _unset(call, [url for url in old["Queues"] if url not in new["Queues"]])
    return Resource(own, {"Id": own})


def _policy_delete(call: Call, _own: str, props: Properties) -> None:
    _unset(call, props["Queues"])


def _set(call: Call, urls: list[str], policy: str) -> None:
    for url in urls:
        call("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"Policy": policy})


def _unset(call: Call, urls: list[str]) -> None:
    """An empty policy takes a queue's policy away."""
    for url in urls:
        unless_gone(_set, call, [url], "")


QUEUE_TYPES = {
    "AWS::SQS::Queue": api_type(
        "AWS::SQS::Queue",
        (_create, _update, _delete),
        known=("QueueName", "FifoQueue", "Tags", *_ATTRIBUTES),
        replaced_by=("QueueName", "FifoQueue"),
        system_tags=False,
    ),
    "AWS::SQS::QueuePolicy": api_type(
        "AWS::SQS::QueuePolicy",
        (_policy_create, _policy_update, _policy_delete),
        known=("Queues", "PolicyDocument"),
        tags=None,
    ),
}
