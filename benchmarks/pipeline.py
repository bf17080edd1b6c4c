"""What the pipeline costs on top of its scripts: one attendee's run against the same scripts one after another."""

import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.class_stack import class_stack, create_seat, seat_template, wait_for_seats
from benchmarks.lab_scripts import LabScripts
from classlab import data_source, pipelines
from classlab.contract import ClassroomOutput

ROUNDS = 5


def overhead_ratio(folder: Path) -> float:
    """Ratio of the median seconds; pipeline and scripts take turns in one run, on the same file and environments."""
    with class_stack(folder, small_kernel=True) as day, tempfile.TemporaryDirectory() as work:
        attendee = day.attendees[0].id
        create_seat(day, attendee, seat_template(day))
        seats = wait_for_seats(day, [attendee], "CREATE_COMPLETE")
        lab = day.labs[0]
        places = data_source.Places(folder=None, environment=os.environ, keep_in=day.workspace.scratch / "data")
        file = places.locate(lab, day.root)
        data = data_source.put(day.root, day.class_stack.output(ClassroomOutput.BUCKET), lab, file)
        scripts = LabScripts.of(lab, environments=day.options.environments, work=Path(work))
        pipeline_seconds, script_seconds = [], []
        for _ in range(ROUNDS):
            outcome = pipelines.run_all(day.root, seats, lab=lab, data={attendee: data})[0]
            if outcome.result["status"] != "succeeded":
                raise RuntimeError(f"the pipeline {outcome.result['status']}: {outcome.result['reason']}")
            pipeline_seconds.append(outcome.seconds)
            script_seconds.append(_run(scripts, file.path))
    return statistics.median(pipeline_seconds) / statistics.median(script_seconds)


def _run(scripts: LabScripts, data: Path) -> float:
    started = time.perf_counter()
    scripts.run(data)
    return time.perf_counter() - started
