"""The report as one HTML page that needs nothing else: no script, no font, no network."""

from collections import Counter
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from classlab.reporting.report import PipelineRow, PipelineStepRow, Report

_TEMPLATES = Path(__file__).parent / "templates"
_TEMPLATE = "report.html.j2"
_SHORT = 12
_VISIBLE = 0.01  # of a whole


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
        metric_names=_metric_names(report.pipelines),
        data_sources=list({row.data.sha256: row.data for row in report.pipelines if row.data}.values()),
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


def _metric_names(pipelines: list[PipelineRow]) -> list[str]:
    return list(dict.fromkeys(name for row in pipelines for name in row.metrics))
