"""How long one attendee's stack takes to synthesise out of a roster of 300, against a roster of one."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from classlab.cdk import PROJECT

ROUNDS = 7
LARGE = 300


def synth_ratio() -> float:
    """Ratio of the median seconds; the two sizes take turns, so that a slow minute touches both."""
    with TemporaryDirectory() as folder:
        rosters = {size: _write_roster(Path(folder), size) for size in (1, LARGE)}
        seconds: dict[int, list[float]] = {size: [] for size in rosters}
        for _ in range(ROUNDS):
            for size, roster in rosters.items():
                seconds[size].append(_synthesise(roster, Path(folder) / "out"))
    return statistics.median(seconds[LARGE]) / statistics.median(seconds[1])


def _write_roster(folder: Path, size: int) -> Path:
    path = folder / f"roster-{size}.csv"
    path.write_text("id,name\n" + "".join(f"seat-{number},Seat {number}\n" for number in range(size)))
    return path


def _synthesise(roster: Path, out: Path) -> float:
    """Seconds of the app alone, started as the CDK command line starts it."""
    context = {"classroom": str(PROJECT / "classroom.example.yaml"), "roster": str(roster), "attendee": "seat-0"}
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "app.py"],
        cwd=PROJECT,
        env={**os.environ, "CDK_CONTEXT_JSON": json.dumps(context), "CDK_OUTDIR": str(out), "CDK_VALIDATION": "false"},
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - started
