"""Pipelines: started with the run's own id, judged by the result object and the execution together."""

import json
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from classlab import pipelines
from classlab.aws import Aws
from classlab.contract import RUN_ID_PATTERN, AttendeeOutput, PipelineData, pipeline_output, result_key
from classlab.errors import UserError
from classlab.labs import Lab, Settings, TrainStep, read_lab
from classlab.stacks import Stack
from classlab.waiting import Patience

LAB = "churn-xgboost"
CHURN = read_lab("churn_xgboost")
SMALL = Settings(prepare={"IMAGE_SIZE": "48"}, train={"epochs": "3"})
DATA = PipelineData(source="s3://class/data/churn.csv", sha256="0" * 64, generated=False)
BEGAN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


class _Machine:
    """Step Functions as far as a pipeline's caller sees it; `ends` says how executions end."""

    def __init__(self, ends: dict[str, object]) -> None:
        self.ends = ends
        self.started: list[dict[str, Any]] = []

    def start_execution(self, **given: object) -> dict[str, Any]:
        self.started.append(given)
        return {"executionArn": f"arn:{given['name']}"}

    def describe_execution(self, **_given: object) -> dict[str, Any]:
        return {"startDate": BEGAN, "stopDate": BEGAN + timedelta(seconds=20), **self.ends}

    def get_paginator(self, _name: str) -> "_Machine":
        return self

    def paginate(self, **_given: object) -> list[dict[str, Any]]:
        def at(seconds: float) -> datetime:
            return BEGAN + timedelta(seconds=seconds)

        events = [
            {"timestamp": at(0), "stateEnteredEventDetails": {"name": "Prepare"}},
            {"timestamp": at(1.5), "type": "TaskScheduled"},
            {"timestamp": at(4.0), "stateExitedEventDetails": {"name": "Prepare"}},
            {"timestamp": at(4.0), "stateEnteredEventDetails": {"name": "Train"}},
        ]
        return [{"events": events[:2]}, {"events": events[2:]}]


def _with(aws: Aws, **ends: object) -> tuple[Aws, _Machine]:
    machine = _Machine(ends)
    return cast("Aws", SimpleNamespace(stepfunctions=machine, s3=aws.s3)), machine


@pytest.fixture
def seat(aws: Aws) -> Stack:
    aws.s3.create_bucket(Bucket="bucket-ann")
    outputs = {AttendeeOutput.BUCKET: "bucket-ann", pipeline_output(LAB): "arn:machine"}
    return Stack("sample--ann", "id", "CREATE_COMPLETE", "", BEGAN, outputs, {})


def _run(aws: Aws, seat: Stack, patience: Patience, result: dict[str, object] | None) -> pipelines.Outcome:
    run = pipelines.start(aws, attendee="ann", stack=seat, lab=CHURN, data=DATA)
    if result is not None:
        body: dict[str, object] = {
            "lab": LAB,
            "run": run.run,
            "reason": "",
            "data": DATA,
            "gate": None,
            "metrics": {},
            "validation": {},
        }
        aws.s3.put_object(Bucket="bucket-ann", Key=result_key(LAB, run.run), Body=json.dumps(body | result).encode())
    return pipelines.wait(aws, [run], patience)[0]


def test_a_run_has_an_id_of_its_own_and_the_data(aws: Aws, seat: Stack) -> None:
    fake, machine = _with(aws, status="RUNNING")
    runs = [pipelines.start(fake, attendee="ann", stack=seat, lab=CHURN, data=DATA) for _ in range(2)]
    assert runs[0].run != runs[1].run
    assert re.fullmatch(RUN_ID_PATTERN, runs[0].run)
    given = {"run": runs[0].run, "data": DATA, "settings": {"prepare": {}, "train": {}}}
    assert json.loads(machine.started[0]["input"]) == given


def test_a_lab_that_the_stack_has_not_is_refused(aws: Aws, seat: Stack) -> None:
    with pytest.raises(UserError, match="has no output PipelineOther"):
        pipelines.start(aws, attendee="ann", stack=seat, lab=CHURN.model_copy(update={"name": "other"}), data=DATA)


