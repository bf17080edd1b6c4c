"""How the churn lab's prepare.py grows with its file: 5 thousand, 500 thousand and 5 million generated customers.

``python -m benchmarks.prepare_scale``. Peak memory is the kernel's own count of a process (`ru_maxrss`). The ratios are
of processor seconds, so that whatever else runs on the machine does not spoil them. At 5 thousand rows a process mostly
starts; the ratio that can show growth worse than linear is the one from 500 thousand up.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from classlab.labs import Lab, read_lab

ROUNDS = {"5k": (5_000, 5), "500k": (500_000, 3), "5m": (5_000_000, 1)}  # rows, and how often they are prepared


@dataclass(frozen=True)
class Prepared:
    """What one run of prepare.py cost."""

    seconds: float
    processor_seconds: float
    peak_mib: float


def measure() -> dict[str, float]:
    """``prepare_seconds_N``, ``prepare_peak_mib_N`` and the ratios of the processor seconds a row."""
    lab = read_lab("churn_xgboost")
    found: dict[str, float] = {}
    per_row: dict[str, float] = {}
    for name, (rows, rounds) in ROUNDS.items():
        with tempfile.TemporaryDirectory() as folder:
            _generate(lab, Path(folder), rows)
            runs = [_prepare(lab, Path(folder)) for _ in range(rounds)]
        found[f"prepare_seconds_{name}"] = statistics.median(run.seconds for run in runs)
        found[f"prepare_peak_mib_{name}"] = max(run.peak_mib for run in runs)
        per_row[name] = statistics.median(run.processor_seconds for run in runs) / rows
    found["prepare_seconds_per_row_5m_to_5k"] = per_row["5m"] / per_row["5k"]
    found["prepare_seconds_per_row_5m_to_500k"] = per_row["5m"] / per_row["500k"]
    return found


def _generate(lab: Lab, folder: Path, rows: int) -> None:
    script = lab.folder / (lab.data.generator if lab.data else "")
    command = [sys.executable, "-I", str(script), str(folder / "data/churn.csv"), "--rows", str(rows)]
    subprocess.run(command, check=True)


def _prepare(lab: Lab, folder: Path) -> Prepared:
    """One run, in a process of its own."""
    command = [sys.executable, "-I", str(lab.folder / "prepare.py"), "--input", str(folder / "data")]
    started = time.perf_counter()
    process = subprocess.Popen([*command, "--output", str(folder / "prepared")], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    seconds = time.perf_counter() - started
    return Prepared(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def main() -> None:
    """Measure and print."""
    print(json.dumps({name: round(value, 4) for name, value in measure().items()}, indent=1))


if __name__ == "__main__":
    main()
