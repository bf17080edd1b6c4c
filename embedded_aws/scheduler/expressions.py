"""Schedule expressions of EventBridge Scheduler: `at(...)`, `rate(...)` and `cron(...)`, with a time zone.

AWS: EventBridge Scheduler user guide, "Schedule types".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.scheduler.days import DAYS, Days, of_month, of_week

_AT = re.compile(r"^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$")
_RATE = re.compile(r"^rate\((\d+) (minute|hour|day)s?\)$")
_CRON = re.compile(r"^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True)
class At:
    """Once, at that moment."""

    moment: datetime

    def next_after(self, moment: datetime, _start: datetime) -> datetime | None:
        """The moment itself while it is ahead of or at `moment`."""
        return self.moment if self.moment >= moment else None


@dataclass(frozen=True)
class Rate:
    """Every so often, from the schedule's start on: without a StartDate the first time is at once."""

    every: timedelta

    def next_after(self, moment: datetime, start: datetime) -> datetime | None:
        """The first multiple of the interval after the start that is not before `moment`; None after the year 9999."""
        passed = max(-((start - moment) // self.every), 0)
        try:
            return start + passed * self.every
        except OverflowError:
            return None


@dataclass(frozen=True)
class Cron:
    """At the minutes that all fields allow, in the schedule's time zone.

    What daylight saving time skips is skipped, and what it repeats is not repeated.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: Days
    months: frozenset[int]
    years: frozenset[int]
    zone: ZoneInfo

    def next_after(self, moment: datetime, _start: datetime) -> datetime | None:
        """The first allowed minute at or after `moment`."""
        local = moment.astimezone(self.zone)
        # An hour that daylight saving time repeats may lie before `moment` on the clock and after it in truth.
        begin = (local - timedelta(days=1)).replace(tzinfo=None)
        for minute in self._minutes(begin):
            found = minute.replace(tzinfo=self.zone).astimezone(UTC)
            exists = found.astimezone(self.zone).replace(tzinfo=None) == minute
            if exists and found >= moment:
                return found
        return None

    def _minutes(self, begin: datetime) -> Iterator[datetime]:
        """Every allowed minute of the clock from that day on."""
        for year in sorted(year for year in self.years if year >= begin.year):
            for month in sorted(self.months):
                for day in sorted(self.days(year, month)):
                    if (year, month, day) < (begin.year, begin.month, begin.day):
                        continue
                    for hour in sorted(self.hours):
                        for minute in sorted(self.minutes):
                            yield datetime(year, month, day, hour, minute)  # noqa: DTZ001 # a minute of a clock on the wall


Expression = At | Rate | Cron


def parse(text: str, zone_name: str) -> Expression:
    """The expression; AwsError (ValidationException) for what is none, or a zone that does not exist."""
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise _refused(f"Invalid Schedule Expression Timezone {zone_name}.") from error
    try:
        found = _at(text, zone) or _rate(text) or _cron(text, zone)
    except (ValueError, OverflowError) as error:
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
        _days(weekdays if days == "?" else days, of_week_field=days == "?"),
        _field(months, 1, 12, _MONTHS),
        _field(years, 1970, 2199),
        zone,
    )


def _days(text: str, *, of_week_field: bool) -> Days:
    if of_week_field:
        return of_week(text.upper(), lambda part: _field(part, 1, 7, DAYS))
    return of_month(text, lambda part: _field(part, 1, 31))


def _field(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> frozenset[int]:
    allowed: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = low if first == "*" else _number(first, low, names)
        open_ended = first == "*" or bool(step)
        end = _number(last, low, names) if last else high if open_ended else start
        allowed |= set(range(start, end + 1, int(step or 1)))
    if not allowed or min(allowed) < low or max(allowed) > high:
        raise ValueError(text)
    return frozenset(allowed)


def _number(text: str, low: int, names: tuple[str, ...]) -> int:
    if text.upper() in names:
        return names.index(text.upper()) + low
    return int(text)


def _refused(message: str) -> AwsError:
    return AwsError("ValidationException", message)
