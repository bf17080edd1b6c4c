"""`make bench-engine`: what a hundred seats cost the embedded AWS, and how much of AWS it knows.

The seats' stacks are the real ones but for their lifecycle scripts, which sleep a second: what is measured is the
engine and not the unpacking of kernels.
"""

import time
from pathlib import Path

from benchmarks import report
from benchmarks.class_stack import Template, class_stack, create_seat, seat_template, wait_for_seats
from benchmarks.memory import peak_of
from benchmarks.seats import delete_seats
from embedded_aws import launcher
from embedded_aws.evidence import calls
from tests.embedded_aws.account import Account
from tests.embedded_aws.expectations import runner

SEATS = 100
_LIFECYCLE = "AWS::SageMaker::NotebookInstanceLifecycleConfig"
_STUB = "#!/bin/bash\nsleep 1\n"
_SCRATCH = report.FOLDER / "engine"


def main() -> None:
    """Run every part."""
    parts: list[report.Part] = [
        ("the engine's start", lambda: {"start_seconds": _start_seconds(_SCRATCH)}),
        (f"{SEATS} seats", lambda: _seats(_SCRATCH, SEATS)),
        ("somebody else's expectations", lambda: _expectations(_SCRATCH)),
        ("the calls", lambda: {"calls_supported": float(calls.supported(calls.ask(Path(".envs"))))}),
    ]
    report.run("engine", parts)


def _start_seconds(folder: Path) -> float:
    """From nothing to the first answer."""
    environments, state = Path(".envs"), folder / "start"
    launcher.prepare(environments, print)
    started = time.perf_counter()
    engine = launcher.start(state=state, environments=environments)
    seconds = time.perf_counter() - started
    launcher.stop(engine)
    launcher.clean(state)
    return seconds


def _expectations(folder: Path) -> dict[str, float]:
    """How many facts of AWS were tried, and how many of them hold here."""
    engine = launcher.start(state=folder / "expectations", environments=Path(".envs"))
    try:
        tried, held = runner.run(Account(engine))
    finally:
        launcher.stop(engine)
        launcher.clean(engine.state)
    return {"cases_tried": float(tried), "cases_held": float(held)}


def _seats(folder: Path, number: int) -> dict[str, float]:
    with class_stack(folder, small_kernel=True) as day:
        template = seat_template(day, _sleep_a_second)
        attendees = [f"seat-{place:03d}" for place in range(number)]
        with peak_of(day.engine.pid) as peak:
            started = time.perf_counter()
            for attendee in attendees:
                create_seat(day, attendee, template)
            seats = wait_for_seats(day, attendees, "CREATE_COMPLETE")
            created = time.perf_counter() - started
        return {
            f"stack_create_seconds_{number}": created,
            f"peak_mib_{number}": max(peak),
            f"stack_delete_seconds_{number}": delete_seats(day, seats),
        }


def _sleep_a_second(template: Template) -> None:
    """Put the stub in the place of every lifecycle script."""
    for resource in template["Resources"].values():
        if resource["Type"] == _LIFECYCLE:
            for phase in {"OnCreate", "OnStart"} & resource["Properties"].keys():
                resource["Properties"][phase] = [{"Content": {"Fn::Base64": _STUB}}]


if __name__ == "__main__":
    main()
