"""Roles and code belong together: whatever a function or the instructor's commands ask of AWS, their policy allows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from infra.inputs import PROJECT
from tests.synth.access import Principal, as_list, matches
from tests.synth.conftest import Template
from tests.synth.resolving import Resolver, only
from tests.synth.roles import principal

# By IAM prefix; where two have a method of one name (endpoints), the earlier is meant.
SERVICES = {
    "sagemaker": "sagemaker",
    "cloudformation": "cloudformation",
    "events": "events",
    "iam": "iam",
    "logs": "logs",
    "s3": "s3",
    "scheduler": "scheduler",
    "states": "stepfunctions",
}
# Calls of S3 whose actions have other names, or which the SDK makes of several.
S3_ACTIONS = {
    "copy": ["GetObject", "PutObject"],
    "copy_object": ["GetObject", "PutObject"],
    "delete_objects": ["DeleteObject"],
    "download_file": ["GetObject"],
    "head_object": ["GetObject"],
    "list_buckets": ["ListAllMyBuckets"],
    "list_multipart_uploads": ["ListBucketMultipartUploads"],
    "list_object_versions": ["ListBucketVersions"],
    "list_objects_v2": ["ListBucket"],
    "upload_file": ["PutObject"],
}


def _operations() -> dict[str, list[str]]:
    """Every boto3 method of the services we use, with the IAM actions behind it."""
    session = botocore.session.get_session()
    known: dict[str, list[str]] = {}
    for prefix, service in SERVICES.items():
        for operation in session.get_service_model(service).operation_names:
            known.setdefault(xform_name(operation), [f"{prefix}:{operation}"])
    return known | {name: [f"s3:{action}" for action in actions] for name, actions in S3_ACTIONS.items()}


def _called(files: list[Path]) -> Iterator[str]:
    """Names of methods that are called, and of paginators that are asked for."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                first = node.args[0] if node.args else None
                if node.func.attr == "get_paginator" and isinstance(first, ast.Constant):
                    yield str(first.value)
                elif not (isinstance(node.func.value, ast.Name) and node.func.value.id == "shutil"):
                    yield node.func.attr


def _asked(files: list[Path]) -> set[str]:
    known = _operations()
    return {action for name in _called(files) for action in known.get(name, [])}


def _uncovered(role: Principal, asked: set[str]) -> set[str]:
    allowed = [action for one in role.statements if one["Effect"] == "Allow" for action in as_list(one["Action"])]
    return {action for action in asked if not any(matches(pattern.lower(), action.lower()) for pattern in allowed)}


def _sources(*places: str) -> list[Path]:
    return [path for place in places for path in sorted(PROJECT.glob(place))]


def _role(template: Template, beginning: str) -> Principal:
    return principal(Resolver("sample", template), only(template, "AWS::IAM::Role", beginning))


@pytest.mark.parametrize(
    ("beginning", "places", "at_least"),
    [
        ("TeardownReaper", ("lambdas/teardown/**/*.py", "lambdas/shared/emptying.py"), 50),
        ("AssetsCopier", ("lambdas/assets/*.py", "lambdas/shared/emptying.py"), 5),
        ("Instructor", ("classlab/*.py", "classlab/cli/*.py"), 10),
    ],
)
def test_the_role_covers_the_code(
    class_template: Template, beginning: str, places: tuple[str, ...], at_least: int
) -> None:
    # The staging bucket is swept with the CDK bootstrap's own role.
    asked = _asked([path for path in _sources(*places) if path.name != "staging.py"])
    assert len(asked) >= at_least
    assert _uncovered(_role(class_template, beginning), asked) == set()


def test_the_gate_reads_what_the_seats_let_it_read(class_template: Template) -> None:
    asked = _asked(_sources("lambdas/pipeline/*.py"))
    assert asked == {"s3:GetObject"}
    assert _uncovered(_role(class_template, "Gate"), asked) == asked
