"""Rows of the report from what the core knows."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Literal

from classlab.environments import Seat
from classlab.labs import Lab
from classlab.pipelines import Outcome
from classlab.reporting.report import (
    DataRow,
    EnvironmentRow,
    GateRow,
    LabRow,
    NotebookRow,
    PipelineRow,
    PipelineStepRow,
)

_GOOD = "succeeded"


def environment_rows(seats: Mapping[str, Seat], differing: Mapping[str, list[str]]) -> list[EnvironmentRow]:
    """One row a seat; whoever is not ready counts as broken. `differing` holds each seat's parts that differ."""
    return [
        EnvironmentRow(
            attendee=seat.attendee,
            status="ready" if seat.state == "ready" else "broken",
            reason=seat.reason or ("" if seat.state == "ready" else seat.state),
            fingerprint=seat.fingerprint,
            seconds_to_ready=round(seat.seconds_to_ready, 3),
            differs=differing.get(attendee, []),
            changed_files=seat.changed_files,
        )
        for attendee, seat in seats.items()
    ]


def pipeline_row(outcome: Outcome) -> PipelineRow:
    """One row of a run that ended."""
    result = outcome.result
    gate = result["gate"]
    return PipelineRow(
        attendee=outcome.run.attendee,
        lab=outcome.run.lab,
        status=result["status"],
        reason=result["reason"],
        metrics=result["metrics"],
        validation=result["validation"],
        gate=GateRow.model_validate(gate) if gate else None,
        data=DataRow.model_validate(outcome.run.data),
        seconds=round(outcome.seconds, 3),
        steps=[PipelineStepRow(name=name, seconds=seconds) for name, seconds in outcome.steps],
    )


def lab_rows(labs: Sequence[Lab], pipelines: Sequence[PipelineRow], notebooks: Sequence[NotebookRow]) -> list[LabRow]:
    """Each lab over everybody's runs and notebooks."""
    names = {lab.folder.name: lab.name for lab in labs}
    return [_lab_row(lab, names.get(lab.starts_from, ""), pipelines, notebooks) for lab in labs]


def _lab_row(lab: Lab, starts_from: str, pipelines: Sequence[PipelineRow], notebooks: Sequence[NotebookRow]) -> LabRow:
    runs = [row for row in pipelines if row.lab == lab.name]
    read = [row for row in notebooks if row.lab == lab.name]
    good = [row for row in runs if row.status == _GOOD]
    return LabRow(
        name=lab.name,
        title=lab.title,
        starts_from=starts_from,
        status=_status([*(row.status for row in runs), *(row.status for row in read)]),
        pipelines=len(runs),
        pipelines_succeeded=len(good),
        notebooks=len(read),
        notebooks_succeeded=sum(row.status == _GOOD for row in read),
        seconds=statistics.median([row.seconds for row in good] or [0.0]),
        metrics=_medians([row.metrics for row in good]),
        validation=_medians([row.validation for row in good]),
    )


def _status(statuses: Sequence[str]) -> Literal["held", "failed", "skipped"]:
    if all(status == "skipped" for status in statuses):
        return "skipped"
    return "held" if all(status == _GOOD for status in statuses) else "failed"


def _medians(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for metrics in found for name in metrics)
    return {name: statistics.median(metrics[name] for metrics in found if name in metrics) for name in names}
