"""`make bench`: the walking skeleton's numbers, side by side in one run, printed and written as flat JSON."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from benchmarks import churn_quality, pipeline, seats, synthesis

OUTPUT = Path("build/bench/skeleton.json")
_SCRATCH = Path("build/bench/class")
_DIGITS = 4


def main() -> None:
    """Run every part; a part that cannot run ends the benchmark with its error."""
    parts: list[tuple[str, Callable[[], dict[str, float]]]] = [
        ("one attendee's synthesis", lambda: {"synth_ratio_300_to_1": synthesis.synth_ratio()}),
        ("the pipeline against its scripts", lambda: {"pipeline_overhead_ratio": pipeline.overhead_ratio(_SCRATCH)}),
        ("1, 10 and 30 seats", lambda: seats.many_seats(_SCRATCH)),
        ("a seat with the real kernel", lambda: {"seconds_to_ready": seats.seconds_to_ready(_SCRATCH)}),
        ("ten seeds of the churn lab", _quality),
    ]
    found: dict[str, float] = {}
    for title, measure in parts:
        print(title, flush=True)
        for name, value in measure().items():
            found[name] = round(value, _DIGITS)
            print(f"    {name} = {found[name]}", flush=True)
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"written to {OUTPUT}")


def _quality() -> dict[str, float]:
    folder = os.environ.get("CLASSLAB_DATA", "")
    file = Path(folder) / "churn.csv"
    if not (folder and file.is_file()):
        print("    left out: it is measured on the real file; set CLASSLAB_DATA to the folder of churn.csv")
        return {}
    return churn_quality.measure(file)


if __name__ == "__main__":
    main()