def test_success_comes_with_metrics_and_times(aws: Aws, seat: Stack, no_patience: Patience) -> None:
    fake, _ = _with(aws, status="SUCCEEDED")
    outcome = _run(fake, seat, no_patience, {"status": "succeeded", "metrics": {"auc": 0.98}})
    assert outcome.result["metrics"] == {"auc": 0.98}
    assert outcome.seconds == 20.0
    assert outcome.steps == (("Prepare", 4.0),)


def test_a_stopped_run_keeps_its_own_reason(aws: Aws, seat: Stack, no_patience: Patience) -> None:
    fake, _ = _with(aws, status="FAILED", error="QualityGate", cause="auc 0.9")
    outcome = _run(fake, seat, no_patience, {"status": "stopped-by-gate", "reason": "auc is 0.9"})
    assert (outcome.result["status"], outcome.result["reason"]) == ("stopped-by-gate", "auc is 0.9")


def test_without_a_result_object_the_executions_cause_is_told(aws: Aws, seat: Stack, no_patience: Patience) -> None:
    fake, _ = _with(aws, status="FAILED", error="States.Runtime", cause="bad path")
    outcome = _run(fake, seat, no_patience, None)
    assert (outcome.result["status"], outcome.result["reason"]) == ("failed", "States.Runtime: bad path")


def test_an_execution_that_failed_after_its_result_has_not_succeeded(
    aws: Aws, seat: Stack, no_patience: Patience
) -> None:
    fake, _ = _with(aws, status="TIMED_OUT")
    assert _run(fake, seat, no_patience, {"status": "succeeded"}).result["status"] == "failed"


def test_a_run_that_does_not_end_has_failed(aws: Aws, seat: Stack, no_patience: Patience) -> None:
    fake, _ = _with(aws, status="RUNNING")
    outcome = _run(fake, seat, no_patience, None)
    assert outcome.result["status"] == "failed"
    assert "still running" in outcome.result["reason"]


def _with_small(*, built_in: bool = False) -> Lab:
    train: TrainStep = CHURN.pipeline.train.model_copy(update={"built_in": built_in})
    pipeline = CHURN.pipeline.model_copy(update={"train": train})
    return CHURN.model_copy(update={"small": SMALL, "pipeline": pipeline})


def test_miniature_data_takes_the_small_settings_and_wishes_come_before_them() -> None:
    generated = PipelineData(**{**DATA, "generated": True})
    assert pipelines.settings_of(_with_small(), DATA) == {"prepare": {}, "train": {}}
    small = {"prepare": {"IMAGE_SIZE": "48"}, "train": {"epochs": '"3"'}}
    assert pipelines.settings_of(_with_small(), generated) == small
    wished = pipelines.settings_of(_with_small(), generated, Settings(train={"epochs": "1", "seed": "7"}))
    assert wished == {"prepare": {"IMAGE_SIZE": "48"}, "train": {"epochs": '"1"', "seed": '"7"'}}


def test_an_algorithm_gets_its_hyperparameters_plain() -> None:
    wished = pipelines.settings_of(_with_small(built_in=True), DATA, Settings(train={"epochs": "1"}))
    assert wished["train"] == {"epochs": "1"}


def test_wishes_are_read_as_they_are_typed() -> None:
    words = ["train.epochs=3", "prepare.IMAGE_SIZE=64", "train.note=a=b"]
    wishes = pipelines.wishes_of(_with_small(), words)
    assert wishes == Settings(prepare={"IMAGE_SIZE": "64"}, train={"epochs": "3", "note": "a=b"})


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("epochs=3", "write train.NAME=VALUE"),
        ("score.x=1", "write train.NAME=VALUE"),
        ("train.epochs", "write train.NAME=VALUE"),
        ("prepare.IMAGE_SIZ=64", "has the settings IMAGE_SIZE"),
        ("train.sagemaker_program=mine.py", "is set by the pipeline itself"),
        ("prepare.CLASSLAB_DATA_URI=s3://x", "is set by the pipeline itself"),
    ],
)
def test_a_wish_that_nobody_would_hear_is_refused(word: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        pipelines.wishes_of(_with_small(), [word])
