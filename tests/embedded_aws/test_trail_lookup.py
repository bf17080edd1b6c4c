"""CloudTrail's event history on the engine: how it is looked up."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, Key, allow, code_of
from tests.embedded_aws.trail_events import events


@pytest.fixture(scope="module")
def busy(account: Account) -> Key:
    """A user who has listed queues seven times, and topics once."""
    key = account.user(allow("sqs:ListQueues", "sns:ListTopics"))
    for _ in range(7):
        account.client("sqs", key).list_queues()
    account.client("sns", key).list_topics()
    return key


def test_pages_are_newest_first_and_lose_nothing(account: Account, busy: Key) -> None:
    """AWS, "LookupEvents": MaxResults 1 to 50, NextToken for the next page."""
    trail = account.client("cloudtrail")
    given = {"LookupAttributes": [{"AttributeKey": "AccessKeyId", "AttributeValue": busy.access_key_id}]}
    pages: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        page = trail.lookup_events(MaxResults=3, **given, **token)
        pages.append([event["EventId"] for event in page["Events"]])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert [len(page) for page in pages] == [3, 3, 2]
    assert len({event for page in pages for event in page}) == 8
    assert trail.lookup_events(MaxResults=1, **given)["Events"][0]["EventName"] == "ListTopics"


def test_event_is_found_by_its_id(account: Account, busy: Key) -> None:
    """AWS, "LookupAttribute": EventId."""
    wanted = events(account, "AccessKeyId", busy.access_key_id)[3]["EventId"]
    assert [event["EventId"] for event in events(account, "EventId", wanted)] == [wanted]


@pytest.mark.parametrize(
    ("key", "value", "name"),
    [("EventSource", "sns.amazonaws.com", "ListTopics"), ("EventName", "ListTopics", "ListTopics")],
)
def test_events_are_found_by_source_and_name(account: Account, busy: Key, key: str, value: str, name: str) -> None:
    """AWS, "LookupAttribute": EventSource, EventName."""
    found = [event for event in events(account, key, value) if event.get("AccessKeyId") == busy.access_key_id]
    assert [event["EventName"] for event in found] == [name]


def test_changes_alone_are_found(account: Account, busy: Key) -> None:
    """AWS, "LookupAttribute": ReadOnly true or false."""
    assert {event["ReadOnly"] for event in events(account, "ReadOnly", "false")} == {"false"}
    assert not [event for event in events(account, "ReadOnly", "false") if event["EventName"] == "ListTopics"]


def test_types_are_found(account: Account) -> None:
    """AWS, "LookupAttribute": ResourceType."""
    name = account.bucket()
    found = events(account, "ResourceType", "AWS::S3::Bucket")
    assert found[0]["Resources"] == [{"ResourceType": "AWS::S3::Bucket", "ResourceName": name}]


def test_times_bound_the_lookup(account: Account) -> None:
    """AWS, "LookupEvents": events at or after StartTime, and at or before EndTime."""
    key = account.user(allow("sqs:ListQueues"))
    account.client("sqs", key).list_queues()
    time.sleep(1.1)
    between = datetime.now(UTC)
    time.sleep(1.1)
    account.client("sqs", key).list_queues()
    trail = account.client("cloudtrail")
    given = {"LookupAttributes": [{"AttributeKey": "AccessKeyId", "AttributeValue": key.access_key_id}]}
    earlier = trail.lookup_events(EndTime=between, **given)["Events"]
    later = trail.lookup_events(StartTime=between, **given)["Events"]
    assert (len(earlier), len(later)) == (1, 1)
    assert earlier[0]["EventTime"] < between < later[0]["EventTime"] + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"MaxResults": 51}, "InvalidMaxResultsException"),
        ({"NextToken": "bm90IG91cnM="}, "InvalidNextTokenException"),
        (
            {"StartTime": datetime(2026, 2, 2, tzinfo=UTC), "EndTime": datetime(2026, 2, 1, tzinfo=UTC)},
            "InvalidTimeRangeException",
        ),
        (
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "a"}] * 2},
            "InvalidLookupAttributesException",
        ),
        (
            {"LookupAttributes": [{"AttributeKey": "Colour", "AttributeValue": "a"}]},
            "InvalidLookupAttributesException",
        ),
    ],
)
def test_bad_lookups_are_refused(account: Account, params: dict[str, Any], code: str) -> None:
    """AWS, "LookupEvents", Errors."""
    with pytest.raises(ClientError) as refused:
        account.client("cloudtrail").lookup_events(**params)
    assert code_of(refused.value) == code


def test_token_of_another_lookup_is_refused(account: Account, busy: Key) -> None:
    """AWS, "LookupEvents": a token must be passed in with the same parameters as in the original call."""
    trail = account.client("cloudtrail")
    by_key = [{"AttributeKey": "AccessKeyId", "AttributeValue": busy.access_key_id}]
    token = trail.lookup_events(MaxResults=1, LookupAttributes=by_key)["NextToken"]
    with pytest.raises(ClientError) as refused:
        trail.lookup_events(MaxResults=1, NextToken=token)
    assert code_of(refused.value) == "InvalidNextTokenException"


def test_looking_up_needs_its_right(account: Account) -> None:
    """AWS, "Actions defined by AWS CloudTrail": cloudtrail:LookupEvents."""
    with pytest.raises(ClientError) as refused:
        account.client("cloudtrail", account.user()).lookup_events()
    assert code_of(refused.value) == "AccessDeniedException"
    allowed = account.user(allow("cloudtrail:LookupEvents"))
    assert account.client("cloudtrail", allowed).lookup_events(MaxResults=1)["Events"]


def test_trails_are_refused_by_name(account: Account) -> None:
    with pytest.raises(ClientError, match="CloudTrail CreateTrail is not implemented by the embedded AWS"):
        account.client("cloudtrail").create_trail(Name="trail", S3BucketName=account.bucket())
