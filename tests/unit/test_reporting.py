"""The renderers: what people and machines read of the same events."""

import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from classlab.reporting import html
from classlab.reporting.console import ConsoleRenderer
from classlab.reporting.events import Event, Finished, Note, StepEnded, StepProgressed, StepStarted, step
from classlab.reporting.json_lines import JsonLines
from classlab.reporting.report import JudgeReport, Report
from tests.unit.sample_report import WORKSHOP, sample_report, workshop_report

EVENTS: list[Event] = [
    Note("an earlier run had left 3 processes and its state: removed"),
    StepStarted("attendee-stacks", "Deploy 2 attendee stacks"),
    StepProgressed("attendee-stacks", 0, 2, ""),
    StepProgressed("attendee-stacks", 1, 2, "ann"),
    StepProgressed("attendee-stacks", 1, 2, "ann"),
    StepEnded("attendee-stacks", "Deploy 2 attendee stacks", "failed", 12.34, ("anna: [no] disk",)),
    StepEnded("close", "Close the class", "skipped", 0.0),
    Finished(ok=False, seconds=63.2, report="build/report.html"),
]
PLAIN = """\
  an earlier run had left 3 processes and its state: removed
… Deploy 2 attendee stacks
  0/2
  1/2 ann
✗ Deploy 2 attendee stacks 12.3 s
  anna: [no] disk
– Close the class 0.0 s
not everything held after 63 s
report: build/report.html
"""


def test_plain_lines_where_no_terminal_is() -> None:
    stream = io.StringIO()
    with ConsoleRenderer(Console(file=stream, width=60, force_terminal=False)) as renderer:
        for event in EVENTS:
            renderer(event)
    assert stream.getvalue() == PLAIN


def test_a_terminal_shows_a_bar_and_then_the_same_lines() -> None:
    stream = io.StringIO()
    with ConsoleRenderer(Console(file=stream, width=100, force_terminal=True, color_system=None)) as renderer:
        for event in EVENTS[:4]:
            renderer(event)
        renderer._progress.refresh()  # the live line is drawn by time, which a test does not wait for
        for event in EVENTS[4:]:
            renderer(event)
    shown = stream.getvalue()
    assert "1/2" in shown
    assert "━" in shown
    assert "✗ Deploy 2 attendee stacks 12.3 s" in shown


def test_machines_get_one_object_a_line() -> None:
    stream = io.StringIO()
    lines = JsonLines(stream)
    for event in EVENTS:
        lines(event)
    documents = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [document["event"] for document in documents] == [
        "note",
        "step-started",
        *["step-progressed"] * 3,
        *["step-ended"] * 2,
        "finished",
    ]
    assert documents[5] == {
        "event": "step-ended",
        "name": "attendee-stacks",
        "title": "Deploy 2 attendee stacks",
        "outcome": "failed",
        "seconds": 12.34,
        "problems": ["anna: [no] disk"],
    }


def test_a_step_that_raises_has_failed_and_still_raises() -> None:
    heard: list[Event] = []
    with pytest.raises(ValueError, match="no disk"), step(heard.append, "fetch", "Fetch"):
        raise ValueError("no disk")
    assert isinstance(heard[-1], StepEnded)
    assert (heard[-1].outcome, heard[-1].problems) == ("failed", ("no disk",))


def test_the_report_holds_what_the_architecture_names() -> None:
    document = json.loads(sample_report().model_dump_json())
    assert set(document) >= {
        "classroom", "engine", "started_at", "seconds", "template_sha256", "environments", "environments_identical",
        "pipelines", "notebooks", "teardown", "ok",
    }  # fmt: skip
    assert set(document["environments"][0]) >= {
        "attendee", "kind", "status", "reason", "fingerprint", "seconds_to_ready",
    }  # fmt: skip
    assert set(document["pipelines"][0]) >= {
        "attendee", "lab", "status", "metrics", "gate", "data", "seconds", "steps",
    }  # fmt: skip
    assert set(document["pipelines"][0]["gate"]) >= {"metric", "at_least", "passed"}
    assert set(document["pipelines"][0]["data"]) == {"source", "sha256", "generated"}
    assert set(document["notebooks"][0]) >= {"attendee", "lab", "status", "cells", "seconds"}
    assert set(document["teardown"]) >= {
        "verdict", "kept", "planned", "deleted", "leftovers", "unattributed", "strangers_seen", "strangers_touched",
        "scans", "lister_errors", "api_calls", "seconds", "items",
    }  # fmt: skip
    assert set(document["teardown"]["items"][0]) >= {"arn", "kind", "proof", "outcome", "attempts"}


def test_a_report_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    report = sample_report()
    report.write(tmp_path / "report.json")
    assert Report.read(tmp_path / "report.json") == report
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


class _Balance(HTMLParser):
    """Checks that every element is closed in its turn, and collects links."""

    VOID = ("meta", "br", "img", "link", "input", "hr")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _read_page(report: Report) -> tuple[_Balance, str]:
    page = _Balance()
    page.feed(html.render(report))
    return page, re.sub(r"\s+", " ", " ".join(page.text))


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    page, _ = _read_page(sample_report())
    assert page.open == []
    assert page.links == []
    assert "url(" not in html.render(sample_report())


@pytest.mark.parametrize(
    "words",
    [
        "✗ not everything held",
        "ann-b: the pipeline was stopped by its gate",
        "generated by this project",
        "not identical",
        "kernels.churn-xgboost.packages.pandas: 2.2.3 instead of 2.3.3",
        "auc 0.9120 ≥ 0.96",
        "stopped-by-gate",
        "AWS has no call to delete it",
        "only the name looks like ours",
        "left behind: s3 buckets sample--ann-bucket",
        "1 min 15 s",
    ],
)
def test_the_page_says(words: str) -> None:
    assert words in _read_page(sample_report())[1]


def test_a_workshop_has_a_line_and_a_table_a_lab() -> None:
    page, text = _read_page(workshop_report())
    assert page.open == []
    for name, title, *_ in WORKSHOP:
        assert text.count(title) == 2
        assert name in text
    assert "test macro f1" in text
    assert "image-comparison skipped" in text
    assert text.count("s3://class/data/churn-xgboost") == 1
    assert "s3://sample--ann-seatbucket" not in text  # what was prepared from it is no other data


def test_one_lab_needs_no_summary() -> None:
    assert "On the test set" not in _read_page(sample_report())[1]


def test_what_comes_from_outside_is_escaped() -> None:
    report = sample_report().model_copy(update={"problems": ["<script>alert(1)</script>"]})
    assert "<script>" not in html.render(report)


def test_a_run_that_began_nothing_has_a_page_too() -> None:
    empty = sample_report().model_copy(
        update={"environments": [], "pipelines": [], "notebooks": [], "template_sha256": [], "judge": None, "steps": []}
    )
    assert "No pipeline ran." in _read_page(empty)[1]


def test_the_judge_tells_each_fault_in_words() -> None:
    judge = JudgeReport(
        asked=1,
        baseline=1,
        leftovers=["s3 buckets b"],
        baseline_changed=["iam roles r is gone"],
        strangers_changed=["sagemaker models m was changed"],
        machine=["process 7 node"],
    )
    assert judge.problems == [
        "left behind: s3 buckets b",
        "changed by the class: iam roles r is gone",
        "a stranger was touched: sagemaker models m was changed",
        "left on this machine: process 7 node",
    ]
