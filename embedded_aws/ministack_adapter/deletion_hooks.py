"""Hooks of what refuses to be deleted while something of it is left, or because a service manages it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core import responses
from ministack.services import eventbridge, iam

from embedded_aws.engine import Engine
from embedded_aws.ministack_adapter.common import HOOKS

_MORE_VERSIONS = (
    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
    "The default version is deleted with the policy."
)


@HOOKS.applies("deletions")
def _deletions(_: Engine) -> None:
    delete_policy, delete_rule = iam._IAM_HANDLERS["DeletePolicy"], eventbridge._delete_rule

    def policy(params: Any) -> Any:
        held = iam._policies.get(iam._p(params, "PolicyArn")) or {}
        if len(held.get("Versions", ())) > 1:
            return iam._error(409, "DeleteConflict", _MORE_VERSIONS, ns="iam")
        return delete_policy(params)

    def rule(data: Any) -> Any:
        key = eventbridge._rule_key(data.get("Name"), data.get("EventBusName", "default"))
        if eventbridge._targets.get(key):
            text = "Rule can't be deleted since it has targets."
            return responses.error_response_json("ValidationException", text, 400)
        return delete_rule(data)

    iam._IAM_HANDLERS["DeletePolicy"] = policy
    eventbridge._delete_rule = rule


@HOOKS.applies("managed-rules")
def _managed_rules(_: Engine) -> None:
    for verb in ("put_rule", "enable_rule", "disable_rule", "put_targets"):
        setattr(eventbridge, f"_{verb}", _guarded(getattr(eventbridge, f"_{verb}"), force_helps=False))
    for verb in ("delete_rule", "remove_targets"):
        setattr(eventbridge, f"_{verb}", _guarded(getattr(eventbridge, f"_{verb}"), force_helps=True))


def _guarded(act: Callable[[Any], Any], *, force_helps: bool) -> Callable[[Any], Any]:
    """A call that a rule which a service made for the account refuses; the text is not AWS's."""

    def guard(data: Any) -> Any:
        name = data.get("Rule") or data.get("Name")
        rule = eventbridge._rules.get(eventbridge._rule_key(name, data.get("EventBusName", "default"))) or {}
        if rule.get("ManagedBy") and not (force_helps and data.get("Force")):
            text = f"Rule {name} is managed by {rule['ManagedBy']}."
            return responses.error_response_json("ManagedRuleException", text, 400)
        return act(data)

    return guard
