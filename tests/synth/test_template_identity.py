"""One attendee template for a whole class: byte-identical, whoever it is for and however long the roster is."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classlab.contract import ATTENDEE_PATTERN, attendee_stack_name, split_stack_name
from tests.synth.conftest import CLASSROOM_FILE, ROSTER_FILE, Template
from tests.synth.resolving import Resolver, only

Synthesise = Callable[[dict[str, str]], dict[str, bytes]]


def _context(attendee: str, roster: Path = ROSTER_FILE) -> dict[str, str]:
    return {"classroom": str(CLASSROOM_FILE), "roster": str(roster), "attendee": attendee}


def test_everybody_gets_the_same_bytes(synthesise: Synthesise) -> None:
    stacks: dict[str, bytes] = {}
    for attendee in ("ann", "ann-b", "anna"):
        stacks |= synthesise(_context(attendee))
    assert sorted(stacks) == ["sample--ann", "sample--ann-b", "sample--anna"]
    assert len({hashlib.sha256(template).hexdigest() for template in stacks.values()}) == 1


@pytest.mark.parametrize("size", [1, 300])
def test_the_roster_does_not_change_the_template(synthesise: Synthesise, tmp_path: Path, size: int) -> None:
    roster = tmp_path / "roster.csv"
    roster.write_text("id\nann\n" + "".join(f"seat-{number:03}\n" for number in range(1, size)), encoding="utf-8")
    assert synthesise(_context("ann", roster)) == synthesise(_context("ann"))


def test_only_one_stack_is_synthesised(synthesise: Synthesise, build_folder: Path) -> None:
    assert list(synthesise(_context("ann"))) == ["sample--ann"]
    assert list(synthesise({"classroom": str(CLASSROOM_FILE), "build": str(build_folder)})) == ["sample"]


def test_no_name_of_a_person_stands_in_the_template(attendee_template: Template) -> None:
    words = json.dumps(attendee_template)
    assert "sample--ann" not in words
    assert '"ann"' not in words


def test_the_template_brings_no_assets_and_no_metadata(attendee_template: Template) -> None:
    words = json.dumps(attendee_template)
    assert "cdk-hnb659fds-assets" not in words
    assert "AWS::CDK::Metadata" not in words
    assert "Metadata" not in {key for resource in attendee_template["Resources"].values() for key in resource}


def test_the_values_of_the_class_are_read_anew_by_every_update(attendee_template: Template) -> None:
    parameters = attendee_template["Parameters"].values()
    assert {parameter["Type"] for parameter in parameters} == {"AWS::SSM::Parameter::Value<String>"}


def test_the_class_cannot_go_before_its_attendees(attendee_template: Template, class_template: Template) -> None:
    assert '{"Fn::ImportValue": "sample-attendee-boundary"}' in json.dumps(attendee_template)
    assert class_template["Outputs"]["AttendeeBoundaryArn"]["Export"] == {"Name": "sample-attendee-boundary"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(attendee=st.from_regex(ATTENDEE_PATTERN, fullmatch=True))
def test_the_template_finds_the_attendee_in_the_stack_name(attendee_template: Template, attendee: str) -> None:
    stack = attendee_stack_name("sample", attendee)
    bucket = Resolver(stack, attendee_template).resource(only(attendee_template, "AWS::S3::Bucket"))
    tags = {tag["Key"]: tag["Value"] for tag in bucket["Tags"]}
    assert tags == {"classlab:classroom": "sample", "classlab:attendee": attendee}
    assert split_stack_name(stack) == ("sample", attendee)
