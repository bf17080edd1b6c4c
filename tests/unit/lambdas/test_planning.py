"""The plan: pure, frozen, in an order that no action breaks."""

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.teardown.kinds import KINDS
from lambdas.teardown.ledger import Found
from lambdas.teardown.planning import Action, plan

_STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/demo--ann/1"


def found(kind: str, name: str, **more: object) -> Found:
    """A resource of the class."""
    members = {"arn": f"arn:{kind}:{name}", "created": "2026-05-05T10:00:00+00:00", "state": "", "proof": "T"}
    return Found.model_validate({"kind": kind, "name": name, **members, **more})


_RESOURCES = st.builds(
    found,
    kind=st.sampled_from(sorted(KINDS)),
    name=st.sampled_from("abc"),
    attendee=st.sampled_from(["ann", "ann-b", None]),
    uses=st.lists(st.builds(lambda k, n: f"{k}/{n}", st.sampled_from(sorted(KINDS)), st.sampled_from("abc"))).map(
        tuple
    ),
    parent=st.none() | st.builds(lambda k, n: f"{k}/{n}", st.sampled_from(sorted(KINDS)), st.sampled_from("abc")),
)
_FINDS = st.lists(_RESOURCES, unique_by=lambda resource: resource.identity)


@given(_FINDS)
def test_nothing_stands_before_what_it_must_wait_for(finds: list[Found]) -> None:
    places = {action.identity: place for place, action in enumerate(plan(finds, KINDS))}
    for action in plan(finds, KINDS):
        assert all(places[need] < places[action.identity] for need in action.needs)


@given(_FINDS, st.randoms())
def test_the_same_finds_give_the_same_plan(finds: list[Found], shuffler: random.Random) -> None:
    shuffled = list(finds)
    shuffler.shuffle(shuffled)
    assert plan(shuffled, KINDS) == plan(finds, KINDS)


@given(_FINDS)
def test_every_find_is_one_action(finds: list[Found]) -> None:
    assert sorted(action.identity for action in plan(finds, KINDS)) == sorted(find.identity for find in finds)


@given(_FINDS)
def test_seats_do_not_wait_for_each_other(finds: list[Found]) -> None:
    attendees = {find.identity: find.attendee for find in finds}
    links = {(find.identity, other) for find in finds for other in (*find.uses, find.parent) if other}
    for action in plan(finds, KINDS):
        for need in action.needs:
            linked = any(identity in (need, action.identity) for identity, _ in links)
            assert attendees[need] == action.attendee or linked


def test_an_action_cannot_be_changed() -> None:
    action = plan([found("model", "m")], KINDS)[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        action.kind = "endpoint"  # type: ignore[misc] # this is what is refused


def by_kind(*finds: Found) -> dict[str, Action]:
    """The plan, one action a kind."""
    return {action.kind: action for action in plan(finds, KINDS)}


def needs(actions: dict[str, Action], kind: str) -> set[str]:
    """Kinds that must go before it."""
    return {need.split(":")[1] for need in actions[kind].needs}


def test_hosting_goes_from_the_endpoint_down() -> None:
    actions = by_kind(
        found("model", "m"),
        found("endpoint_config", "c", uses=("model/m",)),
        found("endpoint", "e", uses=("endpoint_config/c",)),
        found("transform_job", "t", uses=("model/m",)),
    )
    assert needs(actions, "endpoint") == set()
    assert needs(actions, "endpoint_config") == {"endpoint"}
    assert needs(actions, "model") == {"endpoint_config", "transform_job"}


def test_what_nobody_uses_waits_for_nobody() -> None:
    actions = by_kind(found("endpoint", "e", uses=("endpoint_config/other",)), found("endpoint_config", "c"))
    assert needs(actions, "endpoint_config") == set()


def test_a_stack_goes_after_all_that_its_roles_and_its_bucket_serve() -> None:
    everything = [found(kind, "x", attendee="ann") for kind in KINDS]
    actions = by_kind(*everything)
    assert needs(actions, "stack") == KINDS.keys() - {"stack", "role", "log_group", "log_stream", "events_rule"}
    assert needs(actions, "bucket") >= {"notebook_instance", "endpoint", "training_job", "pipeline_execution"}
    assert "stack" in needs(actions, "role")


def test_a_log_stream_goes_after_its_job() -> None:
    actions = by_kind(found("training_job", "j"), found("log_stream", "g:j/1", parent="training_job/j"))
    assert needs(actions, "log_stream") == {"training_job"}


def test_what_a_stack_takes_along_is_only_stopped_and_emptied() -> None:
    actions = by_kind(
        found("notebook_instance", "n", stack=_STACK),
        found("bucket", "b", stack=_STACK),
        found("role", "r", stack=_STACK),
        found("model", "m"),
    )
    assert {kind: action.verbs for kind, action in actions.items()} == {
        "notebook_instance": ("stop", "delete with its stack"),
        "bucket": ("archive", "empty", "delete with its stack"),
        "role": ("delete with its stack",),
        "model": ("delete",),
    }
