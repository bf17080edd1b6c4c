"""What all hooks share: the table they belong to, and how IAM is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from ministack.core import iam_actions, iam_evaluator, responses, router

from embedded_aws.engine import Engine
from embedded_aws.hook_table import HOOK_TABLE
from embedded_aws.hooks import Hooks
from embedded_aws.iam.authorization import Check
from embedded_aws.sagemaker.errors import AwsError

Reply = tuple[int, dict[str, str], Any]
Service = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Reply]]

HOOKS = Hooks(HOOK_TABLE)


def ask(engine: Engine, access_key_id: str, check: Check) -> None:
    """Raise AwsError if IAM is on and refuses."""
    if not engine.place.iam:
        return
    service, context = check.action.split(":")[0], dict(check.context)
    denied = iam_evaluator.enforce(access_key_id, check.action, service, engine.place.region, check.resource, context)
    if isinstance(denied, iam_evaluator.AuthError):
        raise AwsError(denied.code, denied.message, 403)
    if denied is not None:
        explicit = denied.decision == "Deny"
        parts = (check.action, denied.principal_arn, check.resource, explicit)
        raise AwsError("AccessDeniedException", iam_actions.identity_denial_message(*parts))


def asker(engine: Engine, headers: Mapping[str, str]) -> Callable[[Check], None]:
    """Asks on behalf of whoever signed a request."""
    return partial(ask, engine, router.extract_access_key_id(headers, {}))


def error_reply(error: AwsError) -> Reply:
    """An error in the JSON protocols."""
    reply: Reply = responses.error_response_json(error.code, error.message, error.status)
    return reply
