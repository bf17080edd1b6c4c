"""One run of several measurements: printed side by side as they come, and written as one flat JSON object."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.limits import Limit, missed

Part = tuple[str, Callable[[], dict[str, float]]]
FOLDER = Path("build/bench")
_DIGITS = 4


def run(name: str, parts: Sequence[Part], limits: Sequence[Limit] = ()) -> None:
    """Measure every part, into ``build/bench/<name>.json``; one that cannot run ends the benchmark with its error.

    A limit that is missed is told, and ends it with status 1 once everything is written.
    """
    found: dict[str, float] = {}
    for title, measure in parts:
        print(title, flush=True)
        for key, value in measure().items():
            found[key] = round(value, _DIGITS)
            print(f"    {key} = {found[key]}", flush=True)
    output = FOLDER / f"{name}.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"written to {output}")
    failures = list(missed(found, limits))
    for line in failures:
        print(f"missed: {line}")
    if failures:
        raise SystemExit(1)
