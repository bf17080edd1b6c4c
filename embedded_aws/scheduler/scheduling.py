"""EventBridge Scheduler as AWS has it: checked, fired with the schedule's role, retried, buried.

No emulator import: schedules are the emulator's records, handed in.
"""

from __future__ import annotations

import logging
import random
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from embedded_aws.clients import Clients
from embedded_aws.patience import passing
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Credentials
from embedded_aws.scheduler import targets as schedule_targets
from embedded_aws.scheduler.expressions import At, parse
from embedded_aws.scheduler.requests import ClientTokens
from embedded_aws.scheduler.requests import moment as _date
from embedded_aws.sdk_names import wire_params

logger = logging.getLogger("scheduler")

SERVICE_PRINCIPAL = "scheduler.amazonaws.com"
_TICK_SECONDS = 0.5
_LOOK_BACK = (timedelta(minutes=2), timedelta(hours=2), timedelta(days=2), timedelta(days=1000))
_FIRST_RETRY_SECONDS = 1.0
_LAST_RETRY_SECONDS = 60.0
_DEFAULT_ATTEMPTS = 185
_DEFAULT_AGE_SECONDS = 86_400
_INSTANT = timedelta(microseconds=1)

Schedule = Mapping[str, Any]


class Sessions(Protocol):
    """Sessions of the schedules' roles."""

    def session(self, role_arn: str, service: str, session_name: str, source_arn: str, /) -> Credentials:
        """Credentials of the role; AwsError if it does not trust the scheduler."""


@dataclass(frozen=True)
class Store:
    """The emulator's side: all schedules by their keys, and how one is forgotten."""

    schedules: Callable[[], Mapping[Any, Schedule]]
    forget: Callable[[Any], None]


