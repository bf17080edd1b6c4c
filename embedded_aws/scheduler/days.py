"""The day fields of a cron expression: lists and ranges, and the wildcards L, W and #.

AWS: EventBridge Scheduler user guide, "Schedule types", "Cron-based schedules".
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import date

DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
Days = Callable[[int, int], set[int]]
"""The days of a month (year, month) that a field allows."""
Numbers = Callable[[str], frozenset[int]]
"""The numbers of a field without wildcards of its own; ValueError for what is none."""

_NEAREST = re.compile(r"^(\d{1,2})W$")
_LAST_OF_KIND = re.compile(r"^(\w{1,3})L$")
_NTH_OF_KIND = re.compile(r"^(\w{1,3})#([1-5])$")


def of_month(text: str, numbers: Numbers) -> Days:
    """A day-of-month field: L is the month's last day, 3W the weekday nearest to the third."""
    if text == "L":
        return lambda year, month: {_length(year, month)}
    if match := _NEAREST.match(text):
        [day] = numbers(match[1])
        return lambda year, month: _nearest_weekday(year, month, day)
    allowed = numbers(text)
    return lambda year, month: {day for day in allowed if day <= _length(year, month)}


def of_week(text: str, numbers: Numbers) -> Days:
    """A day-of-week field, 1 is Sunday: L is Saturday, 5L the month's last Thursday, 3#2 its second Tuesday."""
    if text == "L":
        return _weekdays(frozenset({7}))
    if match := _LAST_OF_KIND.match(text):
        [kind] = numbers(match[1])
        return lambda year, month: {max(_weekdays(frozenset({kind}))(year, month))}
    if match := _NTH_OF_KIND.match(text):
        [kind], place = numbers(match[1]), int(match[2]) - 1
        return lambda year, month: set(sorted(_weekdays(frozenset({kind}))(year, month))[place : place + 1])
    return _weekdays(numbers(text))


def _weekdays(allowed: frozenset[int]) -> Days:
    return lambda year, month: {day for day in range(1, _length(year, month) + 1) if _kind(year, month, day) in allowed}


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _kind(year: int, month: int, day: int) -> int:
    """1 for Sunday to 7 for Saturday."""
    return date(year, month, day).isoweekday() % 7 + 1


def _nearest_weekday(year: int, month: int, day: int) -> set[int]:
    """The nearest of Monday to Friday within the month; nothing if the month has no such day."""
    last = _length(year, month)
    if day > last:
        return set()
    kind = _kind(year, month, day)
    if kind == 7:
        return {day - 1 if day > 1 else day + 2}
    if kind == 1:
        return {day + 1 if day < last else day - 2}
    return {day}
