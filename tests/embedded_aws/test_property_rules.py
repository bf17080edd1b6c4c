"""The keywords of resource schemas one by one: what fits, and what is told of what does not.

https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html: schemas are JSON Schema,
draft 7.
"""

from __future__ import annotations

from typing import Any

import pytest

from embedded_aws.cloudformation.property_checks import PropertyChecks
from embedded_aws.cloudformation.property_rules import Point
from embedded_aws.cloudformation.resource_schemas import ResourceSchemas

SCHEMAS = ResourceSchemas("us-east-1")
_VALUES: list[Any] = ["x", 1, [], {}, [{}], ["x"], {"x": "y"}]


def _told(schema: dict[str, Any], value: Any) -> list[str]:  # noqa: ANN401 # any template value
    return [
        ": ".join(("/".join(("#", *place)), message)) for place, message in Point(value, schema, (), schema).failures()
    ]


_POINTS = {
    "definitions": {
        "Pair": {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}},
        "Circle": {"$ref": "#/definitions/Circle"},
    }
}


@pytest.mark.parametrize(
    ("schema", "value", "told"),
    [
        ({"type": "integer"}, "5.0", []),
        ({"type": "integer"}, 5.5, ["#: expected type: Integer, found: BigDecimal"]),
        ({"type": "number"}, True, ["#: expected type: Number, found: Boolean"]),
        ({"type": "boolean"}, "True", []),
        ({"type": "boolean"}, 1, ["#: expected type: Boolean, found: Integer"]),
        ({"type": ["object", "string"]}, "{}", []),
        ({"type": ["object", "string"]}, [], ["#: expected type: JSONObject or String, found: JSONArray"]),
        ({"type": "string"}, None, ["#: expected type: String, found: Null"]),
        ({"enum": ["1", "true"]}, True, []),
        ({"enumCaseInsensitive": ["Monday"]}, "monday", []),
        ({"enumCaseInsensitive": ["Monday"]}, "Sunday", ["#: failed validation constraint for keyword [enum]"]),
        ({"const": "x"}, "y", ["#: failed validation constraint for keyword [const]"]),
        ({"pattern": r"^\p{L}+$"}, "1", []),
        ({"exclusiveMaximum": 5}, "5", ["#: failed validation constraint for keyword [exclusiveMaximum]"]),
        ({"exclusiveMinimum": 5}, 6, []),
        ({"minItems": 1}, [], ["#: expected minimum item count: 1, found: 0"]),
        ({"maxItems": 1}, [1, 2], ["#: expected maximum item count: 1, found: 2"]),
        ({"minProperties": 1}, {}, ["#: minimum size: [1], found: [0]"]),
        ({"maxProperties": 0}, {"a": 1}, ["#: maximum size: [0], found: [1]"]),
        ({"uniqueItems": True}, [{"a": 1}, {"a": 1}], ["#: array items are not unique"]),
        ({"uniqueItems": False}, [1, 1], []),
        ({"items": {"type": "object"}}, [{}, 1], ["#/1: expected type: JSONObject, found: Integer"]),
        (
            {"patternProperties": {"^x": {"maximum": 0}}},
            {"x": 1, "y": 1},
            ["#/x: failed validation constraint for keyword [maximum]"],
        ),
        (
            {"patternProperties": {"^x": {}}, "additionalProperties": False},
            {"x1": 1, "y": 1},
            ["#: extraneous key [y] is not permitted"],
        ),
        ({"patternProperties": {r"^\p{L}": {}}, "additionalProperties": False}, {"y": 1}, []),
        ({"additionalProperties": {"type": "array"}}, {"y": {}}, ["#/y: expected type: JSONArray, found: JSONObject"]),
        ({"dependencies": {"a": ["b"]}}, {"a": 1}, ["#: property [b] is required"]),
        ({"dependencies": {"a": {"required": ["b"]}}}, {"a": 1}, ["#: required key [b] not found"]),
        ({"allOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": 1}, ["#: required key [b] not found"]),
        ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"a": 1, "b": 1}, []),
        (
            {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {},
            [
                "#: no subschema matched out of the total 2 subschemas",
                "#: required key [a] not found",
                "#: required key [b] not found",
            ],
        ),
        (
            {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"a": 1, "b": 1},
            ["#: 2 subschemas matched instead of one"],
        ),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "5", []),
        (
            {"oneOf": [{"required": ["a"]}]},
            {},
            ["#: 0 subschemas matched instead of one", "#: required key [a] not found"],
        ),
        ({"not": {"required": ["a"]}}, {"a": 1}, ["#: failed validation constraint for keyword [not]"]),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": 1}, ["#: required key [b] not found"]),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {}, []),
        ({"if": {"required": ["a"]}, "else": {"required": ["b"]}}, {}, ["#: required key [b] not found"]),
        (
            {**_POINTS, "properties": {"p": {"$ref": "#/definitions/Pair", "minProperties": 9}}},
            {"p": {"b": "x"}},
            ["#/p/b: expected type: Integer, found: String"],
        ),
        ({**_POINTS, "properties": {"p": {"$ref": "#/definitions/Circle"}}}, {"p": 1}, []),
    ],
)
def test_keyword(schema: dict[str, Any], value: Any, told: list[str]) -> None:  # noqa: ANN401 # any template value
    """One keyword, one value; nothing counts beside a reference."""
    assert _told(schema, value) == told


def test_every_schema_can_be_read_and_followed() -> None:
    """No reference of any type's schema leads nowhere, and no keyword has a form that is not known here."""
    checks = PropertyChecks(SCHEMAS)
    assert len(SCHEMAS.names()) > 1000
    for kind in SCHEMAS.names():
        schema = SCHEMAS.of(kind)
        told = {failure.message for failure in checks.failures(kind, {})}
        wanted = {f"required key [{name}] not found" for name in schema.get("required", [])}
        assert wanted <= told or kind.startswith("AWS::CloudFormation::CustomResource")
        for part in (*schema["properties"].values(), *schema.get("definitions", {}).values()):
            for value in _VALUES:
                Point(value, part, (), schema).failures()
