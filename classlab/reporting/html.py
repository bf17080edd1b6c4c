"""The report as one HTML page that needs nothing else: no script, no font, no network."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from classlab.reporting.report import DataRow, PipelineRow, PipelineStepRow, Report

_TEMPLATES = Path(__file__).parent / "templates"
_TEMPLATE = "report.html.j2"
_SHORT = 12
_VISIBLE = 0.01  # of a whole


class LabRuns:
    """Everybody's runs of one lab."""

    def __init__(self, rows: list[PipelineRow]) -> None:
        self.rows = rows
        self.metric_names = list(dict.fromkeys(name for row in rows for name in row.metrics))


def render(report: Report) -> str:
    """The whole page."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        short=_short, duration=_duration, share=_share, sentence=_sentence, figure=_figure, long=_long
    )
    return environment.get_template(_TEMPLATE).render(
        report=report,
        fingerprints=_numbered([row.fingerprint for row in report.environments if row.fingerprint]),
        titles={lab.name: lab.title for lab in report.labs},
        runs=_by_lab(report.pipelines),
        step_numbers=_numbers(step.name for row in report.pipelines for step in row.steps),
        shown_steps=list(dict.fromkeys(step.name for row in report.pipelines for step in _long(row.steps))),
        data_sources=_raw(report.pipelines),
        outcomes=sorted(Counter((item.kind, item.outcome) for item in report.teardown.items).items()),
        teardown_extra=report.teardown.model_extra or {},
    )


def write(report: Report, path: Path) -> None:
    """Write the page."""
    path.write_text(render(report), encoding="utf-8")


def _short(digest: str) -> str:
    return digest[:_SHORT]


def _duration(seconds: float) -> str:
    """`8.2 s`, `3 min 05 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def _share(part: float, whole: float) -> str:
    """A percentage of a CSS length; never below what can be seen, never above the whole."""
    return f"{min(100.0, max(0.3, 100 * part / whole if whole else 0)):.2f}%"


def _sentence(item: object) -> str:
    """What the teardown says of an item besides its ARN: its members in words, the reason last and without a name."""
    if not isinstance(item, dict):
        return ""
    told = {key: value for key, value in item.items() if key != "arn" and value not in ("", None, [], {})}
    why = told.pop("why", None) or told.pop("reason", None)
    words = [str(value) if key == "kind" else f"{key} {value}" for key, value in told.items()]
    return "; ".join([*words, *([str(why)] if why else [])]).replace("_", " ")


def _figure(value: float) -> str:
    """A count as a whole number, a share with four places."""
    return f"{value:.0f}" if value == int(value) and abs(value) > 1 else f"{value:.4f}"


def _long(steps: list[PipelineStepRow]) -> list[PipelineStepRow]:
    """The steps that took a visible share of a run."""
    whole = sum(step.seconds for step in steps)
    return [step for step in steps if step.seconds >= _VISIBLE * whole]


def _numbered(fingerprints: list[str]) -> dict[str, int]:
    """Each distinct fingerprint with a number, the most frequent first: equal ones get the same colour."""
    return {value: number for number, (value, _) in enumerate(Counter(fingerprints).most_common())}


def _by_lab(pipelines: list[PipelineRow]) -> dict[str, LabRuns]:
    """The runs of each lab, and the names of its metrics, in the order they came in."""
    labs = dict.fromkeys(row.lab for row in pipelines)
    return {lab: LabRuns([row for row in pipelines if row.lab == lab]) for lab in labs}


def _raw(pipelines: list[PipelineRow]) -> list[DataRow]:
    """The data that runs began with: later labs inherit the checksum of what their own goes back to."""
    raw: dict[str, DataRow] = {}
    for row in pipelines:
        if row.data:
            raw.setdefault(row.data.sha256, row.data)
    return list(raw.values())


def _numbers(names: Iterable[str]) -> dict[str, int]:
    """A number for each distinct name: the same step has the same colour everywhere."""
    return {name: number for number, name in enumerate(dict.fromkeys(names))}
