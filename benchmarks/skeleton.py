"""`make bench`: the walking skeleton's numbers, side by side in one run, printed and written as flat JSON."""

import os
from pathlib import Path

from benchmarks import churn_quality, pipeline, report, seats, synthesis

_SCRATCH = report.FOLDER / "class"


def main() -> None:
    """Run every part."""
    parts: list[report.Part] = [
        ("one attendee's synthesis", lambda: {"synth_ratio_300_to_1": synthesis.synth_ratio()}),
        ("the pipeline against its scripts", lambda: {"pipeline_overhead_ratio": pipeline.overhead_ratio(_SCRATCH)}),
        ("1, 10 and 30 seats", lambda: seats.many_seats(_SCRATCH)),
        ("a seat with the real kernel", lambda: {"seconds_to_ready": seats.seconds_to_ready(_SCRATCH)}),
        ("ten seeds of the churn lab", _quality),
    ]
    report.run("skeleton", parts)


def _quality() -> dict[str, float]:
    folder = os.environ.get("CLASSLAB_DATA", "")
    file = Path(folder) / "churn.csv"
    if not (folder and file.is_file()):
        print("    left out: it is measured on the real file; set CLASSLAB_DATA to the folder of churn.csv")
        return {}
    return churn_quality.measure(file)


if __name__ == "__main__":
    main()
