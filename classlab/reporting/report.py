"""The report of a class: what was deployed, worked, was torn down, and what the judge found.

The shape is the architecture's; units are seconds, times ISO 8601 in UTC.
"""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

Verdict = Literal["CLEAN", "LEFTOVERS", "UNKNOWN"]


class Part(BaseModel):
    """A part of the report."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StepRow(Part):
    """One step of the day, for the timeline."""

    name: str
    title: str
    started: float = Field(description="seconds after the day's start")
    seconds: float
    outcome: Literal["held", "failed", "skipped"]
    problems: list[str] = []


class EnvironmentRow(Part):
    """One attendee's environment."""

    attendee: str
    kind: Literal["notebook", "studio"] = "notebook"
    status: Literal["ready", "broken"]
    reason: str = ""
    fingerprint: str = ""
    seconds_to_ready: float = Field(description="from CreateStack to the status object")
    differs: list[str] = Field(default=[], description="measured parts in which it differs from most others")
    changed_files: list[str] = Field(default=[], description="lab files that the attendee has changed or added")


class GateRow(Part):
    """What the quality gate decided."""

    metric: str
    at_least: float
    passed: bool
    value: float | None = None


class DataRow(Part):
    """The raw data a pipeline ran on."""

    source: str
    sha256: str
    generated: bool


class PipelineStepRow(Part):
    """One state of a pipeline."""

    name: str
    seconds: float


class PipelineRow(Part):
    """One run of a lab's pipeline."""

    attendee: str
    lab: str
    status: str = Field(description="succeeded, stopped-by-gate, failed; skipped: what it starts from is not there")
    reason: str = ""
    metrics: dict[str, float] = {}
    validation: dict[str, float] = {}
    gate: GateRow | None = None
    data: DataRow | None = Field(default=None, description="nothing where the run was skipped")
    seconds: float
    steps: list[PipelineStepRow] = []


class NotebookRow(Part):
    """One execution of a lab's notebook in an attendee's environment."""

    attendee: str
    lab: str
    notebook: str = Field(default="", description="a lab may have several; empty: its first")
    status: str = Field(description="succeeded, failed; skipped: what it starts from is not there")
    cells: int
    seconds: float
    reason: str = ""


class LabRow(Part):
    """One lab, over everybody's runs."""

    name: str
    title: str
    starts_from: str = Field(default="", description="name of the lab whose prepared data it reads")
    status: Literal["held", "failed", "skipped"] = Field(description="skipped: nothing of it ran")
    pipelines: int = Field(description="runs of its pipeline, skipped ones included")
    pipelines_succeeded: int
    notebooks: int
    notebooks_succeeded: int
    seconds: float = Field(description="median of the runs that succeeded; 0 where none did")
    metrics: dict[str, float] = Field(default={}, description="on the test set; medians likewise")
    validation: dict[str, float] = Field(default={}, description="of the training; medians likewise")


class KeptItem(BaseModel):
    """Something that stays, and why."""

    model_config = ConfigDict(frozen=True, extra="allow")

    arn: str
    why: str


class TeardownItem(BaseModel):
    """One resource the teardown handled."""

    model_config = ConfigDict(frozen=True, extra="allow")

    arn: str
    kind: str
    proof: str
    outcome: str
    attempts: int
    why: str = ""


class TeardownReport(BaseModel):
    """What the deployed teardown reports, and `classlab close` completes. Unknown members are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")

    verdict: Verdict
    why: str = Field(default="", description="reason of an UNKNOWN verdict, where no teardown ran")
    kept: list[KeptItem] = []
    planned: int = 0
    deleted: int = 0
    leftovers: list[Any] = []
    unattributed: list[Any] = []
    strangers_seen: int = 0
    strangers_touched: int = 0
    scans: int = 0
    lister_errors: int = 0
    api_calls: int = 0
    seconds: float = 0
    items: list[TeardownItem] = []


class JudgeReport(Part):
    """What the judge found by asking the embedded AWS itself and looking at this machine."""

    asked: int = Field(description="items of the last inventory")
    baseline: int = Field(description="items of the inventory before the class")
    leftovers: list[str] = []
    kept: list[KeptItem] = Field(default=[], description="what AWS keeps too: shared, or without a delete call")
    baseline_changed: list[str] = []
    strangers: int = 0
    strangers_changed: list[str] = []
    machine: list[str] = Field(default=[], description="processes, ports and folders of the rehearsal that remain")

    @property
    def problems(self) -> list[str]:
        """Everything that must not be, one sentence each."""
        return [
            *(f"left behind: {item}" for item in self.leftovers),
            *(f"changed by the class: {item}" for item in self.baseline_changed),
            *(f"a stranger was touched: {item}" for item in self.strangers_changed),
            *(f"left on this machine: {item}" for item in self.machine),
        ]


class Report(Part):
    """`report.json`. `ok` holds only if everything that was asked for held."""

    classroom: str
    engine: Literal["embedded", "aws"]
    started_at: str
    seconds: float
    template_sha256: list[str] = Field(description="distinct hashes read back; one, or not identical")
    environments: list[EnvironmentRow]
    environments_identical: bool
    labs: list[LabRow] = Field(default=[], description="in the order they ran in")
    pipelines: list[PipelineRow]
    notebooks: list[NotebookRow]
    teardown: TeardownReport
    judge: JudgeReport | None = None
    steps: list[StepRow] = []
    notes: list[str] = Field(default=[], description="what the run was told to do differently, and what stands in")
    problems: list[str] = []
    ok: bool

    def write(self, path: Path) -> None:
        """Write the JSON, replacing an older report at once or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp")
        draft.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """The report of a file."""
        return cls.model_validate_json(path.read_text(encoding="utf-8"))
