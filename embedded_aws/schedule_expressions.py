"""Schedule expressions of EventBridge Scheduler: `at(...)`, `rate(...)` and `cron(...)`, with a time zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from embedded_aws.sagemaker.errors import AwsError

_AT = re.compile(r"^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$")
_RATE = re.compile(r"^rate\((\d+) (minute|hour|day)s?\)$")
_CRON = re.compile(r"^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$")
_YEARS_AHEAD = 5
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


@dataclass(frozen=True)
class At:
    """Once, at that moment."""

    moment: datetime

    def next_after(self, moment: datetime, _created: datetime) -> datetime | None:
        """The moment itself while it is ahead of or at `moment`."""
        return self.moment if self.moment >= moment else None


@dataclass(frozen=True)
class Rate:
    """Every so often, counted from the schedule's creation."""

    every: timedelta

    def next_after(self, moment: datetime, created: datetime) -> datetime | None:
        """The first multiple of the interval after creation that is after `moment`."""
        passed = max((moment - created) // self.every, 0)
        return created + (passed + 1) * self.every


@dataclass(frozen=True)
class Cron:
    """At the minutes that all fields allow, in the schedule's time zone."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    years: frozenset[int]
    zone: ZoneInfo

    def next_after(self, moment: datetime, _created: datetime) -> datetime | None:
        """The first allowed minute after `moment` within the next years."""
        local = moment.astimezone(self.zone)
        for day in self._allowed_days(local):
            for hour in sorted(self.hours):
                for minute in sorted(self.minutes):
                    found = day.replace(hour=hour, minute=minute)
                    if found > local:
                        return found.astimezone(UTC)
        return None

    def _allowed_days(self, local: datetime) -> Iterator[datetime]:
        day = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for _ in range(366 * _YEARS_AHEAD):
            weekday = (day.weekday() + 1) % 7 + 1
            fits = day.day in self.days and weekday in self.weekdays
            if fits and day.month in self.months and day.year in self.years:
                yield day
            day += timedelta(days=1)


Expression = At | Rate | Cron


def parse(text: str, zone_name: str) -> Expression:
    """The expression; AwsError (ValidationException) for what is none, or a zone that does not exist."""
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise _refused(f"Invalid Schedule Expression Timezone {zone_name}.") from error
    try:
        found = _at(text, zone) or _rate(text) or _cron(text, zone)
    except ValueError as error:
        raise _refused(f"Invalid Schedule Expression {text}.") from error
    if found is None:
        raise _refused(f"Invalid Schedule Expression {text}.")
    return found


def _at(text: str, zone: ZoneInfo) -> At | None:
    match = _AT.match(text)
    return At(datetime.fromisoformat(match[1]).replace(tzinfo=zone).astimezone(UTC)) if match else None


def _rate(text: str) -> Rate | None:
    match = _RATE.match(text)
    if not match:
        return None
    if int(match[1]) < 1:
        raise ValueError(text)
    return Rate(timedelta(**{f"{match[2]}s": int(match[1])}))


def _cron(text: str, zone: ZoneInfo) -> Cron | None:
    match = _CRON.match(text)
    if not match:
        return None
    minutes, hours, days, months, weekdays, years = match.groups()
    if (days == "?") == (weekdays == "?"):
        raise ValueError(text)
    return Cron(
        _field(minutes, 0, 59),
        _field(hours, 0, 23),
        _field(days, 1, 31),
        _field(months, 1, 12, _MONTHS),
        _field(weekdays, 1, 7, _DAYS),
        _field(years, 1970, 2199),
        zone,
    )


def _field(text: str, low: int, high: int, names: list[str] | None = None) -> frozenset[int]:
    allowed: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first in ("*", "?") else _number(first, low, names)
        open_ended = first in ("*", "?") or bool(step)
        end = _number(last, low, names) if last else high if open_ended else start
        allowed |= set(range(start, end + 1, int(step or 1)))
    if not allowed or min(allowed) < low or max(allowed) > high:
        raise ValueError(text)
    return frozenset(allowed)


def _number(text: str, low: int, names: list[str] | None) -> int:
    if names and text.upper() in names:
        return names.index(text.upper()) + low
    return int(text)


def _refused(message: str) -> AwsError:
    return AwsError("ValidationException", message)
