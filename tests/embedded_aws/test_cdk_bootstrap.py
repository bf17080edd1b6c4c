"""The CDK's own bootstrap template, as its command line deploys it, passes every rule and comes up whole."""

from __future__ import annotations

from pathlib import Path

from tests.embedded_aws.account import Account, fresh
from tests.embedded_aws.stack_events import since_update

_TEMPLATE = Path(__file__).parent.parent.parent / "node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml"
_TOOLS = ["CAPABILITY_NAMED_IAM"]


def test_bootstrap_is_deployed_updated_and_deleted(account: Account) -> None:
    """https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html; its roles, bucket, repository and parameter."""
    stacks, name, qualifier = account.client("cloudformation"), fresh("CDKToolkit"), "test1"
    body = _TEMPLATE.read_text(encoding="utf-8")
    given = [
        {"ParameterKey": "Qualifier", "ParameterValue": qualifier},
        {"ParameterKey": "CloudFormationExecutionPolicies", "ParameterValue": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
    ]
    stacks.create_stack(StackName=name, TemplateBody=body, Parameters=given, Capabilities=_TOOLS)
    made = account.settled(name)
    assert made.status == "CREATE_COMPLETE", made.reasons
    version = account.client("ssm").get_parameter(Name=f"/cdk-bootstrap/{qualifier}/version")["Parameter"]["Value"]
    assert int(version) > 20
    assert account.client("s3").list_objects_v2(Bucket=made.outputs["BucketName"])["KeyCount"] == 0
    previous = [{"ParameterKey": held["ParameterKey"], "UsePreviousValue": True} for held in given]
    tags = [{"Key": "team", "Value": "tools"}]
    stacks.update_stack(StackName=name, UsePreviousTemplate=True, Parameters=previous, Capabilities=_TOOLS, Tags=tags)
    updated = account.settled(name)
    assert updated.status == "UPDATE_COMPLETE", updated.reasons
    assert "StagingBucket" in {event.logical_id for event in since_update(account, name)}
    account.client("s3").delete_bucket(Bucket=made.outputs["BucketName"])
    assert account.destroy(made).status == "DELETE_COMPLETE"
