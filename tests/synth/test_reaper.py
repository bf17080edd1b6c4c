"""The teardown's role: it ends what is the class's, creates nothing, and cannot touch the rest."""

from collections.abc import Callable

import pytest

from tests.synth.access import as_list
from tests.synth.conftest import Template
from tests.synth.resolving import ACCOUNT, CLASS_BUCKET, REGION, Resolver, only
from tests.synth.roles import principal, sagemaker_arn

May = Callable[..., bool]


@pytest.fixture(scope="module")
def may(class_template: Template) -> May:
    return principal(Resolver("sample", class_template), only(class_template, "AWS::IAM::Role", "TeardownReaper")).may


@pytest.mark.parametrize(
    ("name", "tag", "allowed"),
    [
        ("sample--ann--x", "sample", True),
        ("sample--ann--x", None, True),
        ("made-by-hand", "sample", True),
        ("made-by-hand", None, False),
        ("sample--ann--x", "other", False),
        ("other--ann--x", "other", False),
    ],
)
def test_endpoints_go_by_tag_or_unclaimed_name(may: May, name: str, tag: str | None, *, allowed: bool) -> None:
    context = {"aws:resourcetag/classlab:classroom": [tag]} if tag else {}
    assert may("sagemaker:DeleteEndpoint", sagemaker_arn("endpoint", name), context) is allowed


def test_it_creates_nothing(class_template: Template) -> None:
    role = principal(Resolver("sample", class_template), only(class_template, "AWS::IAM::Role", "TeardownReaper"))
    actions = {action for statement in role.statements for action in as_list(statement["Action"])}
    created = {action for action in actions if ":Create" in action or ":Run" in action or ":Start" in action}
    assert created == {"iam:CreatePolicyVersion", "logs:CreateLogStream"}  # the freeze, and its own log


def test_stacks(may: May) -> None:
    stack = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/%s/0123"
    ours = {"aws:resourcetag/classlab:classroom": ["sample"]}
    assert may("cloudformation:DeleteStack", stack % "sample--ann", ours)
    assert not may("cloudformation:DeleteStack", stack % "sample--ann")
    assert not may("cloudformation:DeleteStack", stack % "sample", ours)
    assert not may("cloudformation:DeleteStack", stack % "other--ann", ours)


def test_buckets(may: May) -> None:
    shared = f"arn:aws:s3:::{CLASS_BUCKET}"
    assert may("s3:DeleteBucket", "arn:aws:s3:::sample--ann-seatbucket-1a2b")
    assert may("s3:PutObject", f"{shared}/work/ann/notebook.ipynb")
    assert not may("s3:DeleteBucket", shared)
    assert not may("s3:DeleteObject", f"{shared}/work/ann/notebook.ipynb")
    assert not may("s3:DeleteObject", "arn:aws:s3:::somebody-elses/object")


def test_roles(may: May) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role"
    assert may("iam:DeleteRole", f"{role}/classlab/sample/sample--ann-ExecutionRole")
    assert not may("iam:DeleteRole", f"{role}/classlab-services/sample/sample-TeardownReaperRole")
    assert not may("iam:DeleteRole", f"{role}/sample--ann-ExecutionRole")
    assert not may("iam:DeleteRole", f"{role}/classlab/other/other--ann-ExecutionRole")
