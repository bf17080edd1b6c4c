"""EventBridge Scheduler as AWS has it: checked, fired with the schedule's role, retried, buried.

No emulator import: schedules are the emulator's records, handed in.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from embedded_aws.clients import Clients
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.ports import Credentials
from embedded_aws.schedule_expressions import At, Expression, parse
from embedded_aws.sdk_names import botocore_service, operation, wire_params

logger = logging.getLogger("scheduler")

SERVICE_PRINCIPAL = "scheduler.amazonaws.com"
_TICK_SECONDS = 0.5
_LOOK_BACK = (timedelta(minutes=2), timedelta(hours=2), timedelta(days=2), timedelta(days=1000))
_FIRST_RETRY_SECONDS = 1.0
_LAST_RETRY_SECONDS = 60.0
_DEFAULT_ATTEMPTS = 185
_DEFAULT_AGE_SECONDS = 86_400
_RETRYABLE_STATUS = 500
_RETRYABLE_CODES = ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded")

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


def vet(body: Mapping[str, Any]) -> None:
    """Refuse what CreateSchedule and UpdateSchedule refuse (ValidationException)."""
    zone = body.get("ScheduleExpressionTimezone") or "UTC"
    expression = parse(str(body.get("ScheduleExpression", "")), zone)
    if isinstance(expression, At) and expression.moment <= datetime.now(UTC):
        text = f"Invalid Schedule Expression {body['ScheduleExpression']}. It lies in the past."
        raise AwsError("ValidationException", text)
    target = body.get("Target") or {}
    _target_call(str(target.get("Arn", "")), "{}")
    given = target.get("Input")
    if given is not None and not _is_json(given):
        raise AwsError("ValidationException", "Invalid Input: it is not valid JSON.")
    if (body.get("FlexibleTimeWindow") or {}).get("Mode", "OFF") != "OFF":
        raise AwsError("ValidationException", "FlexibleTimeWindow is not implemented by the embedded AWS")


class Scheduler:
    """Fires schedules that are due, each in a thread of its own."""

    def __init__(self, store: Store, clients: Clients, sessions: Sessions) -> None:
        self._store = store
        self._clients = clients
        self._sessions = sessions
        self._fired: dict[Any, tuple[object, datetime]] = {}
        self._under_way: dict[str, tuple[Schedule, datetime]] = {}
        self._began = datetime.now(UTC)
        self._ended = threading.Event()

    def adopt(self, keep: Callable[[str, dict[Any, Any]], dict[Any, Any]]) -> None:
        """Hold what was fired and what is being delivered in what `keep` gives for it."""
        self._fired, self._under_way = keep("fired", self._fired), keep("under way", self._under_way)

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
                moment = self._due(key, schedule, now)
                if moment is not None:
                    self._fire(key, schedule, moment)

    def _due(self, key: object, schedule: Schedule, now: datetime) -> datetime | None:
        """The moment for which the schedule is due now; an update makes it a new schedule."""
        if schedule["State"] != "ENABLED" or not _within(schedule, now):
            return None
        version = _version(schedule)
        changed = datetime.fromtimestamp(schedule["LastModificationDate"], UTC)
        last_version, last = self._fired.get(key, (None, changed))
        since = last + timedelta(microseconds=1) if last_version == version else changed
        expression = parse(schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"])
        moment = expression.next_after(since, changed)
        if moment is None or moment > now:
            return None
        # While no engine ran, a recurring schedule may have come due many times: it fires once for the last of them.
        return moment if moment >= self._began else _last(expression, moment, now, changed)

    def _fire(self, key: object, schedule: Schedule, moment: datetime) -> None:
        # First what is to be delivered: whoever is killed in between delivers it twice, as AWS may, and not never.
        name = str(uuid.uuid4())
        self._under_way[name] = (dict(schedule), moment)
        self._fired[key] = (_version(schedule), moment)
        self._deliver(name, schedule, moment)
        once = schedule["ScheduleExpression"].startswith("at(")
        if once and schedule.get("ActionAfterCompletion") == "DELETE":
            self._store.forget(key)

    def _deliver(self, name: str, schedule: Schedule, moment: datetime) -> None:
        delivery = Delivery(schedule, moment, self._clients, self._sessions, self._ended)

        def run() -> None:
            delivery.run()
            if not self._ended.is_set():
                self._under_way.pop(name, None)

        threading.Thread(target=run, daemon=True, name=f"schedule-{schedule['Name']}").start()


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
        service, name, params = _target_call(self.schedule["Target"]["Arn"], text)
        shape = self.clients.model(service).operation_model(name).input_shape
        self.clients.call(self._credentials(), service, name, wire_params(shape, params))

    def _input(self, execution: str, attempt: int) -> str:
        text = str(self.schedule["Target"].get("Input") or "{}")
        values = {
            "schedule-arn": self.schedule["Arn"],
            "scheduled-time": self.moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "execution-id": execution,
            "attempt-number": str(attempt),
        }
        for name, value in values.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return text

    def _bury(self, text: str, error: AwsError, execution: str, retries: int, exhausted: str) -> None:
        queue = (self.schedule["Target"].get("DeadLetterConfig") or {}).get("Arn")
        if not queue:
            return
        _, _, _, region, account, name = queue.split(":", 5)
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
            "QueueUrl": f"https://sqs.{region}.amazonaws.com/{account}/{name}",
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
    """Why to give up, as the dead-letter message says it; None to try again."""
    if error.status < _RETRYABLE_STATUS and error.code not in _RETRYABLE_CODES:
        return "NonRetryableError"
    return "MaximumRetryAttempts" if attempts_over else "MaximumEventAgeInSeconds" if age_over else None


def _last(expression: Expression, moment: datetime, now: datetime, changed: datetime) -> datetime:
    """The last moment until now at which a schedule was due, if `moment` is one; looked for near now first."""
    for back in _LOOK_BACK:
        found = expression.next_after(max(moment, now - back), changed)
        while found is not None and moment < found <= now:
            moment = found
            found = expression.next_after(moment + timedelta(microseconds=1), changed)
    return moment


def _version(schedule: Schedule) -> tuple[object, object]:
    """An update makes another schedule of it."""
    return schedule["ScheduleExpression"], schedule["LastModificationDate"]


def _within(schedule: Schedule, now: datetime) -> bool:
    start, end = schedule.get("StartDate"), schedule.get("EndDate")
    return (start is None or now >= _moment(start)) and (end is None or now <= _moment(end))


def _moment(value: float | str) -> datetime:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(value)


def _target_call(arn: str, text: str) -> tuple[str, str, dict[str, Any]]:
    """Service, operation and parameters with which a target is called; refused if it is not known."""
    if arn.startswith("arn:aws:scheduler:::aws-sdk:"):
        return _universal(arn, text)
    kind = ":".join(arn.split(":")[2:3] + arn.split(":")[5:6])
    if kind == "states:stateMachine":
        return "stepfunctions", "StartExecution", {"stateMachineArn": arn, "input": text}
    if kind == "lambda:function":
        return "lambda", "Invoke", {"FunctionName": arn, "InvocationType": "Event", "Payload": text.encode()}
    if arn.startswith("arn:aws:sns:"):
        return "sns", "Publish", {"TopicArn": arn, "Message": text}
    if arn.startswith("arn:aws:sqs:"):
        _, _, _, region, account, name = arn.split(":", 5)
        url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
        return "sqs", "SendMessage", {"QueueUrl": url, "MessageBody": text}
    raise AwsError("ValidationException", f"Provided Arn {arn} is not a target that the embedded AWS implements.")


def _universal(arn: str, text: str) -> tuple[str, str, dict[str, Any]]:
    name, _, action = arn.removeprefix("arn:aws:scheduler:::aws-sdk:").partition(":")
    service = botocore_service(name)
    called = operation(service, action) if service else None
    if service is None or called is None or not isinstance(_parsed(text), dict):
        raise AwsError("ValidationException", f"Provided Arn {arn} is not valid.")
    return service, called, json.loads(text)


def _is_json(text: str) -> bool:
    return _parsed(text) is not _NOTHING


_NOTHING = object()


def _parsed(text: str) -> object:
    """A JSON text's value; `_NOTHING` if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return _NOTHING
