"""Hooks of what refuses to be deleted while something of it is left."""

from __future__ import annotations

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
