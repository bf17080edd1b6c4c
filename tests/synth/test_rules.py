"""The templates pass cdk-nag's AwsSolutions rules and cfn-lint; what is acknowledged is acknowledged with a reason."""

import json
from pathlib import Path

import pytest
from aws_cdk import App, RemovalPolicy, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from cdk_nag import AwsSolutionsChecks
from cfnlint import api
from cfnlint.config import ManualArgs

from infra.inputs import ClassInputs, read_last_build
from infra.policy import acknowledge_wildcards, allow
from infra.stacks.attendee import AttendeeStack
from infra.stacks.classroom import ClassroomStack
from tests.synth.conftest import TEMPLATES, Template


def _findings(app: App) -> list[str]:
    """Every finding of cdk-nag that nobody acknowledged."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        if "ValidationFailed" not in str(error):
            raise
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text(encoding="utf-8"))
    return [violation["ruleName"] for plugin in report["pluginReports"] for violation in plugin["violations"]]


@pytest.fixture(params=["inputs", "full_inputs"])
def any_inputs(request: pytest.FixtureRequest) -> ClassInputs:
    """The sample class, and one with every lab."""
    found: ClassInputs = request.getfixturevalue(request.param)
    return found


def test_the_class_stack_passes_cdk_nag(any_inputs: ClassInputs, build_folder: Path, tmp_path: Path) -> None:
    app = App(analytics_reporting=False, outdir=str(tmp_path))
    ClassroomStack(app, inputs=any_inputs, build=read_last_build({"build": build_folder}.get, "sample"))
    assert _findings(app) == []


def test_the_attendee_stack_passes_cdk_nag(any_inputs: ClassInputs, lifecycle_folder: Path, tmp_path: Path) -> None:
    app = App(analytics_reporting=False, outdir=str(tmp_path))
    AttendeeStack(app, inputs=any_inputs, attendee="ann", lifecycle=lifecycle_folder)
    assert _findings(app) == []


@pytest.mark.parametrize("name", ["attendee_template", "full_attendee_template"])
def test_the_notebook_instance_gives_neither_root_nor_the_first_metadata_service(
    name: str, request: pytest.FixtureRequest
) -> None:
    template: Template = request.getfixturevalue(name)
    (instance,) = [
        made["Properties"]
        for made in template["Resources"].values()
        if made["Type"] == "AWS::SageMaker::NotebookInstance"
    ]
    assert instance["RootAccess"] == "Disabled"
    assert instance["InstanceMetadataServiceConfiguration"] == {"MinimumInstanceMetadataServiceVersion": "2"}


def test_a_wildcard_without_a_reason_is_found(tmp_path: Path) -> None:
    app = App(analytics_reporting=False, outdir=str(tmp_path))
    stack = Stack(app, "Careless")
    s3.Bucket(stack, "Open", removal_policy=RemovalPolicy.DESTROY)
    statements = [
        allow("Reasoned", ["s3:GetObject"], ["arn:aws:s3:::reasoned/*"], why="all of it"),
        allow("Careless", ["s3:GetObject"], ["arn:aws:s3:::careless/*"]),
    ]
    policy = iam.ManagedPolicy(stack, "Policy", statements=statements)
    acknowledge_wildcards(policy, statements)
    found = set(_findings(app))
    assert "AwsSolutions-IAM5[Resource::arn:aws:s3:::careless/*]" in found
    assert "AwsSolutions-S1" in found
    assert not any("reasoned" in finding for finding in found)


@pytest.mark.parametrize("which", TEMPLATES)
def test_cfn_lint_finds_nothing(request: pytest.FixtureRequest, which: str) -> None:
    assert _lint(request.getfixturevalue(which)) == []


def test_cfn_lint_looks_at_all() -> None:
    typing_error = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketNam": "typo"}}}}
    assert any("BucketNam" in finding for finding in _lint(typing_error))


def _lint(template: Template) -> list[str]:
    """Errors and warnings."""
    matches = api.lint(json.dumps(template), config=ManualArgs(regions=["us-east-1"]))
    return [str(match) for match in matches]
