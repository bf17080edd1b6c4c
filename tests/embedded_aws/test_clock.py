"""How long things take: the speed of states and limits."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest

from embedded_aws.clock import STATE_SECONDS, Clock
from embedded_aws.runtime.doors import Doors
from embedded_aws.sagemaker import shapes
from embedded_aws.sagemaker.kinds import KINDS, MOVING, NOTEBOOK_INSTANCE
from tests.embedded_aws.sagemaker_stubs import Stand, hosted, notebook, stand, training
from tests.embedded_aws.waiting import eventually


def status(at: Stand) -> str:
    return str(at("DescribeNotebookInstance", NotebookInstanceName="desk")["NotebookInstanceStatus"])


def test_without_a_speed_states_last_as_long_as_their_work_and_limits_are_awss() -> None:
    clock = Clock()
    assert (clock.speed, clock.state("NotebookInstance", "Pending"), clock.limit(300)) == (None, 0, 300)


def test_a_speed_divides_states_and_limits() -> None:
    clock = Clock(100)
    assert clock.state("NotebookInstance", "Pending") == pytest.approx(2.4)
    assert clock.state("NotebookInstance", "InService") == 0
    assert clock.limit(300) == pytest.approx(3)


@pytest.mark.parametrize("speed", [0, -1, float("nan"), float("inf")])
def test_a_speed_is_positive_and_finite(speed: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        Clock(speed)


def test_every_state_with_a_time_is_one_that_ends_by_itself() -> None:
    for name, state in STATE_SECONDS:
        kind = KINDS[name]
        assert state == "Starting" or state in MOVING & set(shapes.statuses(f"Describe{name}", kind.status))


def test_a_change_of_speed_reaches_who_waits() -> None:
    clock, over = Clock(1), threading.Event()

    def wait() -> None:
        clock.wait(lambda: clock.state("NotebookInstance", "Pending"))
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    assert not over.wait(0.1)
    clock.speed = None
    assert over.wait(5)


def test_a_state_lasts_at_least_its_time() -> None:
    """At 1200 times AWS's speed Pending lasts a fifth of a second, however fast the instance is."""
    at = stand(clock=Clock(1200))
    began = time.monotonic()
    at.done("CreateNotebookInstance", **notebook())
    assert status(at) == "Pending"
    eventually(lambda: status(at) == "InService")
    assert time.monotonic() - began >= 0.2
    at.done("StopNotebookInstance", NotebookInstanceName="desk")
    assert status(at) == "Stopping"
    eventually(lambda: status(at) == "Stopped")
    at.done("DeleteNotebookInstance", NotebookInstanceName="desk")
    assert status(at) == "Deleting"
    eventually(lambda: not at("ListNotebookInstances")["NotebookInstances"])


def test_work_that_took_longer_is_not_waited_for() -> None:
    at = stand(clock=Clock(100_000))
    at("CreateNotebookInstance", **notebook())
    time.sleep(0.01)
    at.runtime.finish()
    assert status(at) == "InService"


def test_a_state_that_does_not_end_by_itself_has_no_time() -> None:
    at = stand(clock=Clock(1))
    at("CreateNotebookInstance", **notebook())
    record = at.plane.record(NOTEBOOK_INSTANCE, "desk")
    record["NotebookInstanceStatus"] = "InService"
    at.plane.transition(NOTEBOOK_INSTANCE, record, "Stopped")
    assert status(at) == "Stopped"


def test_an_endpoint_is_in_creating_for_a_while() -> None:
    at = hosted(stand(clock=Clock(1200)))
    at.runtime.finish()
    assert at("DescribeEndpoint", EndpointName="endpoint")["EndpointStatus"] == "Creating"
    eventually(lambda: at("DescribeEndpoint", EndpointName="endpoint")["EndpointStatus"] == "InService")


def test_times_of_states_follow_one_another() -> None:
    at = stand(clock=Clock())
    at.done("CreateTrainingJob", **training())
    shown = at("DescribeTrainingJob", TrainingJobName="job")["SecondaryStatusTransitions"]
    assert [item["Status"] for item in shown] == ["Starting", "Pending", "Completed"]
    assert all(one["EndTime"] == two["StartTime"] for one, two in pairwise(shown))


def test_a_presigned_url_lives_five_minutes_of_the_clock() -> None:
    """docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePresignedNotebookInstanceUrl: valid for 5 minutes."""
    doors = Doors(Clock(1500))
    try:
        path = doors.invite("desk", "http://127.0.0.1:1/lab?token=t").removeprefix(doors.url) + "&view=lab"
        assert doors.answer(path, "").status == 302
        eventually(lambda: doors.answer(path, "").status == 403)
    finally:
        doors.close()


def test_a_warm_pool_lives_by_the_clock() -> None:
    """dg/train-warm-pools.html: Available for KeepAlivePeriodInSeconds, an hour here in half a second."""
    at = stand(quotas={"ml.m5.large for training warm pool usage": 1}, clock=Clock(7200))
    cluster = {**training()["ResourceConfig"], "KeepAlivePeriodInSeconds": 3600}
    at.done("CreateTrainingJob", **training(ResourceConfig=cluster))

    def pool() -> str:
        return str(at("DescribeTrainingJob", TrainingJobName="job")["WarmPoolStatus"]["Status"])

    assert pool() == "Available"
    eventually(lambda: pool() == "Terminated")


def test_who_waits_for_spot_instances_waits_by_the_clock() -> None:
    """APIReference/API_StoppingCondition.html, MaxWaitTimeInSeconds: a day here in half a second."""
    at = stand(clock=Clock(172_800))
    at.plane.capacity.withhold("ml.m5.large", 1)
    limits = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 86_400}
    at("CreateTrainingJob", **training(EnableManagedSpotTraining=True, StoppingCondition=limits))

    def secondary() -> str:
        return str(at("DescribeTrainingJob", TrainingJobName="job")["SecondaryStatus"])

    assert secondary() == "Pending"
    eventually(lambda: secondary() == "MaxWaitTimeExceeded")
