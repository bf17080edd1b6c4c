"""Whose is it? Every combination of proofs and contradictions, and every way in which a proof can be false."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classlab.contract import TAG_ATTENDEE, TAG_CLASSROOM
from lambdas.teardown.facts import Facts
from lambdas.teardown.kinds.proofs import by_maker
from lambdas.teardown.ownership import Evidence, Judgement, Seen, by_name, by_roles, by_tags, judge
from lambdas.teardown.preview import Preview
from lambdas.teardown.scope import Context
from tests.embedded_aws.sagemaker_stubs import ROLE, a_model, variant
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.conduct import SCOPE, Conductor
from tests.unit.lambdas.seats import (
    Owner,
    Seat,
    class_tags,
    make_bucket,
    make_config,
    make_role,
    make_stream,
    take_seat,
)
from tests.unit.lambdas.strangers import plant

_WORDS = st.tuples(st.sampled_from(["one", "two"])) | st.just(())
_EVIDENCE = st.builds(
    Evidence, proofs=st.lists(st.sampled_from("STRPAL")).map(tuple), contradictions=_WORDS, hints=_WORDS
)
_NAMES = st.from_regex(r"[a-z0-9-]{1,30}", fullmatch=True)


@given(_EVIDENCE)
def test_ours_is_what_has_a_proof_and_no_contradiction(evidence: Evidence) -> None:
    assert (judge(evidence).standing == "ours") == (bool(evidence.proofs) and not evidence.contradictions)


@given(_EVIDENCE, _EVIDENCE)
def test_a_contradiction_outweighs_whatever_is_added(one: Evidence, more: Evidence) -> None:
    if one.contradictions:
        assert judge(one + more).standing != "ours"
        assert judge(more + one).standing != "ours"


@given(_EVIDENCE)
def test_a_contradicted_proof_is_reported_with_its_contradiction(evidence: Evidence) -> None:
    judged = judge(evidence)
    if evidence.proofs and evidence.contradictions:
        assert judged.standing == "unattributed"
        assert all(word in judged.why for word in evidence.contradictions)


@given(_NAMES)
def test_a_name_never_proves(name: str) -> None:
    judged = judge(by_name(name, resembles=SCOPE.resembles(name)))
    assert judged.standing == ("unattributed" if SCOPE.resembles(name) else "stranger")


@given(
    st.dictionaries(st.sampled_from([TAG_CLASSROOM, TAG_ATTENDEE, "team"]), st.sampled_from(["demo", "demo2", "ann"]))
)
def test_a_tag_proves_only_with_exactly_our_classroom(tags: dict[str, str]) -> None:
    judged = judge(by_tags(tags, "demo"))
    assert (judged.standing == "ours") == (tags.get(TAG_CLASSROOM) == "demo")


_OWN, _FOREIGN, _GONE = f"{SCOPE.role_prefix}own", ROLE, f"{SCOPE.role_prefix}unknown"


@given(st.lists(st.sampled_from([_OWN, _FOREIGN, _GONE])).map(tuple))
def test_one_foreign_role_is_enough_to_leave_it_alone(roles: tuple[str, ...]) -> None:
    judged = judge(by_roles(roles, {_OWN: "ann"}, SCOPE.role_prefix))
    assert (judged.standing == "ours") == (_OWN in roles and _FOREIGN not in roles)
    assert judged.attendee == ("ann" if judged.standing == "ours" else None)


@pytest.mark.parametrize(
    ("name", "alike"),
    [("demo", True), ("demo--ann", True), ("demo-two", False), ("demonstration", False), ("x-demo--ann", False)],
)
def test_what_resembles_the_class(name: str, alike: bool) -> None:  # noqa: FBT001 # a row of the table
    assert SCOPE.resembles(name) is alike


def _stack(name: str) -> str:
    return SCOPE.arn("cloudformation", f"stack/{name}/1")


@pytest.mark.parametrize(
    ("maker", "standing"),
    [
        (_stack("demo--ann"), "ours"),
        (_stack("demo--gone"), "stranger"),
        (_stack("demo--twin"), "contradicted"),
        (_stack("demo-two--ann"), "contradicted"),
        (_stack("other"), "contradicted"),
    ],
)
def test_the_stack_that_aws_says_made_it(maker: str, standing: str, account: Account) -> None:
    facts = Facts(stacks={_stack("demo--ann"): "ann"}, others={_stack("demo--twin"), _stack("other")})
    context = Context(clients=account.clients, scope=SCOPE, facts=facts, clock=account.clock)

    found = by_maker(context, {"aws:cloudformation:stack-id": maker})

    expected = {"ours": (True, False), "stranger": (False, False), "contradicted": (False, True)}[standing]
    assert (bool(found.proofs), bool(found.contradictions)) == expected


def standing_of(shown: Preview, part: str) -> str:
    """Whose everything is whose ARN ends so."""
    if any(action.arn.endswith(part) for action in shown.actions):
        return "ours"
    return "unattributed" if any(noted.arn.endswith(part) for noted in shown.unattributed) else "stranger"


MODELS: list[tuple[str, str | None, str, str]] = [
    # name, class tag, role, standing
    ("demo--ann--a", "demo", "own", "ours"),
    ("anything", "demo", "own", "ours"),
    ("anything", None, "own", "ours"),
    ("anything", "demo", "gone", "ours"),
    ("anything", "demo", "foreign", "unattributed"),
    ("demo--ann--a", "demo", "foreign", "unattributed"),
    ("anything", "other", "own", "unattributed"),
    ("demo--ann--a", "other", "own", "unattributed"),
    ("anything", None, "gone", "unattributed"),
    ("demo--ann--a", None, "foreign", "unattributed"),
    ("demo--ann--a", "other", "foreign", "unattributed"),
    ("anything", None, "foreign", "stranger"),
    ("anything", "other", "foreign", "stranger"),
    ("demo-ann--a", None, "foreign", "stranger"),
]


@pytest.mark.parametrize(("name", "tag", "role", "standing"), MODELS)
def test_a_model_by_its_tag_and_its_role(
    name: str, tag: str | None, role: str, standing: str, account: Account, conductor: Conductor
) -> None:
    seat = take_seat(account, "ann")
    roles = {"own": seat.role, "gone": _GONE, "foreign": ROLE}
    tags = [] if tag is None else class_tags("ann", tag)
    account.sagemaker("CreateModel", **a_model(name, ExecutionRoleArn=roles[role], Tags=tags))

    assert standing_of(conductor.preview(), f"model/{name}") == standing


def test_an_endpoint_is_judged_along_its_chain(account: Account, conductor: Conductor) -> None:
    """No tags at all on endpoint and configuration: the model's role proves all three."""
    seat = take_seat(account, "ann")
    _chain(account, "mine", seat.role)
    _chain(account, "theirs", ROLE)

    shown = conductor.preview()

    kinds = ("endpoint/", "endpoint-config/", "model/")
    assert [standing_of(shown, f"{kind}mine") for kind in kinds] == ["ours"] * 3
    assert [standing_of(shown, f"{kind}theirs") for kind in kinds] == ["stranger"] * 3


