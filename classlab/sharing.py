"""Outputs of labs handed on: from one seat to the class (`share`), and from the class to seats that lack them (`jump`).

Outputs count from the moment that their document (`contract.LabOutputs`) is there: it is written last, so whatever was
interrupted before goes on where it stopped.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, cast

from boto3.s3.transfer import TransferConfig

from classlab.aws import Aws
from classlab.contract import (
    RUNS_PREFIX,
    SHARED_PREFIX,
    AttendeeOutput,
    LabOutputs,
    outputs_key,
    run_prefix,
)
from classlab.data_source import read_outputs
from classlab.errors import UserError
from classlab.labs import Lab
from classlab.stacks import Stack

_AT_ONCE = 16  # pictures are thousands of small objects
_ONE_CALL = TransferConfig(multipart_threshold=5 * 2**30)  # up to here a copy keeps the object's ETag


@dataclass(frozen=True)
class Place:
    """Where outputs lie: a seat's bucket, or a folder of the class bucket."""

    bucket: str
    prefix: str = ""

    @property
    def uri(self) -> str:
        """Ends with a slash."""
        return f"s3://{self.bucket}/{self.prefix}"


@dataclass(frozen=True)
class Handed:
    """What became of one lab's outputs for one attendee."""

    attendee: str
    lab: str
    outcome: Literal["put in place", "kept the attendee's own"]
    objects: int
    size: int  # bytes


def of_class(bucket: str) -> Place:
    """The class's shared outputs."""
    return Place(bucket, SHARED_PREFIX)


def of_seat(stack: Stack) -> Place:
    """One attendee's outputs."""
    return Place(stack.output(AttendeeOutput.BUCKET))


def share(aws: Aws, lab: Lab, seats: Mapping[str, Stack], shared: Place) -> str:
    """Copy a lab's outputs from the first of these seats that has them to the class; returns whose they were.

    Raises :class:`UserError` where nobody has finished the lab's pipeline.
    """
    for attendee, stack in seats.items():
        if outputs := finished(aws, of_seat(stack), lab):
            hand_over(aws, outputs, of_seat(stack), shared, made_by=outputs["made_by"])
            return attendee
    asked = ", ".join(seats) or "nobody"
    raise UserError(
        f"no outputs of {lab.name} to share (asked: {asked}): run `classlab run {lab.name} ID` for one seat"
    )


def jump(
    aws: Aws,
    labs: Sequence[Lab],
    seats: Mapping[str, Stack],
    donors: Mapping[str, Stack],
    shared: Place,
    *,
    force: bool = False,
    heard: Callable[[Handed], None] = lambda _handed: None,
) -> list[Handed]:
    """Put these labs' outputs into every seat that lacks them; ``donors`` are asked for what is not shared yet."""
    done = []
    for lab in labs:
        if not finished(aws, shared, lab):
            share(aws, lab, donors, shared)
        for attendee, stack in seats.items():
            handed = _give(aws, lab, attendee, of_seat(stack), shared, force=force)
            heard(handed)
            done.append(handed)
    return done


def available(aws: Aws, labs: Sequence[Lab], donors: Mapping[str, Stack], shared: Place) -> list[Lab]:
    """Those of the labs whose outputs are shared or could be, from a seat that has finished them."""
    places = [shared, *map(of_seat, donors.values())]
    return [lab for lab in labs if any(finished(aws, place, lab) for place in places)]


def finished(aws: Aws, place: Place, lab: Lab) -> LabOutputs | None:
    """A lab's outputs where they can be handed on: a pipeline's, whose objects all lie below one run."""
    outputs = read_outputs(aws, place.bucket, lab.name, place.prefix)
    if outputs is None:
        return None
    below = f"{place.uri}{RUNS_PREFIX}"
    named = [outputs["prepared"], outputs["scored"], outputs["artifact"]]
    return outputs if all(uri.startswith(below) for uri in named if uri) else None


def hand_over(
    aws: Aws, outputs: LabOutputs, source: Place, target: Place, *, made_by: Literal["pipeline", "notebook", "jump"]
) -> tuple[int, int]:
    """Copy what a run left and then its document; returns how many objects and bytes the target now has of it."""
    folder = run_prefix(outputs["lab"], outputs["run"])
    wanted = dict(_objects(aws, source, folder))
    there = dict(_objects(aws, target, folder))
    missing = [path for path, mark in wanted.items() if there.get(path) != mark]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(lambda path: _copy(aws, source, target, path), missing):
            pass  # the first error is raised here
    _check(wanted, dict(_objects(aws, target, folder)), outputs, target)
    text = json.dumps({**outputs, "made_by": made_by}).replace(source.uri, target.uri)
    key = target.prefix + outputs_key(outputs["lab"])
    aws.s3.put_object(Bucket=target.bucket, Key=key, Body=text.encode(), ContentType="application/json")
    return len(wanted), sum(size for size, _ in wanted.values())


def _give(aws: Aws, lab: Lab, attendee: str, seat: Place, shared: Place, *, force: bool) -> Handed:
    own = read_outputs(aws, seat.bucket, lab.name)
    if own is not None and not force:
        return Handed(attendee, lab.name, "kept the attendee's own", 0, 0)
    outputs = cast("LabOutputs", finished(aws, shared, lab))
    objects, size = hand_over(aws, outputs, shared, seat, made_by="jump")
    return Handed(attendee, lab.name, "put in place", objects, size)


def _objects(aws: Aws, place: Place, folder: str) -> Iterator[tuple[str, tuple[int, str]]]:
    """Path below the place, size and ETag of every object in a folder of it."""
    pages = aws.s3.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.prefix + folder)
    for page in pages:
        for entry in page.get("Contents", []):
            yield entry["Key"].removeprefix(place.prefix), (entry["Size"], entry["ETag"])


def _copy(aws: Aws, source: Place, target: Place, path: str) -> None:
    """Inside S3; tags would need rights of their own."""
    origin = {"Bucket": source.bucket, "Key": source.prefix + path}
    extra = {"TaggingDirective": "REPLACE"}
    aws.s3.copy(origin, target.bucket, target.prefix + path, ExtraArgs=extra, Config=_ONE_CALL)  # type: ignore[arg-type] # the stubs want a TypedDict


def _check(
    wanted: Mapping[str, tuple[int, str]], there: Mapping[str, tuple[int, str]], outputs: LabOutputs, target: Place
) -> None:
    """Everything arrived with its size; ETags differ where the buckets' encryption does."""
    short = [path for path, (size, _) in wanted.items() if there.get(path, (-1, ""))[0] != size]
    if short or not wanted:
        lacking = ", ".join(short[:3]) or f"everything of run {outputs['run']}"
        raise UserError(
            f"the outputs of {outputs['lab']} did not arrive in {target.uri} ({lacking}): gone at their source, "
            f"or were changed meanwhile; run `classlab run {outputs['lab']} ID` anew"
        )
