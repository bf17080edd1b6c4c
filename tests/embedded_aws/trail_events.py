"""Events of a history, as tests look them up."""

from __future__ import annotations

import json
from typing import Any

from tests.embedded_aws.account import Account


def events(account: Account, key: str, value: str) -> list[dict[str, Any]]:
    """What is found by one attribute, newest first; `event` is the record."""
    trail, found = account.client("cloudtrail"), []
    attribute = {"AttributeKey": key, "AttributeValue": value}
    for page in trail.get_paginator("lookup_events").paginate(LookupAttributes=[attribute]):
        found += [{**event, "event": json.loads(event["CloudTrailEvent"])} for event in page["Events"]]
    return found


def event(account: Account, name: str, resource: str) -> dict[str, Any]:
    """The record of the newest event of that name about a resource."""
    found = [found["event"] for found in events(account, "ResourceName", resource) if found["EventName"] == name]
    assert found, f"no {name} of {resource}"
    newest: dict[str, Any] = found[0]
    return newest
