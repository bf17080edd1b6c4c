"""Stacks: who belongs to a class, and the template read back."""

import hashlib
import json

import pytest

from classlab import stacks
from classlab.aws import Aws
from classlab.contract import TAG_ATTENDEE, TAG_CLASSROOM
from classlab.errors import UserError

TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"Bucket": {"Value": "b"}}}


def _deploy(aws: Aws, name: str, text: str | None = None, **tags: str) -> None:
    aws.cloudformation.create_stack(
        StackName=name,
        TemplateBody=text or json.dumps(TEMPLATE),
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )


def _seat(classroom: str, attendee: str) -> dict[str, str]:
    return {TAG_CLASSROOM: classroom, TAG_ATTENDEE: attendee}


def test_only_name_and_tags_together_make_an_attendee(aws: Aws) -> None:
    _deploy(aws, "sample--ann", **_seat("sample", "ann"))
    _deploy(aws, "sample--anna", **_seat("sample", "anna"))
    _deploy(aws, "sample--zoe")
    _deploy(aws, "sample--yan", **_seat("sample-2", "yan"))
    _deploy(aws, "sample--xia", **_seat("sample", "ann"))
    _deploy(aws, "sample", **{TAG_CLASSROOM: "sample"})
    found = stacks.attendee_stacks(aws, "sample")
    assert list(found) == ["ann", "anna"]
    assert found["ann"].output("Bucket") == "b"


def test_a_stack_that_is_not_there(aws: Aws) -> None:
    assert stacks.find(aws, "sample") is None
    with pytest.raises(UserError, match="npx cdk deploy"):
        stacks.class_stack(aws, "sample")
    with pytest.raises(UserError, match="-c attendee=ann"):
        stacks.attendee_stack(aws, "sample", "ann")


def test_an_output_of_another_version_is_said_so(aws: Aws) -> None:
    _deploy(aws, "sample")
    with pytest.raises(UserError, match="has no output Other"):
        stacks.class_stack(aws, "sample").output("Other")


def test_the_hash_is_of_the_templates_content_not_of_its_spaces(aws: Aws) -> None:
    _deploy(aws, "one", json.dumps(TEMPLATE, indent=4))
    _deploy(aws, "two", json.dumps(dict(reversed(TEMPLATE.items()))))
    _deploy(aws, "three", json.dumps({**TEMPLATE, "Description": "another"}))
    hashes = [stacks.template_sha256(aws, name) for name in ("one", "two", "three")]
    canonical = json.dumps(TEMPLATE, sort_keys=True, separators=(",", ":"))
    assert hashes[0] == hashes[1] == hashlib.sha256(canonical.encode()).hexdigest()
    assert hashes[2] != hashes[0]
