"""The one module that touches ministack: numbered hooks into its internals, each thin over a plain function.

Every hook says what it expects of ministack 1.5.33; `install` checks all before it changes anything, and
tests/embedded_aws/test_hooks.py shows each at work.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict, get_account_id
from ministack.services import iam, sts

from embedded_aws.front_door import App, front_door
from embedded_aws.hooks import Hooks
from embedded_aws.inventory import inventory
from embedded_aws.role_sessions import RoleSessions, RoleStore
from embedded_aws.sagemaker.ports import Credentials

HOOKS = Hooks()


@dataclass(frozen=True)
class Engine:
    """The running engine: its application, and what ends everything it started."""

    app: App
    shutdown: Callable[[], None]


def install(*, root: Any, account: str, region: str, port: int, state: Path, environments: Path) -> Engine:
    HOOKS.apply(root)
    return Engine(front_door(app.app, lambda: inventory(_stores()), root.secret_access_key), lambda: None)


@HOOKS.register("the root key is verified like any other, and nothing else is root", {
    "core.iam_evaluator:is_root_access_key": "access_key_id",
    "core.iam_evaluator:_is_root_key": "access_key_id",
    "core.iam_evaluator:resolve_credential": "access_key_id, account_id, session_token",
    "services.sts:resolve_credential": "access_key_id, account_id, session_token",
})
def _root_key(root: Any) -> None:
    inner = iam_evaluator.resolve_credential

    def resolve(access_key_id: str, *args: Any, **kwargs: Any) -> Any:
        if access_key_id != root.access_key_id:
            return inner(access_key_id, *args, **kwargs)
        account = get_account_id()
        return iam_evaluator.ResolvedCredential(
            access_key_id=root.access_key_id,
            secret_access_key=root.secret_access_key,
            account_id=account,
            principal_arn=f"arn:aws:iam::{account}:root",
            principal_id=account,
            principal_type="Root",
            source_access_key_id=root.access_key_id,
        )

    iam_evaluator.is_root_access_key = iam_evaluator._is_root_key = lambda access_key_id: False
    iam_evaluator.resolve_credential = sts.resolve_credential = resolve


@HOOKS.register("loopback HTTP counts as a secure transport", {
    "core.iam_evaluator:pin_request_origin": "source_ip, secure_transport",
    "app:pin_request_origin": "source_ip, secure_transport",
})
def _secure_transport(_: Any) -> None:
    pin = iam_evaluator.pin_request_origin
    app.pin_request_origin = lambda source_ip, _secure: pin(source_ip, True)


def _stores() -> Mapping[str, Mapping[str, Mapping[Any, Any]]]:
    """Every store of every loaded service module: {module: {variable: {scoped key: value}}}."""
    prefix = "ministack.services."
    return {
        name.removeprefix(prefix): {
            variable: dict(value._data)
            for variable, value in vars(module).items()
            if isinstance(value, (AccountScopedDict, AccountRegionScopedDict))
        }
        for name, module in list(sys.modules.items())
        if name.startswith(prefix) and module is not None
    }
