"""Every resource of the stored templates, resolved, is what CloudFormation's public schemas allow.

The engine fails a stack whose properties do not fit; here a mistake in template or check shows without one.
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.cloudformation.property_checks import PropertyChecks
from embedded_aws.cloudformation.resource_schemas import ResourceSchemas
from embedded_aws.cloudformation.template_sections import section_problem
from embedded_aws.cloudformation.template_shape import shape_problem
from embedded_aws.cloudformation.types import ResourceError
from tests.synth.conftest import TEMPLATES
from tests.synth.resolving import ACCOUNT, REGION, Resolver

_SNAPSHOTS = Path(__file__).parent / "snapshots"
_EXPORTS = {"sample-attendee-boundary": f"arn:aws:iam::{ACCOUNT}:policy/sample-boundary"}


@pytest.fixture(scope="module")
def schemas() -> ResourceSchemas:
    """The schemas of the templates' region."""
    return ResourceSchemas(REGION)


def _resources(which: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Logical id: type and resolved properties."""
    template = json.loads((_SNAPSHOTS / f"{which}.json").read_text(encoding="utf-8"))
    resolver = Resolver("sample--ann", template, _EXPORTS)
    return {name: (held["Type"], resolver.resource(name)) for name, held in template["Resources"].items()}


@pytest.mark.parametrize("which", TEMPLATES)
def test_every_resource_fits_its_schema(schemas: ResourceSchemas, which: str) -> None:
    checks, resources = PropertyChecks(schemas), _resources(which)
    assert len(resources) > 8
    for name, (kind, props) in resources.items():
        assert kind.startswith("Custom::") or schemas.known(kind)
        checks.check(name, kind, props)


@pytest.mark.parametrize("which", TEMPLATES)
def test_every_resource_fits_its_schema_with_all_scalars_as_text(schemas: ResourceSchemas, which: str) -> None:
    """Parameters of type Number and values of Fn::Sub arrive as text (parameters-section-structure)."""
    checks = PropertyChecks(schemas)
    for name, (kind, props) in _resources(which).items():
        checks.check(name, kind, _as_text(props))


@pytest.mark.parametrize("which", TEMPLATES)
def test_the_templates_have_the_form_that_is_asked_for(schemas: ResourceSchemas, which: str) -> None:
    """AWSCloudFormation/latest/UserGuide/template-anatomy.html."""
    template = json.loads((_SNAPSHOTS / f"{which}.json").read_text(encoding="utf-8"))
    assert (shape_problem(template), section_problem(template)) == (None, None)
    asked = _attributes(template["Resources"])
    assert asked
    for target, attribute in asked:
        assert schemas.has_attribute(template["Resources"][target]["Type"], attribute)


def _attributes(part: Any) -> list[tuple[str, str]]:  # noqa: ANN401 # any JSON
    """What Fn::GetAtt asks for."""
    if isinstance(part, dict) and "Fn::GetAtt" in part:
        target, attribute = part["Fn::GetAtt"]
        return [(target, attribute)]
    items = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return [found for item in items for found in _attributes(item)]


@pytest.mark.parametrize("which", TEMPLATES)
def test_a_stray_key_in_any_resource_is_found(schemas: ResourceSchemas, which: str) -> None:
    checks = PropertyChecks(schemas)
    for name, (kind, props) in _resources(which).items():
        if not kind.startswith("Custom::"):
            with pytest.raises(ResourceError, match=r"#: extraneous key \[Stray\] is not permitted"):
                checks.check(name, kind, {**props, "Stray": "x"})


def _as_text(value: Any) -> Any:  # noqa: ANN401 # any JSON
    if isinstance(value, dict):
        return {key: _as_text(held) for key, held in value.items()}
    if isinstance(value, list):
        return [_as_text(held) for held in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
