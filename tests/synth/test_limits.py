"""AWS's limits, measured on the templates: sizes, counts, lengths, and room for the freeze."""

import base64
import json
from collections.abc import Callable

import pytest

from classlab.contract import ATTENDEE_MAX, CLASSROOM_MAX, JOB_NAME_MAX, InstanceVariable, job_name
from lambdas.teardown.freezing import frozen
from tests.synth.conftest import CLASSROOM_FILE, ROSTER_FILE, Template
from tests.synth.resolving import Resolver, logical_ids, only
from tests.synth.roles import EXPORTS, boundary_document, inline_documents

INLINE_CHARACTERS = 10_240
MANAGED_CHARACTERS = 6_144
SCRIPT_CHARACTERS = 16_384
VARIABLES = sum(not name.startswith("_") for name in vars(InstanceVariable))
LIFECYCLE_TYPE = "AWS::SageMaker::NotebookInstanceLifecycleConfig"
Synthesise = Callable[[dict[str, str]], dict[str, bytes]]
LONGEST = f"{'c' * CLASSROOM_MAX}--{'a' * ATTENDEE_MAX}"


def _characters(document: object) -> int:
    """IAM does not count white space."""
    return len(json.dumps(document, separators=(",", ":")))


@pytest.mark.parametrize("stack", ["sample--ann", LONGEST])
def test_inline_policies_of_a_seat_fit(attendee_template: Template, stack: str) -> None:
    resolver = Resolver(stack, attendee_template, EXPORTS)
    for role in logical_ids(attendee_template, "AWS::IAM::Role"):
        assert sum(map(_characters, inline_documents(resolver, role))) <= INLINE_CHARACTERS, role


def test_inline_policies_of_the_class_fit(class_template: Template) -> None:
    resolver = Resolver("sample", class_template)
    for role in logical_ids(class_template, "AWS::IAM::Role"):
        assert sum(map(_characters, inline_documents(resolver, role))) <= INLINE_CHARACTERS, role


def test_the_boundary_leaves_room_for_the_freeze(class_template: Template) -> None:
    document = boundary_document(class_template)
    longest = json.dumps(document).replace("sample", "c" * CLASSROOM_MAX)
    assert _characters(json.loads(frozen(json.loads(longest)))) <= MANAGED_CHARACTERS


def test_templates_are_far_below_cloudformations_limits(class_template: Template, attendee_template: Template) -> None:
    for template in (class_template, attendee_template):
        assert len(json.dumps(template, indent=1)) < 200_000
        assert len(template["Resources"]) < 100


def test_real_lifecycle_scripts_fit_behind_the_longest_header(synthesise: Synthesise) -> None:
    context = {"classroom": str(CLASSROOM_FILE), "roster": str(ROSTER_FILE), "attendee": "ann"}
    template = json.loads(synthesise(context)["sample--ann"])
    configuration = Resolver(LONGEST, template, EXPORTS).resource(only(template, LIFECYCLE_TYPE))
    for event in ("OnCreate", "OnStart"):
        content = configuration[event][0]["Content"]
        assert len(content) <= SCRIPT_CHARACTERS
        lines = base64.b64decode(content).decode().splitlines()
        assert lines[0] == "#!/bin/bash"
        header = dict(line.removeprefix("export ").split("=", 1) for line in lines[1 : 1 + VARIABLES])
        assert header["CLASSLAB_STACK"] == f"'{LONGEST}'"
        assert header["CLASSLAB_ATTENDEE"] == f"'{'a' * ATTENDEE_MAX}'"


@pytest.mark.parametrize("step", ["prepare", "train", "model", "infer", "score"])
def test_job_names_have_room(step: str) -> None:
    assert len(job_name(LONGEST, step, "0" * 12)) <= JOB_NAME_MAX
