"""What refuses to be deleted while something of it is left."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, allow, code_of, fresh, policy

SYNC_RULE = "StepFunctionsGetEventsForSageMakerTransformJobsRule"


def test_policy_with_further_versions_stays(account: Account) -> None:
    """All versions but the default one are deleted first (DeletePolicy, IAM API Reference)."""
    iam = account.client("iam")
    arn = iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("sqs:*")), SetAsDefault=True)
    with pytest.raises(ClientError, match="more than one version") as raised:
        iam.delete_policy(PolicyArn=arn)
    assert code_of(raised.value) == "DeleteConflict"
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)


def test_rule_with_targets_stays(account: Account) -> None:
    """Before a rule is deleted, RemoveTargets takes its targets away (DeleteRule, EventBridge API Reference)."""
    events, name = account.client("events"), fresh("rule")
    events.put_rule(Name=name, ScheduleExpression="rate(1 day)")
    arn = f"arn:aws:sqs:us-east-1:{account.engine.account}:queue"
    events.put_targets(Rule=name, Targets=[{"Id": "one", "Arn": arn}])
    with pytest.raises(ClientError, match="has targets") as raised:
        events.delete_rule(Name=name)
    assert code_of(raised.value) == "ValidationException"
    events.remove_targets(Rule=name, Ids=["one"])
    events.delete_rule(Name=name)


@pytest.mark.parametrize(
    ("call", "more"),
    [
        ("delete_rule", {"Name": SYNC_RULE}),
        ("put_rule", {"Name": SYNC_RULE, "ScheduleExpression": "rate(1 day)"}),
        ("disable_rule", {"Name": SYNC_RULE}),
        ("enable_rule", {"Name": SYNC_RULE}),
        ("put_targets", {"Rule": SYNC_RULE, "Targets": [{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:123456789012:q"}]}),
        ("remove_targets", {"Rule": SYNC_RULE, "Ids": ["q"]}),
    ],
)
def test_managed_rule_is_not_the_accounts_to_change(account: Account, call: str, more: dict[str, Any]) -> None:
    """EventBridge API Reference, ManagedRuleException: DeleteRule and RemoveTargets take Force, the others never do."""
    _machine_that_waits_for_a_job(account)
    with pytest.raises(ClientError) as raised:
        getattr(account.client("events"), call)(**more)
    assert code_of(raised.value) == "ManagedRuleException"


def test_managed_rule_is_deleted_by_force_and_made_again(account: Account) -> None:
    """DeleteRule, EventBridge API Reference: managed rules go with Force only."""
    _machine_that_waits_for_a_job(account)
    events = account.client("events")
    events.remove_targets(Rule=SYNC_RULE, Ids=["any"], Force=True)
    events.delete_rule(Name=SYNC_RULE, Force=True)
    assert SYNC_RULE not in [rule["Name"] for rule in events.list_rules()["Rules"]]
    _machine_that_waits_for_a_job(account)
    _machine_that_waits_for_a_job(account)
    assert events.describe_rule(Name=SYNC_RULE)["ManagedBy"] == "states.amazonaws.com"


def _machine_that_waits_for_a_job(account: Account) -> None:
    resource = "arn:aws:states:::sagemaker:createTransformJob.sync"
    task = {"Type": "Task", "Resource": resource, "Parameters": {"TransformJobName": "t"}, "End": True}
    account.machine({"T": task}, account.role(allow("*")))
