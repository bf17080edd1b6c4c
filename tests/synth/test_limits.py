"""AWS's limits, measured on the templates: sizes, counts, lengths, and room for the freeze."""

import base64
import json
from collections.abc import Callable

import pytest

from classlab.contract import ATTENDEE_MAX, CLASSROOM_MAX, JOB_NAME_MAX, InstanceVariable, job_name
from lambdas.teardown.freezing import frozen
from tests.synth.conftest import CLASSROOM_FILE, ROSTER_FILE, TEMPLATES, Template
from tests.synth.resolving import Resolver, logical_ids, only
from tests.synth.roles import EXPORTS, boundary_document, inline_documents

TEMPLATE_BYTES = 1_000_000  # of an object that TemplateURL names
RESOURCES, OUTPUTS = 500, 200
DEFINITION_BYTES = 1 << 20
MACHINE_NAME_CHARACTERS = 80
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


@pytest.fixture(params=["attendee_template", "full_attendee_template"])
def seat(request: pytest.FixtureRequest) -> Template:
    """A seat's template, with the sample's lab and with every one."""
    found: Template = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["class_template", "full_class_template"])
def whole_class(request: pytest.FixtureRequest) -> Template:
    """The class's template likewise."""
    found: Template = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("stack", ["sample--ann", LONGEST])
def test_inline_policies_of_a_seat_fit(seat: Template, stack: str) -> None:
    resolver = Resolver(stack, seat, EXPORTS)
    for role in logical_ids(seat, "AWS::IAM::Role"):
        assert sum(map(_characters, inline_documents(resolver, role))) <= INLINE_CHARACTERS, role


def test_inline_policies_of_the_class_fit(whole_class: Template) -> None:
    resolver = Resolver("sample", whole_class)
    for role in logical_ids(whole_class, "AWS::IAM::Role"):
        assert sum(map(_characters, inline_documents(resolver, role))) <= INLINE_CHARACTERS, role


def test_the_boundary_leaves_room_for_the_freeze(whole_class: Template) -> None:
    document = boundary_document(whole_class)
    longest = json.dumps(document).replace("sample", "c" * CLASSROOM_MAX)
    assert _characters(json.loads(frozen(json.loads(longest)))) <= MANAGED_CHARACTERS


@pytest.mark.parametrize("which", TEMPLATES)
def test_templates_fit_cloudformation(request: pytest.FixtureRequest, which: str) -> None:
    """As the CDK writes and uploads them: a request's own body may hold 51,200 bytes, which no class of ours fits."""
    template = request.getfixturevalue(which)
    assert len(json.dumps(template, indent=1)) <= TEMPLATE_BYTES / 2
    assert len(template["Resources"]) <= RESOURCES / 4
    assert len(template["Outputs"]) <= OUTPUTS / 4


def test_state_machines_fit_step_functions(seat: Template) -> None:
    resolver = Resolver(LONGEST, seat, EXPORTS)
    machines = [resolver.resource(one) for one in logical_ids(seat, "AWS::StepFunctions::StateMachine")]
    for machine in machines:
        assert len(machine["DefinitionString"].encode()) <= DEFINITION_BYTES / 4
        assert len(machine["StateMachineName"]) <= MACHINE_NAME_CHARACTERS


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
