"""The CDK against the rules: its own bootstrap template comes up whole, and its command line tells what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.embedded_aws.account import Account, fresh
from tests.embedded_aws.stack_events import since_update

_CDK = Path(__file__).parent.parent.parent / "node_modules/aws-cdk"
_TEMPLATE = _CDK / "lib/api/bootstrap/bootstrap-template.yaml"
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


def test_cdk_names_the_property_that_was_found_wrong(account: Account, tmp_path: Path) -> None:
    """AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html; the CDK asks DescribeEvents for the rest."""
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 901}}
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": f"aws://{account.engine.account}/{account.engine.region}",
        "properties": {"templateFile": "wrong.json"},
    }
    (tmp_path / "wrong.json").write_text(json.dumps({"Resources": {"Queue": queue}}), encoding="utf-8")
    manifest = {"version": "36.0.0", "artifacts": {fresh("Wrong"): stack}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "AWS_ENDPOINT_URL": account.engine.endpoint,
        "AWS_ACCESS_KEY_ID": account.engine.access_key_id,
        "AWS_SECRET_ACCESS_KEY": account.engine.secret_access_key,
        "AWS_REGION": account.engine.region,
    }
    command = ["node", str(_CDK / "bin/cdk"), "deploy", "--app", str(tmp_path), "--no-notices", "--all"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert "Early validation failed for change set" in done.stderr
    assert "keyword [maximum] (at /Resources/Queue/Properties/DelaySeconds)" in done.stderr
