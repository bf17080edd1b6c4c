"""What /invocations of the TensorFlow image makes of JSON, JSON lines and CSV."""

from __future__ import annotations

import json

import pytest

from embedded_aws.runtime.container_code.saved_models import columns, named
from embedded_aws.runtime.container_code.tensorflow_mapping import request_body
from embedded_aws.runtime.container_code.wire import RefusedError, Request

JSON, LINES, CSV = "application/json", "application/jsonlines", "text/csv"


def asked(kind: str, body: str) -> object:
    """What TensorFlow Serving would be asked."""
    return json.loads(request_body(Request("POST", "/invocations", body.encode(), {"content-type": kind})))


@pytest.mark.parametrize(
    ("kind", "body", "instances"),
    [
        (JSON, '{"instances": [1, 2]}', [1, 2]),
        (JSON, "[1, 2]", [[1, 2]]),
        (JSON, "[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
        (JSON, '{"x": 1}', [{"x": 1}]),
        (LINES, "[1, 2]\n[3, 4]\n", [[1, 2], [3, 4]]),
        (LINES, '{"x": 1}\n\n{"x": 2}', [{"x": 1}, {"x": 2}]),
        (CSV, "1,2\n3,4\n", [[1, 2], [3, 4]]),
        (CSV, "1\n2", [1, 2]),
        (CSV, "red,blue", [["red", "blue"]]),
        (CSV, 'one "word"', ['one "word"']),
    ],
)
def test_bodies_become_instances(kind: str, body: str, instances: list[object]) -> None:
    assert asked(kind, body) == {"instances": instances}


def test_columns_go_through() -> None:
    assert asked(JSON, '{"inputs": {"x": [1]}, "signature_name": "other"}') == {
        "inputs": {"x": [1]},
        "signature_name": "other",
    }


@pytest.mark.parametrize("kind", ["application/x-image", "application/json; charset=utf-8"])
def test_other_content_types_are_refused(kind: str) -> None:
    with pytest.raises(RefusedError, match=f"Unsupported Media Type: {kind}") as refused:
        asked(kind, "x")
    assert refused.value.status == 415


def test_instances_are_one_value_or_an_object_of_inputs() -> None:
    assert columns([[1, 2], [3, 4]], ["x"]) == {"x": [[1, 2], [3, 4]]}
    assert columns([{"a": 1, "b": 2}, {"a": 3, "b": 4}], ["a", "b"]) == {"a": [1, 3], "b": [2, 4]}
    assert columns([{"b64": "AA=="}], ["x"]) == {"x": [{"b64": "AA=="}]}
    assert named([1], {"x": None}) == {"x": [1]}


@pytest.mark.parametrize(
    ("instances", "text"),
    [
        ({}, "at least one element"),
        ([], "at least one element"),
        ([[1]], "must name their inputs: a, b"),
        ([{"a": 1}, {"b": 1}], "the same inputs"),
    ],
)
def test_instances_that_do_not_fit_are_refused(instances: object, text: str) -> None:
    with pytest.raises(RefusedError, match=text) as refused:
        columns(instances, ["a", "b"])
    assert refused.value.status == 400
