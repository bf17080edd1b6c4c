"""Parameters are checked against the service model, and violations are worded as AWS words them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape
from hypothesis import given
from hypothesis import strategies as st

from embedded_aws.sagemaker import shapes, validation
from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.handlers import HANDLERS
from tests.embedded_aws.sagemaker_stubs import Params, a_model, notebook, stand, training, variant

NAME_PATTERN = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


def refusal(action: str, **params: object) -> AwsError:
    with pytest.raises(AwsError) as caught:
        stand()(action, **params)
    return caught.value


def test_a_name_that_is_too_long() -> None:
    error = refusal("CreateTrainingJob", **training("x" * 64))
    assert error.code == "ValidationException"
    assert error.message == (
        f"1 validation error detected: Value '{'x' * 64}' at 'trainingJobName' failed to satisfy constraint: "
        "Member must have length less than or equal to 63"
    )


def test_a_name_of_wrong_characters() -> None:
    error = refusal("CreateTrainingJob", **training("no_underscore"))
    assert error.message == (
        "1 validation error detected: Value 'no_underscore' at 'trainingJobName' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {NAME_PATTERN}"
    )


@pytest.mark.parametrize("name", ["-a", "a-", "a--", "", "a b", "ä", "a.b", "a\n"])
def test_names_aws_refuses(name: str) -> None:
    assert refusal("CreateTrainingJob", **training(name)).code == "ValidationException"


@given(st.from_regex(r"[a-zA-Z0-9](-{0,2}[a-zA-Z0-9]){0,20}", fullmatch=True))
def test_names_aws_takes(name: str) -> None:
    assert stand()("CreateTrainingJob", **training(name))["TrainingJobArn"].endswith(name.lower())


def test_a_missing_member() -> None:
    params = {key: value for key, value in training().items() if key != "RoleArn"}
    assert refusal("CreateTrainingJob", **params).message == (
        "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null"
    )


def test_a_null_member_is_missing() -> None:
    assert "'roleArn'" in refusal("CreateTrainingJob", **training(RoleArn=None)).message


def test_several_violations_are_told_at_once() -> None:
    message = refusal("CreateNotebookInstance", NotebookInstanceName="desk").message
    assert message.startswith("2 validation errors detected: ")
    assert "Value null at 'instanceType'" in message
    assert "; Value null at 'roleArn'" in message


def test_an_unknown_instance_type() -> None:
    message = refusal("CreateNotebookInstance", **notebook(InstanceType="ml.t3.tiny")).message
    assert message.startswith(
        "1 validation error detected: Value 'ml.t3.tiny' at 'instanceType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ml."
    )


def test_a_number_out_of_range() -> None:
    assert refusal("CreateNotebookInstance", **notebook(VolumeSizeInGB=4)).message.endswith(
        "Value '4' at 'volumeSizeInGB' failed to satisfy constraint: Member must have value greater than or equal to 5"
    )


def test_a_member_of_a_list() -> None:
    message = refusal("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[variant(model="a b")]).message
    assert "at 'productionVariants.1.member.modelName' failed to satisfy constraint" in message


def test_a_list_of_constrained_strings() -> None:
    message = refusal(
        "DeleteTags", ResourceArn="arn:aws:sagemaker:us-east-1:123456789012:model/m", TagKeys=[""]
    ).message
    assert (
        "Value '[]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: [Member must" in message
    )


def test_a_map_value() -> None:
    message = refusal("CreateTrainingJob", **training(HyperParameters={"key": "v" * 2501})).message
    assert "at 'hyperParameters' failed to satisfy constraint: Map value must satisfy constraint: [Member" in message


def test_more_than_fifty_tags_in_a_request() -> None:
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    assert "at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50" in (
        refusal("CreateModel", **a_model(Tags=tags)).message
    )


@pytest.mark.parametrize("key", ["Kurs 2026", "klasse:größe", "a_b.c/d=e+f-g@h", "教室"])
def test_tag_keys_of_any_language(key: str) -> None:
    assert stand()("CreateModel", **a_model(Tags=[{"Key": key, "Value": ""}]))


@pytest.mark.parametrize("key", ["a&b", "a\tb", "a#b"])
def test_tag_keys_of_wrong_characters(key: str) -> None:
    assert "regular expression" in refusal("CreateModel", **a_model(Tags=[{"Key": key, "Value": ""}])).message


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"VolumeSizeInGB": "5"}, "STRING_VALUE can not be converted to Integer (at 'volumeSizeInGB')"),
        ({"VolumeSizeInGB": True}, "BOOLEAN_VALUE can not be converted to Integer (at 'volumeSizeInGB')"),
        ({"RoleArn": 7}, "NUMBER_VALUE can not be converted to String (at 'roleArn')"),
        ({"Tags": {"a": "b"}}, "START_OBJECT can not be converted to List (at 'tags')"),
    ],
)
def test_values_of_wrong_types(params: Params, text: str) -> None:
    error = refusal("CreateNotebookInstance", **notebook(**params))
    assert (error.code, error.message) == ("SerializationException", text)


def test_a_member_that_aws_does_not_have() -> None:
    assert "Unknown parameter 'Colour' at 'the request'" in refusal("CreateModel", **a_model(Colour="red")).message


def test_a_very_long_value_is_cut_in_the_message() -> None:
    scripts = [{"Content": "A" * 16388}]
    error = refusal("CreateNotebookInstanceLifecycleConfig", NotebookInstanceLifecycleConfigName="c", OnStart=scripts)
    assert "at 'onStart.1.member.content' failed to satisfy constraint: Member must have length less than or equal" in (
        error.message
    )
    assert len(error.message) < 1500


def test_coercion_gives_the_types_of_the_action() -> None:
    given_by_template = {"VolumeSizeInGB": "20", "NotebookInstanceName": 7, "Tags": [{"Key": "a", "Value": True}]}
    assert shapes.coerce("CreateNotebookInstance", given_by_template) == {
        "VolumeSizeInGB": 20,
        "NotebookInstanceName": "7",
        "Tags": [{"Key": "a", "Value": "true"}],
    }
    assert shapes.coerce("CreateModel", {"EnableNetworkIsolation": "false"}) == {"EnableNetworkIsolation": False}
    assert shapes.coerce("CreateNotebookInstance", {"VolumeSizeInGB": 20}) == {"VolumeSizeInGB": 20}
    whole = shapes.coerce("CreateNotebookInstance", {"VolumeSizeInGB": 20.0})["VolumeSizeInGB"]
    assert (whole, type(whole)) == (20, int)  # what schemas take for an integer, calls do not
    assert shapes.coerce("CreateNotebookInstance", {"VolumeSizeInGB": "many"}) == {"VolumeSizeInGB": "many"}


@pytest.mark.parametrize("value", [1767225600, 1767225600.0, "2026-01-01T00:00:00Z", datetime(2026, 1, 1)])  # noqa: DTZ001 # a naive time is meant
def test_times_come_in_any_form(value: object) -> None:
    shape = shapes.input_shape("ListModels")
    assert shape is not None
    assert shapes.parse(shape, {"CreationTimeAfter": value}) == {"CreationTimeAfter": datetime(2026, 1, 1, tzinfo=UTC)}


def test_a_time_that_is_none() -> None:
    assert refusal("ListModels", CreationTimeAfter="yesterday").code == "SerializationException"


def test_every_pattern_of_the_calls_here_can_be_checked() -> None:
    seen = {pattern for action in HANDLERS for pattern in _patterns(shapes.input_shape(action), set())}
    assert len(seen) > 40
    for pattern in seen:
        validation.compile_pattern(pattern)


def _patterns(shape: Shape | None, seen: set[str]) -> set[str]:
    if shape is None or shape.name in seen:
        return set()
    seen.add(shape.name)
    inner: list[Shape] = []
    if isinstance(shape, StructureShape):
        inner = list(shape.members.values())
    elif isinstance(shape, ListShape):
        inner = [shape.member]
    elif isinstance(shape, MapShape):
        inner = [shape.key, shape.value]
    own = {shape.metadata["pattern"]} if "pattern" in shape.metadata else set()
    return own.union(*(_patterns(member, seen) for member in inner))
