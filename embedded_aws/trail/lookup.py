"""CloudTrail's API: LookupEvents. Trails, stores and channels deliver to services that are not here: refused by name.

Rules and errors are those of "LookupEvents" in CloudTrail's API reference; the errors' texts are not AWS's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from embedded_aws.sagemaker.errors import AwsError, not_implemented
from embedded_aws.trail.store import ATTRIBUTES, Question, Store

_MOST = 50
_MEMBERS = frozenset({"LookupAttributes", "StartTime", "EndTime", "EventCategory", "MaxResults", "NextToken"})


def perform(store: Store, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a call of CloudTrail; AwsError if it is refused."""
    if operation != "LookupEvents":
        raise not_implemented(f"CloudTrail {operation}")
    if unknown := sorted(set(params) - _MEMBERS):
        raise AwsError("ValidationException", f"Unknown parameter: {', '.join(unknown)}")
    question, limit = _question(params), _limit(params)
    before = _opened(params["NextToken"], question) if params.get("NextToken") else None
    category = params.get("EventCategory")
    if category not in (None, "insight"):
        raise AwsError("InvalidEventCategoryException", f"{category} is no event category that can be looked up")
    found = [] if category else store.find(question, before, limit + 1)
    answer: dict[str, Any] = {"Events": [event for _, event in found[:limit]]}
    return answer | ({"NextToken": _sealed(found[limit - 1][0], question)} if len(found) > limit else {})


def _check_types(params: Mapping[str, Any]) -> None:
    """SerializationException for what is of another type than its member."""
    attributes = params.get("LookupAttributes") or []
    listed = isinstance(attributes, list) and all(isinstance(one, dict) for one in attributes)
    if not listed or not all(isinstance(value, str) for one in attributes for value in one.values()):
        raise AwsError("SerializationException", "LookupAttributes is a list of attributes with key and value")
    for name in ("StartTime", "EndTime"):
        if not isinstance(params.get(name), int | float | None):
            raise AwsError("SerializationException", f"{name} is a time in seconds")


def _question(params: Mapping[str, Any]) -> Question:
    _check_types(params)
    start, end = params.get("StartTime"), params.get("EndTime")
    if start is not None and end is not None and end < start:
        raise AwsError("InvalidTimeRangeException", "The end time is before the start time")
    attributes = params.get("LookupAttributes") or []
    if len(attributes) > 1:
        raise AwsError("InvalidLookupAttributesException", "Only one lookup attribute can be given")
    if not attributes:
        return Question(start, end)
    key, value = attributes[0].get("AttributeKey"), attributes[0].get("AttributeValue")
    if key not in ATTRIBUTES or value is None or not 1 <= len(value) <= 2000:
        raise AwsError("InvalidLookupAttributesException", f"{key} with this value is no lookup attribute")
    return Question(start, end, key, value)


def _limit(params: Mapping[str, Any]) -> int:
    limit = params.get("MaxResults", _MOST)
    if not isinstance(limit, int) or not 1 <= limit <= _MOST:
        raise AwsError("InvalidMaxResultsException", f"MaxResults is between 1 and {_MOST}")
    return limit


def _sealed(number: int, question: Question) -> str:
    """A token for what comes after an event; it fits only the question it was given for."""
    return base64.urlsafe_b64encode(json.dumps([number, _mark(question)]).encode()).decode()


def _opened(token: str, question: Question) -> int:
    try:
        number, mark = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error, TypeError):
        number, mark = None, ""
    if not isinstance(number, int) or mark != _mark(question):
        raise AwsError("InvalidNextTokenException", "The token is not one of this lookup")
    return number


def _mark(question: Question) -> str:
    return hashlib.sha256(repr(question).encode()).hexdigest()[:16]
