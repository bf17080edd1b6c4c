"""What of ministack the journal keeps, how it is filled again, and what was under way when the engine died."""

from __future__ import annotations

import importlib
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any, Self

from ministack.core import responses
from ministack.services import cloudformation as cfn
from ministack.services import lambda_svc, s3, sts
from ministack.services import stepfunctions as sfn
from ministack.services.cloudformation import stacks

from embedded_aws import interrupted
from embedded_aws.engine import Engine
from embedded_aws.journal.journal import Journal
from embedded_aws.journal.tracked import Address, Place, TrackedDict, Traits
from embedded_aws.ministack_adapter.common import HOOKS

TRAITS = Traits(
    inner={
        ("s3", "_buckets"): ("objects",),
        ("s3", "_multipart_uploads"): ("parts",),
        ("cloudwatch_logs", "_log_groups"): ("streams",),
    },
    # A tuning job and its training jobs hold one another; ministack's entries share nothing that is changed in place.
    sharing=frozenset({"engine"}),
    large=frozenset({("lambda_svc", "_functions")}),
)

LEFT_OUT: Mapping[Address, str] = {
    ("stepfunctions", "_task_tokens"): "threads wait for them; their executions end at a restart",
}
"""Stores that end with the process, each with its reason."""

VARIABLES = (
    ("cloudformation.wait_conditions", "_handles"),
    ("codebuild", "_stopped_builds"),
    ("cognito", "_auth_codes"),
    ("cognito", "_authorization_codes"),
    ("cognito", "_pending_new_password"),
    ("cognito", "_pending_user_auth"),
    ("cognito", "_refresh_tokens"),
    ("cognito", "_revoked_tokens"),
    ("cognito", "_totp_session_secrets"),
    ("dynamodb", "_stream_seq_counter"),
    ("ec2", "_default_initialized_scopes"),
    ("eventbridge", "_rule_last_fired"),
    ("iot", "_retained"),
    ("stepfunctions", "_history_page_tokens"),
)
"""Variables that are no stores and are kept all the same; the others are caches, sockets and processes."""

_Form = Callable[[str, Any, str], str | None]
"""A key, its entry and a name to the physical id, if the entry is the one of that name."""


def _own(key: str, _: Any, name: str) -> str | None:
    return name if key == name else None


def _arn(key: str, _: Any, name: str) -> str | None:
    return key if key.endswith((f":{name}", f"/{name}")) else None


def _url(key: str, held: Any, name: str) -> str | None:
    return str(held) if key == name else None


_STORES: Mapping[str, tuple[str, str, _Form]] = {
    "AWS::Budgets::Budget": ("budgets", "_budgets", _own),
    "AWS::CloudWatch::Alarm": ("cloudwatch", "_alarms", _own),
    "AWS::DynamoDB::Table": ("dynamodb", "_tables", _own),
    "AWS::ECR::Repository": ("ecr", "_repositories", _own),
    "AWS::Events::Rule": ("eventbridge", "_rules", lambda key, _, name: name if key == f"default|{name}" else None),
    "AWS::IAM::InstanceProfile": ("iam", "_instance_profiles", _own),
    "AWS::IAM::ManagedPolicy": ("iam", "_policies", _arn),
    "AWS::IAM::Role": ("iam", "_roles", _own),
    "AWS::IAM::User": ("iam", "_users", _own),
    "AWS::Lambda::Function": ("lambda_svc", "_functions", _own),
    "AWS::Logs::LogGroup": ("cloudwatch_logs", "_log_groups", _own),
    "AWS::S3::Bucket": ("s3", "_buckets", _own),
    "AWS::SNS::Topic": ("sns", "_topics", _arn),
    "AWS::SQS::Queue": ("sqs", "_queue_name_to_url", _url),
    "AWS::SSM::Parameter": ("ssm", "_parameters", _own),
    "AWS::Scheduler::Schedule": ("scheduler", "_schedules", lambda key, _, name: _arn(key, _, name) and name),
    "AWS::Scheduler::ScheduleGroup": ("scheduler", "_schedule_groups", _own),
    "AWS::SecretsManager::Secret": (
        "secretsmanager",
        "_secrets",
        lambda key, held, name: str(held["ARN"]) if key == name else None,
    ),
    "AWS::StepFunctions::StateMachine": ("stepfunctions", "_state_machines", _arn),
}
"""Where resources of a type are, and what tells one of them; those of SageMaker are the engine's own."""

