"""The control plane over two engines: its records in the journal, and every state that one can be killed in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from embedded_aws.journal import folder
from embedded_aws.journal.journal import Journal
from embedded_aws.journal.tracked import Traits
from embedded_aws.sagemaker import restart
from embedded_aws.sagemaker import tuning as of_tuning
from embedded_aws.sagemaker.kinds import ENDPOINT, NOTEBOOK_INSTANCE, TRAINING_JOB, TUNING_JOB
from embedded_aws.sagemaker.ports import Record
from embedded_aws.sagemaker.restart import FAULT
from tests.embedded_aws.sagemaker_stubs import Stand, hosted, notebook, stand, training, tuning


class Engines:
    """Control planes one after the other on one journal."""

    def __init__(self, at: Path) -> None:
        self._at = at
        self.stand, self.journal = self._begin()

    def _begin(self) -> tuple[Stand, Journal]:
        begun = stand()
        journal = Journal(folder.open_file(self._at), folder.replaced_files(self._at), Traits(sharing=frozenset({"e"})))
        begun.plane.store.adopt(lambda kind, records: journal.adopt(("e", kind), records))
        journal.restore(lambda place, value: None)
        return begun, journal

    def next(self) -> Stand:
        """The next one, before it resumes anything."""
        self.journal.flush()
        self.stand, self.journal = self._begin()
        return self.stand


@pytest.fixture
def engines(tmp_path: Path) -> Engines:
    return Engines(tmp_path)


def test_a_create_call_touches_what_it_makes_and_no_other(engines: Engines) -> None:
    """Else each seat of a class has the journal compare all the others."""
    at = engines.stand
    at("CreateNotebookInstanceLifecycleConfig", NotebookInstanceLifecycleConfigName="free")
    for make, params in (("NotebookInstance", notebook), ("TrainingJob", training)):
        at(f"Create{make}", **params("one"))
    engines.journal.flush()
    at("CreateNotebookInstance", **notebook("two"))
    at("DeleteNotebookInstanceLifecycleConfig", NotebookInstanceLifecycleConfigName="free")
    at("CreateTrainingJob", **training("two"))
    touched = {key for (_, kind), key in engines.journal.registry.take() if kind in ("NotebookInstance", "TrainingJob")}
    assert touched == {"two"}


def test_what_a_tuning_job_tells_of_its_training_jobs_is_written(engines: Engines) -> None:
    at = engines.stand
    at("CreateHyperParameterTuningJob", **tuning())
    child = of_tuning.launch(at.plane, at.plane.record(TUNING_JOB, "tune"), {"depth": "1"})
    engines.journal.flush()
    at.plane.transition(TRAINING_JOB, child, "Completed")
    named = {"HyperParameterTuningJobName": "tune"}
    assert at("DescribeHyperParameterTuningJob", **named)["TrainingJobStatusCounters"]["Completed"] == 1
    (listed,) = engines.next()("ListTrainingJobsForHyperParameterTuningJob", **named)["TrainingJobSummaries"]
    assert listed["TrainingJobStatus"] == "Completed"


def test_tuning_job_and_its_training_jobs_hold_one_another_again(engines: Engines) -> None:
    at = engines.stand
    at("CreateHyperParameterTuningJob", **tuning())
    record = at.plane.record(TUNING_JOB, "tune")
    done, running, gone = (of_tuning.launch(at.plane, record, {"depth": str(number)}) for number in range(3))
    metrics = [{"MetricName": "auc", "Value": 0.5}]
    for child in (done, gone):
        at.plane.transition(TRAINING_JOB, child, "Completed", FinalMetricDataList=metrics)
    at("DeleteTrainingJob", TrainingJobName=gone["TrainingJobName"])
    named = {"HyperParameterTuningJobName": "tune"}
    shown = at("ListTrainingJobsForHyperParameterTuningJob", **named), at("DescribeHyperParameterTuningJob", **named)
    at = engines.next()
    assert shown == (
        at("ListTrainingJobsForHyperParameterTuningJob", **named),
        at("DescribeHyperParameterTuningJob", **named),
    )
    again = at.plane.record(TUNING_JOB, "tune")
    assert again["_children"][1] is at.plane.record(TRAINING_JOB, running["TrainingJobName"])
    restart.resume(at.plane)
    described = at("DescribeHyperParameterTuningJob", **named)
    assert (described["HyperParameterTuningJobStatus"], described["FailureReason"]) == ("Failed", FAULT)
    assert described["TrainingJobStatusCounters"]["RetryableError"] == 1
    assert described["BestTrainingJob"]["TrainingJobName"] == done["TrainingJobName"]


def resumed(engines: Engines, kind: Any, name: str, status: str) -> tuple[Stand, Record]:  # noqa: ANN401 # a kind
    """A record that an engine left in a state, and the next engine, which has resumed."""
    engines.stand.plane.record(kind, name)[kind.status] = status
    at = engines.next()
    restart.resume(at.plane)
    return at, at.plane.record(kind, name)


@pytest.mark.parametrize(
    ("left", "now", "asked"),
    [
        ("Pending", "Pending", ["started"]),
        ("InService", "Pending", ["started"]),
        ("Stopping", "Stopping", ["stopping"]),
        ("Deleting", "Deleting", ["deleting"]),
        ("Updating", "Stopped", []),
        ("Stopped", "Stopped", []),
        ("Failed", "Failed", []),
    ],
)
def test_notebook_instance_in_every_state(engines: Engines, left: str, now: str, asked: list[str]) -> None:
    engines.stand("CreateNotebookInstance", **notebook())
    at, record = resumed(engines, NOTEBOOK_INSTANCE, "desk", left)
    assert (record["NotebookInstanceStatus"], [call[0] for call in at.runtime.calls]) == (now, asked)


@pytest.mark.parametrize(
    ("left", "now", "asked"),
    [
        ("Creating", "Creating", ["started"]),
        ("Updating", "SystemUpdating", ["started"]),
        ("InService", "SystemUpdating", ["started"]),
        ("SystemUpdating", "SystemUpdating", ["started"]),
        ("Deleting", "Deleting", ["deleting"]),
        ("Failed", "Failed", []),
    ],
)
def test_endpoint_in_every_state(engines: Engines, left: str, now: str, asked: list[str]) -> None:
    """Updating here is of the weights alone: nothing is pending."""
    hosted(engines.stand)
    engines.stand.runtime.finish()
    record = engines.stand.plane.record(ENDPOINT, "endpoint")
    if left == "Creating":
        record["_pending"] = record.pop("_deployment")
    before = dict(record)
    at, record = resumed(engines, ENDPOINT, "endpoint", left)
    assert (record["EndpointStatus"], [call[0] for call in at.runtime.calls]) == (now, asked)
    at.runtime.finish()
    if asked == ["started"]:
        assert record["EndpointStatus"] == "InService"
        assert record["EndpointConfigName"] == before["EndpointConfigName"]
        assert record["CreationTime"] == before["CreationTime"]


@pytest.mark.parametrize(
    ("left", "now"), [("InProgress", "Failed"), ("Stopping", "Stopped"), ("Completed", "Completed")]
)
def test_job_in_every_state(engines: Engines, left: str, now: str) -> None:
    engines.stand("CreateTrainingJob", **training())
    _, record = resumed(engines, TRAINING_JOB, "job", left)
    assert record["TrainingJobStatus"] == now
    assert record.get("FailureReason") == (FAULT if now == "Failed" else None)
