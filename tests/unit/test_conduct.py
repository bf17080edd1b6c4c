"""The conductor: whatever fails, what does not need it still comes, and everything is told."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from classlab.errors import UserError
from classlab.rehearsal.conduct import conduct
from classlab.rehearsal.day import Day, Progress, Step
from classlab.rehearsal.options import Options
from classlab.rehearsal.outcome import report_of
from classlab.rehearsal.workspace import Workspace
from classlab.reporting.events import Event
from classlab.reporting.report import JudgeReport, TeardownReport
from classlab.roster import Attendee
from classlab.settings import read_classroom

SAMPLE = Path(__file__).parents[2] / "classroom.example.yaml"


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture
def day(tmp_path: Path, heard: list[Event]) -> Day:
    return Day(
        options=Options(folder=tmp_path),
        workspace=Workspace(tmp_path),
        classroom=read_classroom(SAMPLE),
        attendees=[Attendee(id="ann")],
        labs=[],
        emit=heard.append,
    )


def _step(name: str, does: Callable[[Day], None] = lambda _day: None, needs: tuple[str, ...] = ()) -> Step:
    def run(day: Day, _progress: Progress) -> None:
        does(day)

    return Step(name=name, title=f"{name} of {{attendees}}", run=run, needs=needs)


def _raise(error: Exception) -> Callable[[Day], None]:
    def does(_day: Day) -> None:
        raise error

    return does


def test_steps_run_in_their_order_with_titles_and_times(day: Day) -> None:
    conduct(day, [_step("one"), _step("two", needs=("one",))])
    assert [(row.name, row.title, row.outcome) for row in day.steps] == [
        ("one", "one of 1", "held"),
        ("two", "two of 1", "held"),
    ]
    assert day.steps[1].started >= day.steps[0].seconds


def test_what_needs_a_failed_step_is_skipped_and_the_rest_comes(day: Day) -> None:
    steps = [
        _step("deploy", _raise(UserError("no disk"))),
        _step("work", needs=("deploy",)),
        _step("notebook", needs=("work",)),
        _step("judge"),
    ]
    conduct(day, steps)
    assert [row.outcome for row in day.steps] == ["failed", "skipped", "skipped", "held"]
    assert day.problems == ["no disk"]


def test_a_step_that_found_a_fault_has_failed_but_done_its_work(day: Day) -> None:
    conduct(
        day, [_step("pipelines", lambda day: day.problem("stopped by its gate")), _step("end", needs=("pipelines",))]
    )
    assert [row.outcome for row in day.steps] == ["failed", "held"]
    assert day.steps[0].problems == ["stopped by its gate"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetThing"), "AWS refused GetThing"),
        (RuntimeError("a fault of ours"), "RuntimeError: a fault of ours"),
    ],
)
def test_an_unexpected_error_ends_the_step_and_not_the_day(day: Day, error: Exception, words: str) -> None:
    conduct(day, [_step("one", _raise(error)), _step("two")])
    assert [row.outcome for row in day.steps] == ["failed", "held"]
    assert words in day.problems[0]


def test_an_interrupt_ends_the_day(day: Day) -> None:
    def interrupt(_day: Day) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        conduct(day, [_step("one", interrupt), _step("two")])
    assert day.steps == []


CLEAN = TeardownReport(verdict="CLEAN")
JUDGED = JudgeReport(asked=1, baseline=1)


@pytest.mark.parametrize(
    ("teardown", "judge", "problems", "ok"),
    [
        (CLEAN, JUDGED, [], True),
        (CLEAN, JUDGED, ["anything"], False),
        (CLEAN, None, [], False),
        (None, JUDGED, [], False),
        (TeardownReport(verdict="UNKNOWN"), JUDGED, [], False),
        (CLEAN, JudgeReport(asked=2, baseline=1, leftovers=["x"]), [], False),
    ],
)
def test_everything_held_only_if_everything_did(
    *, day: Day, teardown: TeardownReport | None, judge: JudgeReport | None, problems: list[str], ok: bool
) -> None:
    day.teardown, day.judge, day.problems = teardown, judge, problems
    assert report_of(day).ok is ok


@pytest.mark.parametrize("problems", [[], ["anything"]])
def test_a_kept_class_holds_if_all_that_ran_did_and_says_that_it_was_kept(day: Day, problems: list[str]) -> None:
    day.options, day.problems = replace(day.options, keep=True), problems
    report = report_of(day)
    assert report.ok is (not problems)
    assert report.teardown.verdict == "UNKNOWN"
    assert "kept running, as asked" in report.teardown.why
