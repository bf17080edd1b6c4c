"""A lister that does not answer: asked again, never taken for an empty list, and nothing after it is dared."""

import pytest

from lambdas.teardown.kinds import KINDS
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.conduct import Conductor
from tests.unit.lambdas.seats import CLASS_BUCKET, Seat, take_seat
from tests.unit.lambdas.strangers import plant_other_class

LISTERS = {
    "stack": "cloudformation.DescribeStacks",
    "role": "iam.ListRoles",
    "pipeline_execution": "stepfunctions.ListExecutions",
    "hyper_parameter_tuning_job": "sagemaker.ListHyperParameterTuningJobs",
    "model": "sagemaker.ListModels",
    "endpoint_config": "sagemaker.ListEndpointConfigs",
    "endpoint": "sagemaker.ListEndpoints",
    "training_job": "sagemaker.ListTrainingJobs",
    "processing_job": "sagemaker.ListProcessingJobs",
    "transform_job": "sagemaker.ListTransformJobs",
    "notebook_lifecycle_config": "sagemaker.ListNotebookInstanceLifecycleConfigs",
    "notebook_instance": "sagemaker.ListNotebookInstances",
    "bucket": "s3.ListBuckets",
    "log_group": "logs.DescribeLogGroups",
    "log_stream": "logs.DescribeLogStreams",
    "events_rule": "events.ListRules",
}


def test_every_kind_has_its_lister_here() -> None:
    assert LISTERS.keys() == KINDS.keys()


def test_each_fails_three_times(account: Account, conductor: Conductor, seat: Seat) -> None:
    for lister in LISTERS.values():
        account.faults.fail(lister, "InternalError", times=3)

    report = conductor.run()

    assert report["verdict"] == "CLEAN"
    assert report["lister_errors"] == 0


@pytest.mark.parametrize("kind", ["stack", "role", "pipeline_execution", "endpoint", "bucket", "log_stream"])
def test_fails_always(kind: str, account: Account, conductor: Conductor, seat: Seat) -> None:
    account.faults.fail(LISTERS[kind], "InternalError")

    report = conductor.run()

    assert report["verdict"] in ("UNKNOWN", "LEFTOVERS")
    assert any(doubt.startswith(kind) for doubt in report["doubts"])
    assert report["lister_errors"] > 0


@pytest.mark.parametrize("kind", sorted(LISTERS.keys() - {"pipeline_execution"}))
def test_is_denied_where_nothing_is_left(kind: str, account: Account, conductor: Conductor) -> None:
    """Pipelines are left out: without a seat there is no state machine to ask about."""
    account.faults.fail(LISTERS[kind], "AccessDeniedException")
    assert conductor.run()["verdict"] == "UNKNOWN"


def test_nothing_is_dared_after_a_kind_that_was_not_listed(account: Account, conductor: Conductor, seat: Seat) -> None:
    account.faults.fail("sagemaker.ListEndpoints", "InternalError")

    report = conductor.run()

    held = {left["kind"]: left["why"] for left in report["leftovers"]}
    assert held.keys() == {
        "endpoint_config",
        "model",
        "stack",
        "bucket",
        "role",
        "log_group",
        "log_stream",
        "notebook_instance",
        "notebook_lifecycle_config",
    }
    assert set(held.values()) == {"it was not dared: what must go before it could not be listed"}
    endpoint = account.sagemaker("DescribeEndpoint", EndpointName="demo--ann--churn-lab")
    assert endpoint["EndpointStatus"] == "InService"


def test_recovers_while_the_run_verifies(account: Account, conductor: Conductor, seat: Seat) -> None:
    account.faults.fail("sagemaker.ListEndpoints", "InternalError", times=10)

    report = conductor.run()

    assert report["verdict"] == "CLEAN"
    assert report["lister_errors"] == 1
    assert report["scans"] > 3


def test_one_resource_that_cannot_be_judged_is_an_error_too(account: Account, conductor: Conductor, seat: Seat) -> None:
    account.faults.fail("sagemaker.ListTags", "InternalError", about="demo--ann--model")

    report = conductor.run()

    assert report["verdict"] == "LEFTOVERS"
    assert any("demo--ann--model" in doubt for doubt in report["doubts"])
    assert "stack" in {left["kind"] for left in report["leftovers"]}


def test_a_stranger_that_cannot_be_judged_holds_nothing_up_but_is_never_clean(
    account: Account, conductor: Conductor, seat: Seat
) -> None:
    plant_other_class(account)
    account.faults.fail("sagemaker.ListTags", "InternalError", about="demo-two--ann--model")

    report = conductor.run()

    assert report["verdict"] == "UNKNOWN"
    assert report["leftovers"] == []
    assert seat.stack.status == "DELETE_COMPLETE"


def test_a_bucket_whose_owner_hides_its_tags_is_reported_and_no_error(account: Account, conductor: Conductor) -> None:
    account.own.s3.create_bucket(Bucket="audit-trail")
    account.faults.fail(
        "s3.GetBucketTagging",
        "AccessDenied",
        about="audit-trail",
        message="not authorized to perform: s3:GetBucketTagging with an explicit deny in a resource-based policy",
    )

    report = conductor.run()

    assert report["verdict"] == "CLEAN"
    assert [noted["why"] for noted in report["unattributed"]] == ["no proof: its owner lets nobody read its tags"]


def test_a_bucket_whose_tags_we_may_not_read_is_an_error(account: Account, conductor: Conductor) -> None:
    account.own.s3.create_bucket(Bucket="audit-trail")
    account.faults.fail("s3.GetBucketTagging", "AccessDenied", about="audit-trail", message="no policy allows it")
    assert conductor.run()["verdict"] == "UNKNOWN"


def test_a_seat_whose_resources_cannot_be_listed_is_not_clean(account: Account, conductor: Conductor) -> None:
    take_seat(account, "ann")
    account.faults.fail("cloudformation.ListStackResources", "InternalError", about="demo--ann")

    report = conductor.run()

    assert report["verdict"] == "LEFTOVERS"
    assert account.cloudformation.standing()[-1].name == "demo--ann"


def test_what_goes_while_it_is_judged_is_no_error(account: Account, conductor: Conductor, seat: Seat) -> None:
    """Described, then deleted by its owner, and only then asked for its tags."""

    def goes(call: str, request: str) -> None:
        if call == "sagemaker.ListTags" and "demo--ann--model" in request:
            account.faults.before.clear()
            account.sagemaker("DeleteModel", ModelName="demo--ann--model--0123456789ab")

    account.faults.before.append(goes)

    report = conductor.run()

    assert report["verdict"] == "CLEAN"
    assert report["lister_errors"] == 0


def test_a_ledger_of_another_version_is_passed_over(account: Account, conductor: Conductor, seat: Seat) -> None:
    account.own.s3.put_object(Bucket=CLASS_BUCKET, Key="teardown/runs/old/ledger.json", Body=b'{"version": 0}')
    assert conductor.run()["verdict"] == "CLEAN"
