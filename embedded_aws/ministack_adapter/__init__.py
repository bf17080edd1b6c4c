"""The one module that touches ministack: the hooks of `hook_table`, each thin over plain functions.

`install` checks every hook against ministack before it changes anything; tests/embedded_aws/test_hooks.py
shows each at work. ministack has no types: what comes from it is Any.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ministack import app
from ministack.core import iam_evaluator, lambda_runtime, responses
from ministack.services import iam, scheduler
from ministack.services.sts import register_session

from embedded_aws.engine import Emulator, Engine
from embedded_aws.iam.role_sessions import RoleStore
from embedded_aws.ministack_adapter import (
    answer_hooks,
    creation_hooks,
    deletion_hooks,
    identity,
    journal_hooks,
    machine_hooks,
    map_hooks,
    request_hooks,
    schedule_hooks,
    service_hooks,
    stack_hooks,
    stack_operations,
    stack_rules,
    stack_validation,
    state_hooks,
    task_hooks,
    trail_hooks,
    variable_hooks,
)
from embedded_aws.ministack_adapter.common import HOOKS
from embedded_aws.ministack_adapter.journal_hooks import TRAITS, restore, resume
from embedded_aws.sagemaker.ports import Credentials
from embedded_aws.scheduler import scheduling

__all__ = [
    "HOOKS",
    "TRAITS",
    "answer_hooks",
    "creation_hooks",
    "deletion_hooks",
    "emulator",
    "identity",
    "install",
    "journal_hooks",
    "machine_hooks",
    "map_hooks",
    "request_hooks",
    "restore",
    "resume",
    "schedule_hooks",
    "service_hooks",
    "shutdown",
    "stack_hooks",
    "stack_operations",
    "stack_rules",
    "stack_validation",
    "state_hooks",
    "stores",
    "task_hooks",
    "trail_hooks",
    "variable_hooks",
]


def emulator() -> Emulator:
    """What the engine needs of ministack's own state."""
    return Emulator(
        RoleStore(lambda name: iam._roles.get(name), _register_session, _conditions_hold),
        scheduling.Store(lambda: scheduler._schedules._data, lambda key: scheduler._schedules._data.pop(key, None)),
    )


def install(engine: Engine) -> Any:
    """Apply every hook and return ministack's ASGI application; HookError if it is another ministack."""
    HOOKS.apply(engine)
    return app.app


def shutdown() -> None:
    """End the processes of Lambda functions."""
    lambda_runtime.reset()


def stores() -> Mapping[str, Mapping[str, Mapping[Any, Any]]]:
    """Every store of every loaded service module: {module: {variable: {scoped key: value}}}."""
    prefix, scoped = "ministack.services.", (responses.AccountScopedDict, responses.AccountRegionScopedDict)
    return {
        name.removeprefix(prefix): {
            variable: dict(value._data) for variable, value in vars(module).items() if isinstance(value, scoped)
        }
        for name, module in list(sys.modules.items())
        if name.startswith(prefix)
    }


def _register_session(credentials: Credentials, role: Mapping[str, Any], session_name: str) -> None:
    account, name = role["Arn"].split(":")[4], role["RoleName"]
    session = {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}",
        "UserId": f"{role['RoleId']}:{session_name}",
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
        "Expiration": credentials.expiration.timestamp(),
    }
    register_session(credentials.access_key_id, session)


def _conditions_hold(conditions: Mapping[str, Any], keys: Mapping[str, str]) -> bool:
    names = ("principal_arn", "principal_type", "principal_account", "action", "resource_arn", "region")
    context = iam_evaluator.EvalContext(**dict.fromkeys(names, ""), service_context=dict(keys))
    return bool(iam_evaluator._conditions_met(dict(conditions), context))