_PREFIX = "ministack.services."
_SCOPED = (responses.AccountScopedDict, responses.AccountRegionScopedDict)
_VARIABLES = "variables"
_EVENT = "_event_under_way"
_RETRIES, _LONGEST_AGE = 2, 21600  # of an event, where its function has no other
_events: dict[str, tuple[Any, Any]] = {}
"""Events that functions were given and are still to run with: on AWS a queue holds them."""


@dataclass
class _Tries:
    """How often a function may still run with an event, and until when (epoch seconds), as the emulator reads it."""

    left: int
    until: float

    @classmethod
    def of(cls, function: Mapping[str, Any]) -> Self:
        """Of an event that came just now."""
        by_version = function.get("event_invoke_configs") or {}
        config = function.get("event_invoke_config") or by_version.get("$LATEST") or {}
        retries = config.get("MaximumRetryAttempts")
        age = int(config.get("MaximumEventAgeInSeconds", _LONGEST_AGE))
        return cls(1 + (_RETRIES if retries is None else int(retries)), time.time() + age)

    def another(self) -> bool:
        """Whether it runs again after a failure."""
        self.left -= 1
        return self.left > 0 and time.time() + lambda_svc._LAMBDA_ASYNC_RETRY_MAX_SECONDS < self.until


@HOOKS.applies("journal")
def _journal(engine: Engine) -> None:
    if engine.journal is None:
        return
    keep = engine.journal.replaced.keep
    write, remove, remove_version = s3._atomic_write, s3._remove_key_files, s3._delete_version_file

    def write_and_keep(path: str, data: Any, *, text: bool = False) -> None:
        if not text:
            keep(path)
        write(path, data, text=text)

    def remove_and_keep(path: str | None) -> None:
        if path:
            keep(path)
        remove(path)

    def remove_version_and_keep(bucket: str, key: str, version: str) -> None:
        path = s3._version_disk_path(bucket, key, version)
        if path:
            keep(path)
        remove_version(bucket, key, version)

    s3._atomic_write, s3._remove_key_files = write_and_keep, remove_and_keep
    s3._delete_version_file = remove_version_and_keep
    _keep_events()
    _keep_stacks()


def _keep_stacks() -> None:
    """A resource is written with its stack, which holds it: a deployment does not look the stack up again."""
    add = stacks._add_event

    def add_and_touch(stack_id: str, stack_name: str, *event: Any, **more: Any) -> Any:
        cfn._stacks.get(stack_name)
        return add(stack_id, stack_name, *event, **more)

    stacks._add_event = add_and_touch


def _keep_events() -> None:
    """An asynchronous invocation is acknowledged before the function runs: if need be it runs after a restart.

    So does one that failed and was to be tried again; its tries are counted anew then.
    """
    queue, execute = lambda_svc.invoke_async_with_retry, lambda_svc._execute_function
    tries: dict[str, _Tries] = {}

    def queue_and_keep(function: Any, event: Any) -> None:
        name = str(uuid.uuid4())
        _events[name], tries[name] = (function, event), _Tries.of(function)
        queue({**function, _EVENT: name}, event)

    def execute_and_forget(function: Any, *args: Any, **options: Any) -> Any:
        name, again = function.get(_EVENT, ""), False
        try:
            answer = execute(function, *args, **options)
            again = name in tries and bool(answer.get("error")) and tries[name].another()
        finally:
            if not again:
                tries.pop(name, None)
                _events.pop(name, None)
        return answer

    lambda_svc.invoke_async_with_retry, lambda_svc._execute_function = queue_and_keep, execute_and_forget


