"""The staging bucket: what is the class's goes, what others use stays."""

import json

import pytest

from classlab.aws import Aws
from classlab.contract import boundary_export
from classlab.staging import Staging, split_by_reference

OURS, SHARED, FOREIGN = (letter * 64 + ".zip" for letter in "abc")
CLASS_TEMPLATE, SEAT_TEMPLATE, OTHER_TEMPLATE = (letter * 64 + ".json" for letter in "def")


def _function(key: str) -> dict[str, object]:
    return {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Bucket": "staging", "S3Key": key}}}


def _class_template(classroom: str, *keys: str) -> dict[str, object]:
    return {
        "Resources": {f"F{key[0]}": _function(key) for key in keys},
        "Outputs": {"Boundary": {"Value": "x", "Export": {"Name": boundary_export(classroom)}}},
    }


@pytest.fixture
def staging(aws: Aws) -> Staging:
    """A versioned bucket with the assets of two classes."""
    aws.s3.create_bucket(Bucket="staging")
    aws.s3.put_bucket_versioning(Bucket="staging", VersioningConfiguration={"Status": "Enabled"})
    seat = {"Resources": {"R": {"Properties": {"Boundary": {"Fn::ImportValue": boundary_export("sample")}}}}}
    bodies = {
        CLASS_TEMPLATE: json.dumps(_class_template("sample", OURS, SHARED)),
        SEAT_TEMPLATE: json.dumps(seat),
        OTHER_TEMPLATE: json.dumps(_class_template("sample-2", SHARED, FOREIGN)),
        OURS: "z",
        SHARED: "z",
        FOREIGN: "z",
    }
    for key, body in bodies.items():
        aws.s3.put_object(Bucket="staging", Key=key, Body=body.encode())
    aws.s3.put_object(Bucket="staging", Key=OURS, Body=b"published again")
    return Staging(aws, "staging")


def _keys(staging: Staging) -> set[str]:
    pages = staging.aws.s3.get_paginator("list_object_versions").paginate(Bucket="staging")
    return {entry["Key"] for page in pages for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]}


def test_a_class_has_what_its_templates_name(staging: Staging) -> None:
    assert staging.keys_of("sample") == {CLASS_TEMPLATE, SEAT_TEMPLATE, OURS, SHARED}


def test_a_name_that_begins_alike_is_another_class(staging: Staging) -> None:
    assert staging.keys_of("sample-2") == {OTHER_TEMPLATE, SHARED, FOREIGN}
    assert staging.keys_of("sampl") == set()


def test_what_another_stack_uses_is_kept_and_said_why(staging: Staging) -> None:
    template = json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic", "Metadata": {"key": SHARED}}}})
    staging.aws.cloudformation.create_stack(StackName="other", TemplateBody=template)
    removable, kept = split_by_reference({OURS, SHARED}, staging.aws, "sample")
    assert removable == {OURS}
    assert [(item.arn, item.why) for item in kept] == [(f"staging asset {SHARED}", "the stack other uses it too")]


def test_the_class_itself_is_no_reason_to_keep(staging: Staging) -> None:
    template = {
        "Resources": {"T": {"Type": "AWS::SNS::Topic", "Metadata": {"key": OURS}}},
        "Outputs": {"Boundary": {"Value": "x", "Export": {"Name": boundary_export("sample")}}},
    }
    staging.aws.cloudformation.create_stack(StackName="sample", TemplateBody=json.dumps(template))
    assert split_by_reference({OURS}, staging.aws, "sample") == ({OURS}, [])


def test_what_goes_goes_with_all_its_versions(staging: Staging) -> None:
    assert staging.remove({OURS, CLASS_TEMPLATE}) == 2
    assert _keys(staging) == {SEAT_TEMPLATE, OTHER_TEMPLATE, SHARED, FOREIGN}
