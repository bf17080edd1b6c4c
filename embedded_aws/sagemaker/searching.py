"""Search: training jobs, tuning jobs and endpoints by their properties and tags. Others are refused by name."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.model import StructureShape

from embedded_aws.sagemaker import listing, search_properties, tags
from embedded_aws.sagemaker.errors import not_implemented, validation
from embedded_aws.sagemaker.kinds import ENDPOINT, KINDS, TRAINING_JOB, TUNING_JOB, Kind
from embedded_aws.sagemaker.search_properties import Test
from embedded_aws.service_models import service_model

if TYPE_CHECKING:
    from embedded_aws.sagemaker.control_plane import ControlPlane
    from embedded_aws.sagemaker.verbs import Params

Found = Mapping[str, Any]
Holds = Callable[[Found], bool]

_KINDS = (TRAINING_JOB, TUNING_JOB, ENDPOINT)
_MOST_CONDITIONS = 50


def search(plane: ControlPlane, params: Params) -> Params:
    """Search: what satisfies the expression (everything without one), sorted by any property, in pages."""
    kind, shape = _kind(params["Resource"])
    expression = params.get("SearchExpression")
    if expression is not None:
        _check(expression)
    holds = _expression(shape, expression) if expression is not None else _anything
    by = search_properties.find(shape, params.get("SortBy", "LastModifiedTime"))
    with plane.lock:
        found = [one for record in plane.store.all(kind) if holds(one := _shown(shape, record))]
        found.sort(key=lambda one: one[kind.id_member])
        with_value = [one for one in found if search_properties.sort_value(by, one) is not None]
        without = [one for one in found if search_properties.sort_value(by, one) is None]
        with_value.sort(
            key=lambda one: search_properties.sort_value(by, one),
            reverse=params.get("SortOrder", "Descending") == "Descending",
        )
        results = [{kind.name: one} for one in with_value + without]
        answer = listing.cut("Search", "Results", results, params)
        answer["TotalHits"] = {"Value": len(results), "Relation": "EqualTo"}
        return copy.deepcopy(answer)


def _kind(resource: str) -> tuple[Kind, StructureShape]:
    """The kind of a resource, and the shape that Search shows it in."""
    kind = KINDS.get(resource)
    if kind not in _KINDS:
        raise not_implemented(f"Search: Resource={resource}")
    record = service_model("sagemaker").shape_for("SearchRecord")
    assert isinstance(record, StructureShape)  # noqa: S101 - so the service model has it
    shape = record.members[resource]
    assert isinstance(shape, StructureShape)  # noqa: S101 - so the service model has it
    return kind, shape


def _shown(shape: StructureShape, record: Found) -> dict[str, Any]:
    """A record as Search shows it, with its tags."""
    members = {name: record[name] for name in shape.members if name in record}
    return {**members, "Tags": tags.shown(record["_tags"])}


def _check(expression: Found) -> None:
    """The limits of a whole expression: the second text is AWS's, the first not."""
    filters = list(_filters(expression))
    if len(filters) + sum(1 for _ in _inner(expression)) > _MOST_CONDITIONS:
        raise validation(f"A SearchExpression can include {_MOST_CONDITIONS} conditions at the most.")
    if sum(one.get("Operator") == "Contains" for one in filters) > 1:
        raise validation("'CONTAINS' operator usage limit of 1 exceeded.")


def _filters(expression: Found) -> Iterator[Found]:
    yield from expression.get("Filters", [])
    for nested in expression.get("NestedFilters", []):
        yield from nested["Filters"]
    for inner in expression.get("SubExpressions", []):
        yield from _filters(inner)


def _inner(expression: Found) -> Iterator[Found]:
    """Nested filters and subexpressions, all of them."""
    yield from expression.get("NestedFilters", [])
    for inner in expression.get("SubExpressions", []):
        yield inner
        yield from _inner(inner)


def _expression(shape: StructureShape, expression: Found) -> Holds:
    parts = [
        *(_filter(shape, one) for one in expression.get("Filters", [])),
        *(_nested(shape, one) for one in expression.get("NestedFilters", [])),
        *(_expression(shape, one) for one in expression.get("SubExpressions", [])),
    ]
    if not parts:
        raise validation("A SearchExpression must have at least one filter, nested filter or subexpression.")
    combine = any if expression.get("Operator") == "Or" else all
    return lambda record: combine(part(record) for part in parts)


def _filter(shape: StructureShape, given: Found) -> Holds:
    test = _test(shape, given)
    return lambda record: test.holds(test.property.values(record))


def _nested(shape: StructureShape, given: Found) -> Holds:
    """Satisfied if one object of a list satisfies all its filters, whose names begin with that of the list."""
    name: str = given["NestedPropertyName"]
    if not search_properties.is_list(shape, name):
        raise validation(f"{name} is not a list of {shape.name} that nested filters can look into.")
    if strange := [one["Name"] for one in given["Filters"] if not one["Name"].startswith(f"{name}.")]:
        raise validation(f"{strange[0]} is not a property of {name}.")
    tests = [_test(shape, one) for one in given["Filters"]]
    items = search_properties.find(shape, name)
    return lambda record: any(
        all(test.holds(test.property.values(_alone(name, item))) for test in tests) for item in items.values(record)
    )


def _alone(name: str, item: object) -> Found:
    """One object of a list, where the names of its properties find it."""
    held: object = item
    for part in reversed(name.split(".")):
        held = {part: held}
    assert isinstance(held, dict)  # noqa: S101 - a name has at least one part
    return held


def _test(shape: StructureShape, given: Found) -> Test:
    operator = given.get("Operator", "Equals")
    alone = operator in ("Exists", "NotExists")
    if ("Value" in given) == alone:
        needs = "must not" if alone else "must"
        raise validation(f"The filter on {given['Name']} with the operator {operator} {needs} have a Value.")
    return Test(search_properties.find(shape, given["Name"]), operator, given.get("Value", ""))


def _anything(_: Found) -> bool:
    return True
