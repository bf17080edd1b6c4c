"""What CreateSchedule and UpdateSchedule refuse, when a request is a repeated one, and how lists are paged.

No emulator import. AWS: EventBridge Scheduler API reference, CreateSchedule, UpdateSchedule and ListSchedules.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.model import StructureShape

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.validation import check
from embedded_aws.scheduler import targets as schedule_targets
from embedded_aws.scheduler.expressions import At, parse

Body = Mapping[str, Any]
_DATES = ("StartDate", "EndDate")
_EARLIEST_START = timedelta(minutes=5)
_LARGEST_PAGE = 100


def vet(shape: StructureShape, name: str, body: Body) -> None:
    """Refuse (ValidationException) what is against the service model, or can't be a schedule."""
    check(shape, {"Name": name, **{key: value for key, value in body.items() if key not in _DATES}})
    zone = body.get("ScheduleExpressionTimezone") or "UTC"
    expression = parse(str(body["ScheduleExpression"]), zone)
    if isinstance(expression, At):
        # That AWS refuses it is known from its users; its text is not.
        if expression.moment <= datetime.now(UTC):
            raise _refused(f"Invalid Schedule Expression {body['ScheduleExpression']}. It lies in the past.")
    else:
        _vet_dates(body)
    _vet_window(body["FlexibleTimeWindow"])
    if body.get("KmsKeyArn"):
        raise _refused("KmsKeyArn is not implemented by the embedded AWS")
    schedule_targets.vet(body["Target"])


def _vet_dates(body: Body) -> None:
    """One-time schedules ignore both dates. Of the texts, the first is AWS's."""
    start, end = (moment(body[name]) if body.get(name) is not None else None for name in _DATES)
    now = datetime.now(UTC)
    if start is not None and start < now - _EARLIEST_START:
        raise _refused("The StartDate you specify cannot be earlier than 5 minutes ago.")
    if end is not None and end <= now:
        raise _refused("The EndDate you specify cannot be in the past.")
    if start is not None and end is not None and start >= end:
        raise _refused("The StartDate you specify must come before the EndDate.")


def _vet_window(window: Mapping[str, Any]) -> None:
    """A flexible window needs its length, and no other has one. The texts are not AWS's."""
    if (window["Mode"] == "FLEXIBLE") != ("MaximumWindowInMinutes" in window):
        raise _refused("MaximumWindowInMinutes is required for a FLEXIBLE window, and for no other.")


def moment(value: float | str) -> datetime:
    """A date of a request or record: seconds of the epoch or ISO 8601."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class ClientTokens:
    """The tokens of requests that made a schedule: who asks again with one gets the same answer."""

    def __init__(self) -> None:
        self._made: dict[str, Body] = {}
        self._lock = threading.Lock()

    def adopt(self, keep: Callable[[dict[Any, Any]], dict[Any, Any]]) -> None:
        """Hold them in what `keep` gives for them."""
        self._made = keep(self._made)

    def repeated(self, arn: str, body: Body) -> bool:
        """Whether the schedule was made by the same request, token included."""
        with self._lock:
            return bool(body.get("ClientToken")) and self._made.get(arn) == body

    def remember(self, arn: str, body: Body) -> None:
        """Keep the request that made a schedule."""
        with self._lock:
            self._made[arn] = body


def page(items: Sequence[Any], query: Mapping[str, str]) -> tuple[list[Any], str | None]:
    """One page of a list by MaxResults and NextToken, and the token of the next."""
    size = int(query.get("MaxResults") or _LARGEST_PAGE)
    if not 1 <= size <= _LARGEST_PAGE:
        text = f"1 validation error detected: Value '{size}' at 'maxResults' failed to satisfy constraint: "
        bound = "greater than or equal to 1" if size < 1 else f"less than or equal to {_LARGEST_PAGE}"
        raise _refused(f"{text}Member must have value {bound}")
    try:
        begin = int(base64.b64decode(query.get("NextToken") or b"MA==").decode())
    except ValueError as error:
        raise _refused("Invalid NextToken.") from error
    more = begin + size < len(items)
    token = base64.b64encode(str(begin + size).encode()).decode() if more else None
    return list(items[begin : begin + size]), token


def _refused(message: str) -> AwsError:
    return AwsError("ValidationException", message)
