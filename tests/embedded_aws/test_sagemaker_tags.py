"""Tags: on create and later, their limits, and who may set which."""

from __future__ import annotations

from typing import Any

import pytest

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.kinds import MODEL
from tests.embedded_aws.sagemaker_stubs import ACCOUNT, REGION, Stand, a_model, notebook, stand

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/model"


def tags(**values: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


@pytest.fixture
def at() -> Stand:
    made = stand()
    made("CreateModel", **a_model(Tags=tags(owner="ann", lab="churn")))
    return made


def shown(at: Stand) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in at("ListTags", ResourceArn=ARN)["Tags"]}


def refusal(at: Stand, action: str, **params: object) -> str:
    with pytest.raises(AwsError) as caught:
        at(action, **params)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def test_tags_of_a_create_call(at: Stand) -> None:
    assert shown(at) == {"owner": "ann", "lab": "churn"}


def test_tags_are_added_overwritten_and_taken_away(at: Stand) -> None:
    answer = at("AddTags", ResourceArn=ARN, Tags=tags(lab="other", more="x"))
    assert answer["Tags"] == tags(lab="other", more="x", owner="ann")
    at("DeleteTags", ResourceArn=ARN, TagKeys=["lab", "never-there"])
    assert shown(at) == {"owner": "ann", "more": "x"}


def test_an_arn_is_found_whatever_its_case(at: Stand) -> None:
    at("AddTags", ResourceArn=ARN.replace("model/model", "model/Model"), Tags=tags(more="x"))
    assert "more" in shown(at)


def test_fifty_tags_are_the_limit(at: Stand) -> None:
    at("AddTags", ResourceArn=ARN, Tags=tags(**{f"k{number}": "" for number in range(48)}))
    assert len(shown(at)) == 50
    assert "at most 50 tags; this call would make 51" in refusal(at, "AddTags", ResourceArn=ARN, Tags=tags(one="more"))
    at("AddTags", ResourceArn=ARN, Tags=tags(k0="changed"))
    assert len(shown(at)) == 50


def test_a_doubled_key() -> None:
    twice = [*tags(owner="ann"), *tags(owner="bob")]
    assert "Duplicate tag keys found: owner" in refusal(stand(), "CreateModel", **a_model(Tags=twice))


@pytest.mark.parametrize("key", ["aws:cloudformation:stack-name", "AWS:x"])
def test_system_tags_are_not_for_callers(at: Stand, key: str) -> None:
    tag = [{"Key": key, "Value": "x"}]
    assert "aws: prefixed" in refusal(at, "AddTags", ResourceArn=ARN, Tags=tag)
    assert "aws: prefixed" in refusal(at, "DeleteTags", ResourceArn=ARN, TagKeys=[key])
    assert "aws: prefixed" in refusal(at, "CreateNotebookInstance", **notebook(Tags=tag))


def test_system_tags_are_shown_and_do_not_count(at: Stand) -> None:
    at.plane.record(MODEL, "model")["_tags"]["aws:cloudformation:stack-name"] = "class--ann"
    at("AddTags", ResourceArn=ARN, Tags=tags(**{f"k{number}": "" for number in range(48)}))
    assert len(shown(at)) == 51
    assert shown(at)["aws:cloudformation:stack-name"] == "class--ann"


@pytest.mark.parametrize("action", ["ListTags", "AddTags", "DeleteTags"])
def test_a_resource_that_is_not_there(action: str) -> None:
    others: dict[str, dict[str, Any]] = {"AddTags": {"Tags": tags(a="b")}, "DeleteTags": {"TagKeys": ["a"]}}
    more = others.get(action, {})
    assert refusal(stand(), action, ResourceArn=ARN, **more) == f'Could not find model "{ARN}".'


def test_the_arn_of_another_account_or_region(at: Stand) -> None:
    for arn in (ARN.replace(ACCOUNT, "999999999999"), ARN.replace(REGION, "eu-west-1")):
        assert "Could not find model" in refusal(at, "ListTags", ResourceArn=arn)


def test_a_kind_that_is_not_here(at: Stand) -> None:
    with pytest.raises(AwsError, match="Tagging of a domain is not implemented by the embedded AWS"):
        at("ListTags", ResourceArn=ARN.replace("model/model", "domain/d-1"))


def test_tags_go_with_their_resource(at: Stand) -> None:
    at("DeleteModel", ModelName="model")
    at("CreateModel", **a_model())
    assert shown(at) == {}
