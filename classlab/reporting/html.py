"""The report as one HTML page that needs nothing else: no script, no font, no network."""

from collections import Counter
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from classlab.reporting.report import PipelineRow, Report

_TEMPLATES = Path(__file__).parent / "templates"
_TEMPLATE = "report.html.j2"
_SHORT = 12


def render(report: Report) -> str:
    """The whole page."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(short=_short, duration=_duration, share=_share, sentence=_sentence)
    return environment.get_template(_TEMPLATE).render(
        report=report,
        fingerprints=_numbered([row.fingerprint for row in report.environments if row.fingerprint]),
        metric_names=_metric_names(report.pipelines),
        data_sources=list({row.data.sha256: row.data for row in report.pipelines}.values()),
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
    """An item of a list whose members the teardown chose: its ARN and the rest, in words."""
    if not isinstance(item, dict):
        return str(item)
    rest = {key: value for key, value in item.items() if key != "arn" and value not in ("", None, [], {})}
    words = "; ".join(f"{key} {value}" for key, value in rest.items())
    return " · ".join(part for part in (str(item.get("arn", "")), words) if part)


def _numbered(fingerprints: list[str]) -> dict[str, int]:
    """Each distinct fingerprint with a number, the most frequent first: equal ones get the same colour."""
    return {value: number for number, (value, _) in enumerate(Counter(fingerprints).most_common())}


def _metric_names(pipelines: list[PipelineRow]) -> list[str]:
    return list(dict.fromkeys(name for row in pipelines for name in row.metrics))
