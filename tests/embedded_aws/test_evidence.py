"""The table of calls says what a running engine answers, and tells what is new in botocore."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.model import ShapeResolver

from embedded_aws.evidence import calls, probe


@pytest.fixture(scope="module")
def found(environments: Path) -> calls.Found:
    """What an engine of its own answers."""
    return calls.ask(environments)


def test_kept_table_is_the_engines(found: calls.Found) -> None:
    """Stale? `python -m embedded_aws.evidence.calls --write`."""
    assert list(calls.differences(calls.kept(calls.KEPT.read_text()), found)) == []
    assert calls.KEPT.read_text() == calls.table(found)


@pytest.mark.parametrize(
    ("service", "call", "works"),
    [
        ("sagemaker", "CreateTrainingJob", True),
        ("sagemaker", "CreateFeatureGroup", False),
        ("sagemaker-runtime", "InvokeEndpoint", True),
        ("sagemaker-runtime", "InvokeEndpointAsync", False),
        ("iam", "CreateRole", True),
        ("cloudformation", "DescribeStacks", True),
        ("stepfunctions", "StartExecution", True),
        ("scheduler", "CreateSchedule", True),
        ("cloudtrail", "LookupEvents", True),
        ("cloudtrail", "CreateTrail", False),
    ],
)
def test_answers_and_refusals_are_told_apart(found: calls.Found, service: str, call: str, *, works: bool) -> None:
    assert found[service][call] is works


def test_new_gone_and_changed_calls_are_named() -> None:
    before = {"iam": {"CreateRole": True, "OldCall": True, "GetRole": False}}
    now = {"iam": {"CreateRole": True, "NewCall": False, "GetRole": True}}
    told = list(calls.differences(before, now))
    assert [line.split(":")[0] for line in told] == ["iam GetRole", "iam NewCall", "iam OldCall"]
    assert "refused before, answered now" in told[0]
    assert "new in botocore" in told[1]
    assert "refused" in told[1]
    assert "gone from botocore" in told[2]


def test_table_is_read_as_it_was_written() -> None:
    found = {"iam": {"CreateRole": True, "GetRole": False}, "cloudtrail": {"LookupEvents": True}}
    assert calls.kept(calls.table(found)) == found
    assert calls.supported(found) == 2


def test_made_up_parameters_keep_to_lengths_ranges_and_enums() -> None:
    shapes: Any = {
        "In": {
            "type": "structure",
            "required": ["Name", "Kind", "Many", "Count"],
            "members": {
                "Name": {"shape": "Name"},
                "Kind": {"shape": "Kind"},
                "Many": {"shape": "Many"},
                "Count": {"shape": "Count"},
                "Other": {"shape": "Name"},
            },
        },
        "Name": {"type": "string", "min": 3},
        "Kind": {"type": "string", "enum": ["one", "two"]},
        "Many": {"type": "list", "member": {"shape": "Name"}},
        "Count": {"type": "integer", "min": 5},
    }
    shape = ShapeResolver(shapes).get_shape_by_name("In")
    assert probe.made_up(shape) == {"Name": "aaa", "Kind": "one", "Many": ["aaa"], "Count": 5}