def restore(engine: Engine) -> None:
    """Keep every store from now on, filled from the journal if it has something; end what was under way then."""
    global _events  # the hooks above look it up when they are called
    journal = engine.journal
    if journal is None:
        return
    sts._sessions = journal.adopt(("sts", "_sessions"), sts._sessions)
    _events = journal.adopt(("engine", "events"), _events)
    engine.adopt(journal)
    for service, variable in journal.stores():
        if service != "engine":
            module = importlib.import_module(_PREFIX + service)
            if variable != _VARIABLES:
                _adopt(journal, service, variable, getattr(module, variable))
    engine.stack_resources.find = partial(_find, engine)
    journal.discover = partial(_discover, journal, set())
    journal.discover()
    if journal.restore(_set_variable):
        with responses.request_scope(engine.place.account, engine.place.region):
            engine.stack_resources.give_to({stack["StackName"]: stack for stack in _entries(cfn._stacks)})
            _end_interrupted()
        if lambda_svc._esms.has_any():
            lambda_svc._ensure_poller()


def resume() -> None:
    """Run functions with the events that they had not run with."""
    for name, (function, event) in list(_events.items()):
        lambda_svc.invoke_async_with_retry(function, event)
        del _events[name]  # should the engine die before, the event comes twice, as it may on AWS


def _discover(journal: Journal, known: set[str]) -> None:
    """Adopt what services hold that were loaded since the last time."""
    if len(known) == len(sys.modules):
        return
    for name in sorted(set(sys.modules) - known):
        module = sys.modules.get(name)
        if getattr(getattr(module, "__spec__", None), "_initializing", False):
            continue  # another thread imports it: it has not all its stores yet
        known.add(name)
        if module is not None and name.startswith(_PREFIX):
            _adopt_all(journal, name.removeprefix(_PREFIX), module)


def _adopt_all(journal: Journal, service: str, module: ModuleType) -> None:
    for variable, value in list(vars(module).items()):
        _adopt(journal, service, variable, value)
    for owner, variable in VARIABLES:
        if owner == service:
            journal.adopt_variable(((service, _VARIABLES), variable), partial(getattr, module, variable))


def _adopt(journal: Journal, service: str, variable: str, value: Any) -> None:
    """A store, once: services import one another's."""
    address = (service, variable)
    if isinstance(value, _SCOPED) and address not in LEFT_OUT and not isinstance(value._data, TrackedDict):
        value._data = journal.adopt(address, value._data)


def _set_variable(place: Place, value: Any) -> None:
    """In place where that can be: other modules may hold it too."""
    (service, _), variable = place
    module = sys.modules[_PREFIX + service]
    held = getattr(module, variable)
    if isinstance(held, dict | set):
        held.clear()
        held.update(value)
    else:
        setattr(module, variable, value)


def _find(engine: Engine, kind: str, name: str) -> str | None:
    """The physical id of a resource that is there, whoever may see it."""
    if kind not in _STORES:
        return engine.sagemaker.arn_of(kind, name)
    service, variable, form = _STORES[kind]
    store = getattr(sys.modules.get(_PREFIX + service), variable, None)
    entries = [] if store is None else list(dict.items(store._data))
    return next((own for key, held in entries if (own := form(str(key[-1]), held, name))), None)


def _end_interrupted() -> None:
    for stack in _entries(cfn._stacks):
        status = interrupted.end_of_stack(stack)
        if status:
            name, own = stack["StackName"], stack["StackId"]
            kind, reason = "AWS::CloudFormation::Stack", interrupted.REASON
            stacks._add_event(own, name, name, kind, status, reason, own)
    for function in _entries(lambda_svc._functions):
        interrupted.end_of_function_change(function)
    for change_set in _entries(cfn._change_sets):
        interrupted.end_of_change_set(change_set)
    for execution in _entries(sfn._executions):
        if execution["status"] == "RUNNING":
            sfn._fail_execution(execution, interrupted.EXECUTION_ERROR, interrupted.EXECUTION_CAUSE)
    for run in _entries(sfn._map_runs):
        interrupted.end_of_map_run(run, sfn.now_iso())


def _entries(store: Any) -> Iterator[Any]:
    yield from list(store._data.values())
