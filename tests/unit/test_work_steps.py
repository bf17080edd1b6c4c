"""The class at work: what a lab without data, or one that fails, stops, and what it does not."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from click.testing import CliRunner

from classlab import pipelines
from classlab.aws import Aws
from classlab.cli.main import main
from classlab.contract import AttendeeOutput, ClassroomOutput, PipelineData, PipelineResult, outputs_key
from classlab.labs import Lab, read_lab
from classlab.notebook_session import Executed
from classlab.rehearsal.day import Day
from classlab.rehearsal.options import Options
from classlab.rehearsal.outcome import report_of
from classlab.rehearsal.steps import notebook as notebook_steps
from classlab.rehearsal.steps.notebook import NOTEBOOK
from classlab.rehearsal.steps.work import DATA, PIPELINES
from classlab.rehearsal.workspace import Workspace
from classlab.reporting.events import ignore
from classlab.reporting.report import JudgeReport, Report, TeardownReport
from classlab.roster import Attendee
from classlab.settings import read_classroom
from classlab.stacks import Stack

SAMPLE = Path(__file__).parents[2] / "classroom.example.yaml"
BEGAN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
GENERATOR = "import sys, pathlib\npathlib.Path(sys.argv[1]).write_text('made up')\n"


@pytest.fixture
def labs(tmp_path: Path) -> list[Lab]:
    """One lab, one that starts from it, and one that stands alone."""
    manifest = (read_lab("churn_xgboost").folder / "lab.yaml").read_text()
    found = []
    for name in ("base", "later", "alone"):
        folder = tmp_path / "labs" / name
        folder.mkdir(parents=True)
        text = manifest.replace("name: churn-xgboost", f"name: {name}").replace("churn.csv", f"{name}.csv")
        (folder / "lab.yaml").write_text(text)
        (folder / "generate.py").write_text(GENERATOR)
        lab = read_lab(name, tmp_path / "labs")
        raw = lab.raw.model_copy(update={"public_source": ""})
        later = {"data": None, "starts_from": "base", "notebooks": {"more": "more.py"}}
        found.append(lab.model_copy(update=later if name == "later" else {"data": raw}))
    return found


@pytest.fixture
def day(aws: Aws, labs: list[Lab], tmp_path: Path) -> Day:
    """Two attendees whose stacks stand."""
    day = Day(
        options=Options(folder=tmp_path),
        workspace=Workspace(tmp_path),
        classroom=read_classroom(SAMPLE),
        attendees=[Attendee(id="ann"), Attendee(id="anna")],
        labs=labs,
        emit=ignore,
    )
    day.instructor = aws
    day.class_stack = _stack(aws, "sample", {ClassroomOutput.BUCKET: "class-bucket"})
    day.seats = {
        who: _stack(aws, f"sample--{who}", {AttendeeOutput.BUCKET: f"bucket-{who}"}) for who in ("ann", "anna")
    }
    return day


def _stack(aws: Aws, name: str, outputs: dict[str, str]) -> Stack:
    for bucket in outputs.values():
        aws.s3.create_bucket(Bucket=bucket)
    return Stack(name, "id", "CREATE_COMPLETE", "", BEGAN, outputs, {})


@dataclass
class _Machines:
    """Pipelines that end at once, as `fails` says, and leave outputs where they succeed."""

    fails: set[tuple[str, str]] = field(default_factory=set)
    stopped: set[tuple[str, str]] = field(default_factory=set)  # by the gate
    ran: list[tuple[str, str, str]] = field(default_factory=list)

    def run_all(
        self, aws: Aws, seats: Mapping[str, Stack], *, lab: Lab, data: Mapping[str, PipelineData], **_further: object
    ) -> list[pipelines.Outcome]:
        return [self._run(aws, who, stack, lab, data[who]) for who, stack in seats.items()]

    def _run(self, aws: Aws, who: str, stack: Stack, lab: Lab, data: PipelineData) -> pipelines.Outcome:
        self.ran.append((who, lab.name, data["source"]))
        status, reason = self._end_of(who, lab)
        bucket = stack.output(AttendeeOutput.BUCKET)
        if status == "succeeded":
            body = {"data": data, "prepared": f"s3://{bucket}/runs/{lab.name}/1/prepare/"}
            aws.s3.put_object(Bucket=bucket, Key=outputs_key(lab.name), Body=json.dumps(body).encode())
        result = PipelineResult(
            lab=lab.name, run="1", status=status, reason=reason,
            data=data, gate=None, metrics={}, validation={},
        )  # fmt: skip
        return pipelines.Outcome(pipelines.Run(who, lab.name, "1", "arn", bucket, data), result, 1.0, ())

    def _end_of(self, who: str, lab: Lab) -> tuple[Literal["succeeded", "stopped-by-gate", "failed"], str]:
        if (who, lab.name) in self.fails:
            return "failed", "Train: no"
        if (who, lab.name) in self.stopped:
            return "stopped-by-gate", "auc is 0.9 and has to be at least 0.96"
        return "succeeded", ""


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> _Machines:
    machines = _Machines()
    monkeypatch.setattr(pipelines, "run_all", machines.run_all)
    return machines


def _statuses(day: Day) -> dict[tuple[str, str], str]:
    return {(row.attendee, row.lab): row.status for row in day.pipelines}


def _no_progress(_done: int, _total: int, _note: str) -> None:
    pass


def test_labs_run_in_order_each_on_its_own_data(day: Day, machines: _Machines) -> None:
    DATA.run(day, _no_progress)
    heard: list[tuple[int, int]] = []
    PIPELINES.run(day, lambda done, total, _note: heard.append((done, total)))
    assert set(_statuses(day).values()) == {"succeeded"}
    assert [ran for ran in machines.ran if ran[0] == "anna"] == [
        ("anna", "base", "s3://class-bucket/data/base.csv"),
        ("anna", "later", "s3://bucket-anna/runs/base/1/prepare/"),
        ("anna", "alone", "s3://class-bucket/data/alone.csv"),
    ]
    assert day.problems == []
    assert all(total == 6 for _, total in heard)


def test_a_failure_stops_what_the_same_attendee_starts_from_it_and_nothing_else(day: Day, machines: _Machines) -> None:
    machines.fails = {("ann", "base")}
    DATA.run(day, _no_progress)
    PIPELINES.run(day, _no_progress)
    assert _statuses(day) == {
        ("ann", "base"): "failed",
        ("anna", "base"): "succeeded",
        ("ann", "later"): "skipped",
        ("anna", "later"): "succeeded",
        ("ann", "alone"): "succeeded",
        ("anna", "alone"): "succeeded",
    }
    assert "ann: the pipeline of later ended skipped: it starts from base, which did not succeed" in day.problems
    assert len(day.problems) == 2


def test_a_gate_that_stops_one_pipeline_costs_the_exit_status(
    day: Day, machines: _Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def report() -> Report:
        DATA.run(day, _no_progress)
        PIPELINES.run(day, _no_progress)
        return report_of(day)

    def status() -> int:
        monkeypatch.setattr("classlab.cli.rehearse.rehearse_class", lambda *_arguments: report())
        return CliRunner().invoke(main, ["rehearse"], catch_exceptions=False).exit_code

    day.teardown, day.judge = TeardownReport(verdict="CLEAN"), JudgeReport(asked=1, baseline=1)
    assert status() == 0
    day.pipelines.clear()
    machines.stopped = {("anna", "alone")}
    assert status() == 1
    assert day.problems == ["anna: the pipeline of alone ended stopped-by-gate: auc is 0.9 and has to be at least 0.96"]
    assert [row.status for row in report_of(day).pipelines].count("stopped-by-gate") == 1


def test_a_lab_without_data_stops_itself_and_what_starts_from_it(day: Day, machines: _Machines) -> None:
    (day.labs[0].folder / "generate.py").write_text("raise SystemExit('no seed')")
    DATA.run(day, _no_progress)
    assert len(day.problems) == 1
    assert "base has no data" in day.problems[0]
    assert "no seed" in day.problems[0]
    PIPELINES.run(day, _no_progress)
    assert {lab for _, lab, _ in machines.ran} == {"alone"}
    skipped = [row for row in day.pipelines if row.status == "skipped"]
    assert {row.lab for row in skipped} == {"base", "later"}
    assert all(row.data is None for row in skipped)


class _Session:
    """A notebook session in which everything runs."""

    executed: list[tuple[str, str, str]]

    def __init__(self, _url: str) -> None:
        type(self).executed = []

    def __enter__(self) -> "_Session":
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def write_text(self, _path: str, _text: str) -> None:
        pass

    def execute(self, path: str, *, kernel: str, skipped_tag: str, heard: object) -> Executed:
        self.executed.append((path, kernel, skipped_tag))
        return Executed(5, 5, "")


def test_every_notebook_runs_and_only_the_first_lab_is_left_standing(
    day: Day, machines: _Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebook_steps, "NotebookSession", _Session)
    monkeypatch.setattr(notebook_steps, "environment_url", lambda _day, _who: "")
    monkeypatch.setattr(notebook_steps, "_first_ready", lambda _day: "ann")
    DATA.run(day, _no_progress)
    PIPELINES.run(day, _no_progress)
    NOTEBOOK.run(day, _no_progress)
    kernel = day.labs[0].kernel
    assert _Session.executed == [
        ("labs/base/base.ipynb", kernel, "clean-up"),
        ("labs/later/later.ipynb", kernel, ""),
        ("labs/later/more.ipynb", kernel, ""),
        ("labs/alone/alone.ipynb", kernel, ""),
    ]
    assert [row.notebook for row in day.notebooks] == ["base", "later", "more", "alone"]
    day.pipelines = [row for row in day.pipelines if row.lab != "base"]
    day.notebooks.clear()
    NOTEBOOK.run(day, _no_progress)
    assert {row.notebook: row.status for row in day.notebooks} == {
        "base": "succeeded",
        "later": "skipped",
        "more": "skipped",
        "alone": "succeeded",
    }
