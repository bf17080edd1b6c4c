"""AWS::SNS::Topic, ::Subscription and ::TopicPolicy through SNS's own calls."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from embedded_aws.cloudformation.api_type import api_type, refuse_existing, retag, undone, unless_gone
from embedded_aws.cloudformation.policy_types import attribute, document
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource, ResourceType

_NAME_LENGTH = 256
_FIFO = ".fifo"
_TOPIC = ("DisplayName", "KmsMasterKeyId", "ContentBasedDeduplication", "SignatureVersion", "TracingConfig")
_TOPIC_DEFAULTS = {"ContentBasedDeduplication": "false", "SignatureVersion": "1", "TracingConfig": "PassThrough"}
_SUBSCRIPTION = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
)
_SUBSCRIPTION_DEFAULTS = {"FilterPolicyScope": "MessageAttributes", "RawMessageDelivery": "false"}
_IDENTITY = ("TopicArn", "Protocol", "Endpoint")
Listener = tuple[str, str]


def _create(region: str, call: Call, name: PhysicalName, props: Properties) -> Resource:
    """A topic that does not exist: CreateTopic alone would answer with one that does."""
    fifo = str(props.get("FifoTopic", "")).lower() == "true"
    own = str(props.get("TopicName") or (name(_NAME_LENGTH - len(_FIFO)) + _FIFO if fifo else name(_NAME_LENGTH)))
    asked = _attributes(props, _TOPIC) | ({"FifoTopic": "true"} if fifo else {})
    if "TopicName" in props:
        wanted = f"arn:aws:sns:{region}:{call('sts', 'GetCallerIdentity')['Account']}:{own}"
        refuse_existing("AWS::SNS::Topic", wanted, call, "sns", "GetTopicAttributes", TopicArn=wanted)
    tags = {"Tags": props["Tags"]} if "Tags" in props else {}
    arn = call("sns", "CreateTopic", Name=own, Attributes=asked, **tags)["TopicArn"]
    with undone(_delete, call, arn, props):
        for protocol, endpoint in _listeners(props):
            call("sns", "Subscribe", TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
    return _topic(arn)


def _topic(arn: str) -> Resource:
    return Resource(arn, {"TopicArn": arn, "TopicName": arn.rpartition(":")[2]})


def _update(call: Call, arn: str, old: Properties, new: Properties) -> Resource:
    for member, value in _changed(old, new, _TOPIC, _TOPIC_DEFAULTS):
        call("sns", "SetTopicAttributes", TopicArn=arn, AttributeName=member, AttributeValue=value)
    before, after = set(_listeners(old)), set(_listeners(new))
    for protocol, endpoint in sorted(after - before):
        call("sns", "Subscribe", TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
    if before - after:
        _unsubscribe(call, arn, before - after)
    retag(call, "sns", old, new, ResourceArn=arn)
    return _topic(arn)


def _unsubscribe(call: Call, arn: str, leaving: set[Listener]) -> None:
    for listed in call("sns", "ListSubscriptionsByTopic", TopicArn=arn)["Subscriptions"]:
        if (listed["Protocol"], listed["Endpoint"]) in leaving:
            call("sns", "Unsubscribe", SubscriptionArn=listed["SubscriptionArn"])


def _listeners(props: Properties) -> list[Listener]:
    return [(item["Protocol"], item["Endpoint"]) for item in props.get("Subscription", [])]


def _attributes(props: Properties, members: tuple[str, ...]) -> dict[str, str]:
    return {member: attribute(props[member]) for member in members if member in props}


def _changed(
    old: Properties, new: Properties, members: tuple[str, ...], defaults: Mapping[str, str]
) -> list[tuple[str, str]]:
    """Attributes that change; one that is gone goes back to SNS's default."""
    names = [member for member in members if old.get(member) != new.get(member)]
    return [(name, attribute(new.get(name, defaults.get(name, "")))) for name in names]


def _delete(call: Call, arn: str, _props: Properties) -> None:
    """SNS answers for a topic that is not there too."""
    call("sns", "DeleteTopic", TopicArn=arn)


def _subscription_create(call: Call, _name: PhysicalName, props: Properties) -> Resource:
    identity = {member: props[member] for member in _IDENTITY if member in props}
    asked = _attributes(props, _SUBSCRIPTION)
    made = call("sns", "Subscribe", **identity, Attributes=asked, ReturnSubscriptionArn=True)
    return _subscription(made["SubscriptionArn"])


def _subscription_update(call: Call, arn: str, old: Properties, new: Properties) -> Resource:
    for member, value in _changed(old, new, _SUBSCRIPTION, _SUBSCRIPTION_DEFAULTS):
        call("sns", "SetSubscriptionAttributes", SubscriptionArn=arn, AttributeName=member, AttributeValue=value)
    return _subscription(arn)


def _subscription(arn: str) -> Resource:
    return Resource(arn, {"Arn": arn})


def _subscription_delete(call: Call, arn: str, _props: Properties) -> None:
    call("sns", "GetSubscriptionAttributes", SubscriptionArn=arn)
    call("sns", "Unsubscribe", SubscriptionArn=arn)


def _policy_create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = name(_NAME_LENGTH)
    _set_policy(call, props["Topics"], document(props["PolicyDocument"]))
    return Resource(own, {"Id": own})


def _policy_update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    _set_policy(call, new["Topics"], document(new["PolicyDocument"]))
    _policy_delete(call, own, {"Topics": [arn for arn in old["Topics"] if arn not in new["Topics"]]})
    return Resource(own, {"Id": own})


def _policy_delete(call: Call, _own: str, props: Properties) -> None:
    """A topic always has a policy: the default one comes back, which lets its account do everything."""
    for arn in props["Topics"]:
        unless_gone(_set_policy, call, [arn], document(_default_policy(arn)))


def _set_policy(call: Call, topics: list[str], policy: str) -> None:
    for arn in topics:
        call("sns", "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def _default_policy(arn: str) -> dict[str, Any]:
    account = arn.split(":")[4]
    names = ("GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic")
    actions = [f"SNS:{name}" for name in (*names, "Subscribe", "ListSubscriptionsByTopic", "Publish")]
    owner = {"StringEquals": {"AWS:SourceOwner": account}}
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": actions, "Resource": arn, "Condition": owner}
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{"Sid": "__default_statement_ID", **statement}],
    }


def topic_types(region: str) -> dict[str, ResourceType]:
    """The types of SNS in a region."""
    return {
        "AWS::SNS::Topic": api_type(
            "AWS::SNS::Topic",
            (partial(_create, region), _update, _delete),
            known=("TopicName", "FifoTopic", "Subscription", "Tags", *_TOPIC),
            replaced_by=("TopicName", "FifoTopic"),
        ),
        "AWS::SNS::Subscription": api_type(
            "AWS::SNS::Subscription",
            (_subscription_create, _subscription_update, _subscription_delete),
            known=(*_IDENTITY, *_SUBSCRIPTION),
            replaced_by=_IDENTITY,
            tags=None,
        ),
        "AWS::SNS::TopicPolicy": api_type(
            "AWS::SNS::TopicPolicy",
            (_policy_create, _policy_update, _policy_delete),
            known=("Topics", "PolicyDocument"),
            tags=None,
        ),
    }
