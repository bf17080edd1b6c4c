"""The control plane as a whole: its inventory, its copies, and many threads at once."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

from embedded_aws.sagemaker.errors import AwsError
from embedded_aws.sagemaker.http import encode
from embedded_aws.sagemaker.kinds import NOTEBOOK_INSTANCE
from tests.embedded_aws.sagemaker_stubs import a_model, hosted, notebook, stand


def test_the_inventory_is_everything_with_its_tags() -> None:
    at = hosted(stand())
    at("CreateNotebookInstance", **notebook(Tags=[{"Key": "owner", "Value": "ann"}]))
    held = {arn.split(":")[-1]: (kind, digestable) for kind, arn, digestable in at.plane.inventory()}
    assert set(held) == {"model/model", "endpoint-config/config", "endpoint/endpoint", "notebook-instance/desk"}
    kind, desk = held["notebook-instance/desk"]
    assert (kind, desk["Tags"]) == ("NotebookInstance", {"owner": "ann"})
    assert desk["NotebookInstanceStatus"] == "Pending"
    assert not [name for name in desk if name.startswith("_")]
    json.dumps(encode([digestable for _, digestable in held.values()]))


def test_the_inventory_is_a_copy() -> None:
    at = stand()
    at("CreateModel", **a_model())
    (_, _, model), *_ = at.plane.inventory()
    model["PrimaryContainer"]["Image"] = "changed"
    assert at("DescribeModel", ModelName="model")["PrimaryContainer"]["Image"] != "changed"


def test_what_is_deleted_is_gone_from_the_inventory() -> None:
    at = hosted(stand())
    at.runtime.finish()
    at.done("DeleteEndpoint", EndpointName="endpoint")
    at("DeleteEndpointConfig", EndpointConfigName="config")
    at("DeleteModel", ModelName="model")
    assert list(at.plane.inventory()) == []


def test_a_late_end_of_a_deletion_spares_the_next_of_that_name() -> None:
    at = stand()
    at.done("CreateNotebookInstance", **notebook())
    old = at.plane.record(NOTEBOOK_INSTANCE, "desk")
    at.plane.remove(NOTEBOOK_INSTANCE, old)
    at("CreateNotebookInstance", **notebook())
    at.plane.remove(NOTEBOOK_INSTANCE, old)
    assert at("DescribeNotebookInstance", NotebookInstanceName="desk")


def test_one_of_many_creates_of_a_name_wins() -> None:
    at, ready = stand(), threading.Barrier(8)

    def create(_: int) -> bool:
        ready.wait()
        try:
            at("CreateNotebookInstance", **notebook())
        except AwsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(create, range(8))) == [False] * 7 + [True]
    assert at.runtime.calls == [("started", "NotebookInstance", "desk")]


def test_one_of_many_stops_wins() -> None:
    at, ready = stand(), threading.Barrier(8)
    at.done("CreateNotebookInstance", **notebook())

    def stop(_: int) -> bool:
        ready.wait()
        try:
            at("StopNotebookInstance", NotebookInstanceName="desk")
        except AwsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(stop, range(8))) == [False] * 7 + [True]


def test_lists_stand_still_while_records_come_and_go() -> None:
    at, stop = stand(), threading.Event()

    def churn(worker: int) -> int:
        rounds = 0
        while not stop.is_set():
            at("CreateModel", **a_model(f"m{worker}"))
            at("DeleteModel", ModelName=f"m{worker}")
            rounds += 1
        return rounds

    with ThreadPoolExecutor(4) as pool:
        churning = [pool.submit(churn, worker) for worker in range(4)]
        for _ in range(100):
            assert len(at("ListModels")["Models"]) <= 4
            assert len(list(at.plane.inventory())) <= 4
        stop.set()
        assert all(future.result() > 0 for future in churning)


def test_shutdown_ends_the_runtime() -> None:
    at = stand()
    at.plane.shutdown()
    assert at.runtime.calls == [("shutdown", "", "")]
