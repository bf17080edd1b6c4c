"""What 1, 10 and 30 seats cost the engine, and what a seat costs an attendee who waits for it.

Thirty seats have a small kernel, so that the stacks are measured and not the unpacking of 200 wheels thirty times;
`seconds_to_ready` is of one seat with the churn lab's real kernel pack, already built.
"""

import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.class_stack import class_stack, create_seat, seat_template, wait_for_seats
from benchmarks.memory import peak_of
from classlab.contract import AttendeeOutput
from classlab.environments import Seat, wait_until_settled
from classlab.rehearsal.day import Day
from classlab.stacks import Stack, template_sha256
from classlab.waiting import Patience

SIZES = (1, 10, 30)


def many_seats(folder: Path) -> dict[str, float]:
    """``stack_create_seconds_N``, ``stack_delete_seconds_30``, ``template_hashes_of_30``, ``peak_mib_30``."""
    found: dict[str, float] = {}
    with class_stack(folder, small_kernel=True) as day:
        template = seat_template(day)
        for size in SIZES:
            attendees = [f"seat-{number:02d}" for number in range(size)]
            with peak_of(day.engine.pid) as peak:
                started = time.perf_counter()
                seats = _create(day, attendees, template)
                found[f"stack_create_seconds_{size}"] = time.perf_counter() - started
                all_ready(wait_until_settled(day.root, seats, Patience(seconds=1800, first=0.5, longest=2.0)))
            if size == SIZES[-1]:
                found[f"peak_mib_{size}"] = max(peak)
                found[f"template_hashes_of_{size}"] = len({template_sha256(day.root, s.name) for s in seats.values()})
            seconds = delete_seats(day, seats)
        found[f"stack_delete_seconds_{SIZES[-1]}"] = seconds
    return found


def seconds_to_ready(folder: Path) -> float:
    """From CreateStack to the status object of one seat, with the churn lab's kernel pack out of the cache."""
    with class_stack(folder, small_kernel=False) as day:
        attendee = day.attendees[0].id
        seats = _create(day, [attendee], seat_template(day))
        settled = wait_until_settled(day.root, seats, Patience(seconds=1800))
        all_ready(settled)
        return settled[attendee].seconds_to_ready


def all_ready(settled: Mapping[str, Seat]) -> None:
    """What seats that are not ready cost is no result: raises RuntimeError with the reason of each."""
    if broken := [f"{who} is {seat.state}: {seat.reason}" for who, seat in settled.items() if seat.state != "ready"]:
        raise RuntimeError("; ".join(broken))


def _create(day: Day, attendees: list[str], template: str) -> dict[str, Stack]:
    for attendee in attendees:
        create_seat(day, attendee, template)
    return wait_for_seats(day, attendees, "CREATE_COMPLETE")


def delete_seats(day: Day, seats: dict[str, Stack]) -> float:
    """Seconds from the first DeleteStack to the last stack's end; the buckets are emptied before the clock starts."""
    for seat in seats.values():
        name = seat.output(AttendeeOutput.NOTEBOOK)
        day.root.sagemaker.stop_notebook_instance(NotebookInstanceName=name)
    for seat in seats.values():
        name = seat.output(AttendeeOutput.NOTEBOOK)
        waiter = day.root.sagemaker.get_waiter("notebook_instance_stopped")
        waiter.wait(NotebookInstanceName=name, WaiterConfig={"Delay": 1})
        _empty(day, seat.output(AttendeeOutput.BUCKET))
    started = time.perf_counter()
    for seat in seats.values():
        day.root.cloudformation.delete_stack(StackName=seat.name)
    wait_for_seats(day, list(seats), "DELETE_COMPLETE")
    return time.perf_counter() - started


def _empty(day: Day, bucket: str) -> None:
    for page in day.root.s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            day.root.s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
