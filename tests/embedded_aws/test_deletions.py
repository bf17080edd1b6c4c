"""What refuses to be deleted while something of it is left."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.embedded_aws.account import Account, allow, code_of, fresh, policy


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
