"""The report of a day, from what the steps have found."""

from datetime import UTC, datetime

from classlab.environments import differences, identical
from classlab.rehearsal.day import Day
from classlab.reporting.report import Report, TeardownReport
from classlab.reporting.rows import environment_rows, lab_rows

_NOT_TORN_DOWN = TeardownReport(verdict="UNKNOWN", why="the class was not torn down")
_KEPT = TeardownReport(verdict="UNKNOWN", why="the class was kept running, as asked: nothing was torn down or judged")


def report_of(day: Day) -> Report:
    """Everything held only if nothing was found wrong, the teardown is CLEAN and the judge found nothing.

    Of a class that is kept running neither is asked for.
    """
    teardown = day.teardown or (_KEPT if day.options.keep else _NOT_TORN_DOWN)
    ended = teardown.verdict == "CLEAN" and day.judge is not None and not day.judge.problems
    return Report(
        classroom=day.classroom.name,
        engine="embedded",
        started_at=day.started_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=round((datetime.now(UTC) - day.started_at).total_seconds(), 3),
        template_sha256=day.template_sha256,
        environments=environment_rows(day.environments, differences(day.environments)),
        environments_identical=identical(day.environments),
        labs=lab_rows(day.labs, day.pipelines, day.notebooks),
        pipelines=day.pipelines,
        notebooks=day.notebooks,
        teardown=teardown,
        judge=day.judge,
        steps=day.steps,
        notes=day.notes,
        problems=day.problems,
        ok=not day.problems and (ended or day.options.keep),
    )
