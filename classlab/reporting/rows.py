"""Rows of the report from what the core knows."""

from collections.abc import Mapping

from classlab.environments import Seat
from classlab.pipelines import Outcome
from classlab.reporting.report import DataRow, EnvironmentRow, GateRow, PipelineRow, PipelineStepRow


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
