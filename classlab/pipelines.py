"""Lab pipelines: start the deployed state machines, wait for them, read what they left."""

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError

from classlab.aws import Aws, code_of
from classlab.contract import (
    AttendeeOutput,
    PipelineData,
    PipelineInput,
    PipelineResult,
    PipelineSettings,
    pipeline_output,
    result_key,
)
from classlab.errors import UserError
from classlab.labs import Lab, Settings
from classlab.stacks import Stack
from classlab.waiting import Patience

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import HistoryEventTypeDef

_RUN_BYTES = 6  # twelve hex digits, as contract.RUN_ID_PATTERN asks for
_BETWEEN_SECONDS = 600.0
NO_WISHES = Settings()
_WISH = re.compile(r"(prepare|train)\.([A-Za-z_][A-Za-z0-9_:-]*)=(.*)", re.DOTALL)
_OURS = ("classlab_", "sagemaker_")


@dataclass(frozen=True)
class Run:
    """A started pipeline."""

    attendee: str
    lab: str
    run: str
    execution: str
    bucket: str
    data: PipelineData


@dataclass(frozen=True)
class Outcome:
    """A pipeline that has ended."""

    run: Run
    result: PipelineResult
    seconds: float
    steps: tuple[tuple[str, float], ...]  # state and seconds, in the order they were entered


def patience(lab: Lab) -> Patience:
    """As long as the lab's jobs may take one after another, and a little for what is between them."""
    minutes = sum(step.minutes for step in lab.pipeline.jobs.values())
    return Patience(seconds=60.0 * minutes + _BETWEEN_SECONDS, first=0.5, longest=5.0)


def run_all(
    aws: Aws,
    stacks: Mapping[str, Stack],
    *,
    lab: Lab,
    data: Mapping[str, PipelineData],
    wishes: Settings = NO_WISHES,
    heard: Callable[[Outcome], None] = lambda _outcome: None,
) -> list[Outcome]:
    """Run a lab's pipeline for everyone at once, each on the data of their seat, and wait."""
    runs = [
        start(aws, attendee=attendee, stack=stack, lab=lab, data=data[attendee], wishes=wishes)
        for attendee, stack in stacks.items()
    ]
    return wait(aws, runs, patience(lab), heard)


def start(aws: Aws, *, attendee: str, stack: Stack, lab: Lab, data: PipelineData, wishes: Settings = NO_WISHES) -> Run:
    """Start a lab's pipeline for one attendee; raises :class:`UserError` where the stack has no such pipeline."""
    machine = stack.output(pipeline_output(lab.name))
    run = secrets.token_hex(_RUN_BYTES)
    given = PipelineInput(run=run, data=data, settings=settings_of(lab, data, wishes))
    answer = aws.stepfunctions.start_execution(stateMachineArn=machine, name=run, input=json.dumps(given))
    return Run(attendee, lab.name, run, answer["executionArn"], stack.output(AttendeeOutput.BUCKET), data)


def wishes_of(lab: Lab, words: Sequence[str]) -> Settings:
    """Settings written as `train.epochs=3` or `prepare.IMAGE_SIZE=64`; raises :class:`UserError` for what is not so."""
    wishes: dict[str, dict[str, str]] = {"prepare": {}, "train": {}}
    for word in words:
        found = _WISH.fullmatch(word)
        if not found:
            raise UserError(f"--set {word}: write train.NAME=VALUE (a hyperparameter) or prepare.NAME=VALUE")
        step, name, value = found.groups()
        _check_wish(lab, word, step, name)
        wishes[step][name] = value
    return Settings.model_validate(wishes)


def _check_wish(lab: Lab, word: str, step: str, name: str) -> None:
    """A training refuses what it does not know; a variable that nobody reads would pass unnoticed."""
    if name.lower().startswith(_OURS):
        raise UserError(f"--set {word}: {name} is set by the pipeline itself")
    known = sorted({*lab.pipeline.prepare.settings, *lab.small.prepare})
    if step == "prepare" and name not in known:
        raise UserError(f"--set {word}: the manifest of {lab.name} has the settings {', '.join(known) or '(none)'}")


def settings_of(lab: Lab, data: PipelineData, wishes: Settings = NO_WISHES) -> PipelineSettings:
    """What a run does otherwise than the manifest says: the small settings on miniature data, and over them the wishes.

    A script gets its hyperparameters JSON-encoded, as the SDK sends them; an algorithm gets them as they are.
    """
    small = lab.small if data["generated"] else NO_WISHES
    train = small.train | wishes.train
    if not lab.pipeline.train.built_in:
        train = {name: json.dumps(value) for name, value in train.items()}
    return PipelineSettings(prepare=small.prepare | wishes.prepare, train=train)


def wait(
    aws: Aws, runs: Sequence[Run], patience: Patience, heard: Callable[[Outcome], None] = lambda _outcome: None
) -> list[Outcome]:
    """Every run's outcome in the order of `runs`; one that does not end in time has failed for that reason."""
    ended: dict[str, Outcome] = {}
    for _ in patience.rounds():
        for run in runs:
            if run.execution not in ended and (outcome := _outcome(aws, run)):
                ended[run.execution] = outcome
                heard(outcome)
        if len(ended) == len(runs):
            break
    late = f"still running after {patience.seconds:.0f} seconds"
    return [
        ended.get(run.execution) or Outcome(run, _failed(run, late), patience.seconds, _steps(aws, run)) for run in runs
    ]


def _outcome(aws: Aws, run: Run) -> Outcome | None:
    """None while the run is under way."""
    execution = aws.stepfunctions.describe_execution(executionArn=run.execution)
    if execution["status"] == "RUNNING":
        return None
    cause = ": ".join(word for word in (execution.get("error", ""), execution.get("cause", "")) if word)
    result = _read_result(aws, run) or _failed(run, cause or f"the execution ended {execution['status']}")
    if result["status"] == "succeeded" and execution["status"] != "SUCCEEDED":
        result = _failed(run, cause or f"the execution ended {execution['status']}")
    seconds = (execution["stopDate"] - execution["startDate"]).total_seconds()
    return Outcome(run, result, seconds, _steps(aws, run))


def _read_result(aws: Aws, run: Run) -> PipelineResult | None:
    try:
        body = aws.s3.get_object(Bucket=run.bucket, Key=result_key(run.lab, run.run))["Body"].read()
    except ClientError as error:
        if code_of(error) in ("NoSuchKey", "404"):
            return None
        raise
    return cast("PipelineResult", json.loads(body))


def _failed(run: Run, reason: str) -> PipelineResult:
    return PipelineResult(
        lab=run.lab,
        run=run.run,
        status="failed",
        reason=reason,
        data=run.data,
        gate=None,
        metrics={},
        validation={},
    )


def _steps(aws: Aws, run: Run) -> tuple[tuple[str, float], ...]:
    """How long each state took, by the execution's history."""
    entered: dict[str, datetime] = {}
    seconds: dict[str, float] = {}
    for page in aws.stepfunctions.get_paginator("get_execution_history").paginate(executionArn=run.execution):
        for event in page["events"]:
            _note_time(event, entered, seconds)
    return tuple(seconds.items())


def _note_time(event: "HistoryEventTypeDef", entered: dict[str, datetime], seconds: dict[str, float]) -> None:
    if details := event.get("stateEnteredEventDetails"):
        entered[details["name"]] = event["timestamp"]
    elif (left := event.get("stateExitedEventDetails")) and left["name"] in entered:
        took = (event["timestamp"] - entered.pop(left["name"])).total_seconds()
        seconds[left["name"]] = round(seconds.get(left["name"], 0.0) + took, 3)