def _chain(account: Account, name: str, role: str) -> None:
    account.sagemaker("CreateModel", **a_model(name, ExecutionRoleArn=role))
    account.sagemaker("CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[variant(model=name)])
    account.sagemaker.done("CreateEndpoint", EndpointName=name, EndpointConfigName=name)


def test_one_foreign_model_behind_an_endpoint_is_enough_to_leave_it_alone(
    account: Account, conductor: Conductor
) -> None:
    seat = take_seat(account, "ann")
    account.sagemaker("CreateModel", **a_model("mine", ExecutionRoleArn=seat.role))
    account.sagemaker("CreateModel", **a_model("theirs"))
    both = [variant("a", model="mine"), variant("b", model="theirs")]
    account.sagemaker("CreateEndpointConfig", EndpointConfigName="both", ProductionVariants=both)

    assert standing_of(conductor.preview(), "endpoint-config/both") == "unattributed"


def test_a_bucket_is_never_proven_by_its_tag_alone(account: Account, conductor: Conductor) -> None:
    make_bucket(account, "tagged-by-hand", class_tags("ann"))
    assert standing_of(conductor.preview(), "tagged-by-hand") == "unattributed"


def test_the_class_stack_and_what_it_holds_are_nobodys_to_delete(account: Account, conductor: Conductor) -> None:
    shown = conductor.preview()
    assert shown.actions == []
    assert shown.unattributed == []


def test_a_role_of_a_seat_that_is_gone_is_proven_by_path_and_tag(account: Account, conductor: Conductor) -> None:
    make_role(account, "orphan", tags=class_tags("gone"))
    assert standing_of(conductor.preview(), "orphan") == "ours"


@pytest.mark.parametrize(
    ("name", "tags", "path", "standing"),
    [
        ("beside", class_tags("ann"), None, "unattributed"),
        ("no-attendee", class_tags("ann")[:1], None, "unattributed"),
        ("untagged", [], None, "unattributed"),
        ("other", class_tags("gone", "other"), None, "unattributed"),
        ("elsewhere", class_tags("gone"), "/", "stranger"),
        ("longer", class_tags("gone"), "/classlab/demo2/", "stranger"),
    ],
)
def test_a_role_is_not_proven_by_less(
    name: str, tags: list[dict[str, str]], path: str | None, standing: str, account: Account, conductor: Conductor
) -> None:
    take_seat(account, "ann")
    make_role(account, name, tags=tags, **({"path": path} if path else {}))
    assert standing_of(conductor.preview(), name) == standing


def test_a_stream_belongs_to_the_job_whose_name_it_begins_with(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    group = "/aws/sagemaker/TrainingJobs"
    mine, longer, other = "demo--ann--train--0123456789ab", "demo--ann--train--0123456789abc", "demo--ann"
    for job in (longer, other):
        make_stream(account, group, f"{job}/algo-1-1")
    make_stream(account, "/aws/sagemaker/ProcessingJobs", f"{mine}/algo-1-1")

    shown = conductor.preview()

    assert standing_of(shown, f"TrainingJobs:log-stream:{mine}/algo-1-1767225600") == "ours"
    for stranger in (f"TrainingJobs:log-stream:{longer}", f"TrainingJobs:log-stream:{other}"):
        assert standing_of(shown, f"{stranger}/algo-1-1") == "unattributed"
    assert standing_of(shown, f"ProcessingJobs:log-stream:{mine}/algo-1-1") == "unattributed"


def test_what_is_older_than_its_parent_is_not_its_childs() -> None:
    facts = Facts()
    seen = Seen(kind="endpoint", arn="arn", name="e", created="2026-05-05T10:00:00+00:00")
    facts.note(seen, Judgement(standing="ours", proof="T"))
    assert facts.parent_of("endpoint/e", "2026-05-05T10:00:01+00:00")
    assert facts.parent_of("endpoint/e", "2026-05-05T09:59:58+00:00") is None


def test_a_name_that_another_resource_bears_now_proves_nothing_more() -> None:
    facts = Facts()
    seen = Seen(kind="training_job", arn="arn", name="j", created="2026-05-05T10:00:00+00:00")
    facts.note(seen, Judgement(standing="ours", proof="T"))
    facts.note(seen, Judgement(standing="stranger"))
    assert facts.parent_of("training_job/j", "2026-05-05T11:00:00+00:00") is None


def test_a_tag_taken_off_between_scan_and_delete_saves_the_resource(account: Account, conductor: Conductor) -> None:
    owner = Owner(tags=class_tags("ann"), role=ROLE)
    arn = make_config(account, "by-hand", owner)
    conductor.through("scan")
    account.sagemaker("DeleteTags", ResourceArn=arn, TagKeys=[TAG_CLASSROOM])
    for action in ("apply", "verify", "report"):
        conductor.until_done(action)

    report = conductor.report()

    assert report["verdict"] == "CLEAN"
    assert report["items"][0]["outcome"] == "unproven"
    assert report["unattributed"][0]["arn"] == arn
    assert account.sagemaker("DescribeNotebookInstanceLifecycleConfig", NotebookInstanceLifecycleConfigName="by-hand")


def test_a_name_reused_between_scan_and_delete_is_judged_on_its_own(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    """The attendee's model is gone, and a stranger's has taken its name and thereby its ARN."""
    name = "demo--ann--churn-lab"
    conductor.through("scan")
    account.sagemaker("DeleteModel", ModelName=name)
    account.sagemaker("CreateModel", **a_model(name))
    for action in ("apply", "verify", "report"):
        conductor.until_done(action)

    outcomes = {item["arn"].rpartition(":")[2]: item["outcome"] for item in conductor.report()["items"]}
    assert outcomes[f"model/{name}"] == "replaced"
    assert account.sagemaker("DescribeModel", ModelName=name)["ExecutionRoleArn"] == ROLE


def test_a_name_reused_by_the_class_itself_is_deleted_in_a_later_round(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    name = "demo--ann--churn-lab"
    conductor.through("scan")
    account.sagemaker("DeleteModel", ModelName=name)
    account.sagemaker("CreateModel", **a_model(name, ExecutionRoleArn=seat.role, Tags=class_tags("ann")))

    for action in ("apply", "verify", "report"):
        conductor.until_done(action)

    report = conductor.report()
    outcomes = [item["outcome"] for item in report["items"] if item["arn"].endswith(f"model/{name}")]
    assert outcomes == ["replaced", "deleted"]
    assert report["verdict"] == "CLEAN"


def test_each_seat_has_what_is_its_own(account: Account, conductor: Conductor) -> None:
    """ann, ann-b and anna: no name reaches into another seat."""
    plant(account)
    for attendee in ("ann", "ann-b", "anna"):
        take_seat(account, attendee)

    actions: list[Any] = conductor.preview().actions

    for action in actions:
        assert f"demo--{action.attendee}" in action.arn
        assert not [other for other in action.after if f"demo--{action.attendee}" not in other]
