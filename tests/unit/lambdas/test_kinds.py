"""What must be true of every kind, whatever it is; and each of them, ours and its twin."""

import importlib
import pkgutil
from graphlib import TopologicalSorter
from typing import Any

import pytest

from lambdas.teardown import kinds
from lambdas.teardown.kinds import KINDS, STOPPED_FIRST, Kind
from lambdas.teardown.kinds.log_group import SHARED
from lambdas.teardown.kinds.sagemaker import SageMakerKind
from lambdas.teardown.ledger import Scan
from lambdas.teardown.ownership import Seen
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.conduct import Conductor
from tests.unit.lambdas.seats import GROUPS, Seat, make_stream
from tests.unit.lambdas.strangers import plant

_HELPERS = {"base", "hosting", "jobs", "log_times", "proofs", "sagemaker"}
_VERBS = {"stop", "archive", "empty", "strip", "delete", "keep"}
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def test_every_file_below_kinds_is_a_registered_kind() -> None:
    files = {module.name for module in pkgutil.iter_modules(kinds.__path__)}
    assert files - _HELPERS == KINDS.keys()


@each_kind
def test_kind_is_the_one_class_of_its_file(kind: Kind) -> None:
    module = importlib.import_module(f"lambdas.teardown.kinds.{kind.name}")
    own = [item for item in vars(module).values() if isinstance(item, type) and item.__module__ == module.__name__]
    assert own == [type(kind)]


@each_kind
def test_kind_waits_for_kinds_that_exist(kind: Kind) -> None:
    assert {after.kind for after in kind.after} <= KINDS.keys() - {kind.name}


def test_no_kind_waits_for_itself_in_a_circle() -> None:
    graph = {name: {after.kind for after in kind.after} for name, kind in KINDS.items()}
    assert set(TopologicalSorter(graph).static_order()) == KINDS.keys()


@each_kind
def test_kind_does_what_its_verbs_say(kind: Kind) -> None:
    assert set(kind.verbs) <= _VERBS
    assert ("delete" in kind.verbs) == (type(kind).delete is not Kind.delete)
    assert ("stop" in kind.verbs) == (type(kind).stop is not Kind.stop)
    prepares = not {"archive", "empty", "strip"}.isdisjoint(kind.verbs)
    assert prepares == (type(kind).prepare is not Kind.prepare)


@each_kind
def test_what_cannot_be_deleted_says_why_it_is_kept_or_ends_by_being_stopped(kind: Kind) -> None:
    if "delete" not in kind.verbs:
        assert kind.keeps or kind.verbs == ("stop",)


@each_kind
def test_kind_that_cannot_stop_or_delete_says_so(kind: Kind, conductor: Conductor) -> None:
    seen = Seen(kind=kind.name, arn="arn", name="name", created="")
    if type(kind).stop is Kind.stop:
        with pytest.raises(NotImplementedError, match=kind.name):
            kind.stop(conductor.context, seen)
    if type(kind).delete is Kind.delete:
        with pytest.raises(NotImplementedError, match=kind.name):
            kind.delete(conductor.context, seen)


@each_kind
def test_kind_has_a_deadline(kind: Kind) -> None:
    assert 5 <= kind.deadline.total_seconds() / 60 <= 120


def test_stacks_and_roles_are_asked_first_because_they_prove_the_rest() -> None:
    assert list(KINDS)[:2] == ["stack", "role"]
    assert list(KINDS)[: len(STOPPED_FIRST)] == list(STOPPED_FIRST)


def test_sagemaker_kinds_differ_in_their_cloudformation_type() -> None:
    types = [kind.cloudformation_type for kind in KINDS.values() if isinstance(kind, SageMakerKind)]
    assert len(set(types)) == len(types) == 9


def test_streams_are_looked_for_in_the_groups_of_jobs_and_notebooks() -> None:
    assert set(SHARED) == set(GROUPS.values())
    assert set(SHARED.values()) <= KINDS.keys()


@pytest.fixture
def scanned(account: Account, conductor: Conductor, seat: Seat) -> Scan:
    """The first scan of an account that holds one resource of each kind, ours and a stranger's."""
    account.own.stepfunctions.start_execution(stateMachineArn=seat.machine)
    plant(account)
    conductor.until_done("lock")
    conductor.until_done("scan")
    return Scan.model_validate(conductor.document("teardown/runs/run-1/ledger.json")["scan"])


def test_each_kind_is_found_and_its_twin_is_not(scanned: Scan) -> None:
    ours = {found.kind for found in scanned.found.values()}
    shared = {noted.kind for noted in scanned.shared.values()}
    assert ours | shared == KINDS.keys()
    assert {found.attendee for found in scanned.found.values()} == {"ann"}
    assert not [found.arn for found in scanned.found.values() if "demo--ann" not in found.arn]


def test_every_proof_is_used(scanned: Scan) -> None:
    proofs: dict[str, set[str]] = {}
    for found in scanned.found.values():
        proofs.setdefault(found.kind, set()).add(found.proof)
    assert proofs == {
        "stack": {"T"},
        "role": {"S"},
        "pipeline_execution": {"P"},
        "hyper_parameter_tuning_job": {"R,T"},
        "model": {"R,T"},
        "endpoint_config": {"R,T"},
        "endpoint": {"R,T"},
        "training_job": {"R,T"},
        "processing_job": {"R,T"},
        "transform_job": {"R,T"},
        "notebook_lifecycle_config": {"S,T"},
        "notebook_instance": {"S,R,T"},
        "bucket": {"S"},
        "log_group": {"S", "P"},
        "log_stream": {"P"},
    }


def test_every_page_is_read(account: Account, conductor: Conductor, seat: Seat) -> None:
    """101 models, 120 streams of one job, 60 log groups of nobody: more than a page of each."""
    for number in range(101):
        account.sagemaker("CreateModel", **_model(f"demo--ann--m{number}", seat))
    for number in range(120):
        make_stream(account, GROUPS["TrainingJob"], f"demo--ann--train--0123456789ab/part-{number:03}")
    for number in range(60):
        account.own.logs.create_log_group(logGroupName=f"/aaa/{number}")

    plan = conductor.preview()

    counts = {kind: sum(action.kind == kind for action in plan.actions) for kind in ("model", "log_stream")}
    assert counts == {"model": 103, "log_stream": 125}
    assert plan.strangers_seen >= 60


def _model(name: str, seat: Seat) -> dict[str, Any]:
    container = {"Image": f"{'1' * 12}.dkr.ecr.us-east-1.amazonaws.com/x:1", "ModelDataUrl": "s3://bucket/model.tar.gz"}
    return {"ModelName": name, "ExecutionRoleArn": seat.role, "PrimaryContainer": container, "Tags": seat.owner.tags}