class Scheduler:
    """Fires schedules that are due, each in a thread of its own."""

    def __init__(self, store: Store, clients: Clients, sessions: Sessions) -> None:
        self._store = store
        self._clients = clients
        self._sessions = sessions
        self.tokens = ClientTokens()
        self._fired: dict[Any, tuple[object, datetime]] = {}
        self._under_way: dict[str, tuple[Schedule, datetime]] = {}
        self._began = datetime.now(UTC)
        self._ended = threading.Event()

    def adopt(self, keep: Callable[[str, dict[Any, Any]], dict[Any, Any]]) -> None:
        """Hold what was fired, what is being delivered and who asked for it in what `keep` gives for it."""
        self._fired, self._under_way = keep("fired", self._fired), keep("under way", self._under_way)
        self.tokens.adopt(partial(keep, "tokens"))

    def start(self) -> None:
        """Begin to look for schedules that are due, and to deliver what an earlier engine had not delivered."""
        for name, (schedule, moment) in list(self._under_way.items()):
            self._deliver(name, schedule, moment)
        threading.Thread(target=self._run, daemon=True, name="scheduler").start()

    def stop(self) -> None:
        """Fire nothing more."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(_TICK_SECONDS):
            now = datetime.now(UTC)
            for key, schedule in dict(self._store.schedules()).items():
                try:
                    self._look_at(key, schedule, now)
                except Exception:  # one schedule must not keep all others from firing
                    logger.exception("schedule %s", schedule.get("Name"))

    def _look_at(self, key: object, schedule: Schedule, now: datetime) -> None:
        moment = self._due(key, schedule, now)
        if moment is not None:
            self._fire(key, schedule, moment)

    def _due(self, key: object, schedule: Schedule, now: datetime) -> datetime | None:
        """The moment for which the schedule is due now; an update makes it a new schedule.

        One that has nothing more to do is forgotten, if it asks for that.
        """
        if schedule["State"] != "ENABLED":
            return None
        version, last = self._fired.get(key, (None, None))
        since = last + _INSTANT if last is not None and version == _version(schedule) else None
        moment = next_moment(schedule, since)
        if moment is None and schedule.get("ActionAfterCompletion") == "DELETE":
            self._store.forget(key)
            self._fired.pop(key, None)
            return None
        if moment is None or moment > now:
            return None
        # While no engine ran, a recurring schedule may have come due many times: it fires once for the last of them.
        return moment if moment >= self._began else last_moment(schedule, moment, now)

    def _fire(self, key: object, schedule: Schedule, moment: datetime) -> None:
        # First what is to be delivered: whoever is killed in between delivers it twice, as AWS may, and not never.
        name = str(uuid.uuid4())
        self._under_way[name] = (dict(schedule), moment)
        self._fired[key] = (_version(schedule), moment)
        self._deliver(name, schedule, moment)

    def _deliver(self, name: str, schedule: Schedule, moment: datetime) -> None:
        delivery = Delivery(schedule, moment, self._clients, self._sessions, self._ended)

        def run() -> None:
            delivery.run()
            if not self._ended.is_set():
                self._under_way.pop(name, None)

        threading.Thread(target=run, daemon=True, name=f"schedule-{schedule['Name']}").start()


def _version(schedule: Schedule) -> tuple[object, object]:
    """An update makes another schedule of it."""
    return schedule["ScheduleExpression"], schedule["LastModificationDate"]


def next_moment(schedule: Schedule, since: datetime | None) -> datetime | None:
    """The first moment for which a schedule is due, from `since` or else from its last change on.

    Recurring schedules keep to StartDate and EndDate; one-time schedules ignore both.
    """
    changed = datetime.fromtimestamp(schedule["LastModificationDate"], UTC)
    expression = parse(schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"])
    if isinstance(expression, At):
        return expression.next_after(since or changed, changed)
    given, end = schedule.get("StartDate"), schedule.get("EndDate")
    start = changed if given is None else _date(given)
    found = expression.next_after(max(since or start, start), start)
    return found if found is None or end is None or found <= _date(end) else None


def last_moment(schedule: Schedule, moment: datetime, now: datetime) -> datetime:
    """The last moment until now for which a schedule is due, if `moment` is one; looked for near now first."""
    for back in _LOOK_BACK:
        found = next_moment(schedule, max(moment, now - back) + _INSTANT)
        while found is not None and moment < found <= now:
            moment = found
            found = next_moment(schedule, moment + _INSTANT)
    return moment


def window_seconds(schedule: Schedule, share: float) -> float:
    """How long after its moment a schedule is delivered: a share of its flexible window."""
    window = schedule.get("FlexibleTimeWindow") or {}
    return share * 60 * int(window.get("MaximumWindowInMinutes", 0)) if window.get("Mode") == "FLEXIBLE" else 0.0


@dataclass(frozen=True)
class Delivery:
    """One firing of a schedule: attempts until it succeeds or gives up, then the dead-letter queue."""

    schedule: Schedule
    moment: datetime
    clients: Clients
    sessions: Sessions
    ended: threading.Event

    def run(self) -> None:
        """Call the target; retry what may pass; put what failed into the dead-letter queue."""
        self.ended.wait(window_seconds(self.schedule, random.random()))  # noqa: S311 # spreads calls, guards nothing
        execution, attempt, pause = str(uuid.uuid4()), 0, _FIRST_RETRY_SECONDS
        policy = self.schedule["Target"].get("RetryPolicy") or {}
        attempts = int(policy.get("MaximumRetryAttempts", _DEFAULT_ATTEMPTS))
        age = timedelta(seconds=int(policy.get("MaximumEventAgeInSeconds", _DEFAULT_AGE_SECONDS)))
        while not self.ended.is_set():
            attempt += 1
            text = self._input(execution, attempt)
            try:
                self._call(text)
            except AwsError as error:
                exhausted = _exhausted(error, attempt > attempts, datetime.now(UTC) - self.moment > age)
                if exhausted is not None:
                    self._bury(text, error, execution, attempt - 1, exhausted)
                    return
                self.ended.wait(pause)
                pause = min(pause * 2, _LAST_RETRY_SECONDS)
            else:
                return

    def _credentials(self) -> Credentials:
        target, arn = self.schedule["Target"], self.schedule["Arn"]
        group = arn.replace(":schedule/", ":schedule-group/").rsplit("/", 1)[0]
        return self.sessions.session(target["RoleArn"], SERVICE_PRINCIPAL, self.schedule["Name"], group)

    def _call(self, text: str) -> None:
        service, name, params = schedule_targets.call(self.schedule["Target"], text)
        shape = self.clients.model(service).operation_model(name).input_shape
        self.clients.call(self._credentials(), service, name, wire_params(shape, params))

    def _input(self, execution: str, attempt: int) -> str:
        text = str(self.schedule["Target"].get("Input") or self._default_input())
        values = {
            "schedule-arn": self.schedule["Arn"],
            "scheduled-time": self.moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "execution-id": execution,
            "attempt-number": str(attempt),
        }
        for name, value in values.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return text

    def _default_input(self) -> str:
        """The notification that targets without Input get, in the form that users of AWS have shown."""
        _, _, _, region, account, _ = self.schedule["Arn"].split(":", 5)
        notification = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": account,
            "time": self.moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": region,
            "resources": [self.schedule["Arn"]],
            "detail": "{}",
        }
        return schedule_targets.default_input(self.schedule["Target"], notification)

    def _bury(self, text: str, error: AwsError, execution: str, retries: int, exhausted: str) -> None:
        queue = (self.schedule["Target"].get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            return
        attributes = {
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message[:1000],
            "EXECUTION_ID": execution,
            "EXHAUSTED_RETRY_CONDITION": exhausted,
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(retries),
            "SCHEDULED_TIME": self.moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "SCHEDULE_ARN": self.schedule["Arn"],
            "TARGET_ARN": self.schedule["Target"]["Arn"],
        }
        message = {
            "QueueUrl": schedule_targets.queue_url(queue),
            "MessageBody": text,
            "MessageAttributes": {
                key: {"DataType": "String", "StringValue": value} for key, value in attributes.items() if value
            },
        }
        try:
            self.clients.call(self._credentials(), "sqs", "SendMessage", message)
        except AwsError as failure:
            logger.warning("schedule %s: nothing reached the dead-letter queue: %s", self.schedule["Name"], failure)


def _exhausted(error: AwsError, attempts_over: bool, age_over: bool) -> str | None:  # noqa: FBT001 # two findings of one place
    """Which condition ended the retries, as the dead-letter message says it: none if there were none to make."""
    if not passing(error):
        return ""
    return "MaximumRetryAttempts" if attempts_over else "MaximumEventAgeInSeconds" if age_over else None
