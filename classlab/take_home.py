"""What attendees take home: their notebooks as pages, the labs' scripts and data, what their pipelines made.

`run.py` in the folder runs each lab without AWS. While a seat stands its bucket is read; after the teardown it is what
was archived of it in the class bucket. Both are laid out alike (`contract.archive_key`).
"""

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbconvert import HTMLExporter

from classlab.aws import Aws
from classlab.build.assets import code_of
from classlab.contract import (
    SEAT_STATE_FOLDER,
    WORK_PREFIX,
    AttendeeOutput,
    LabOutputs,
    PipelineData,
    archive_key,
    outputs_key,
    run_prefix,
)
from classlab.data_source import uploaded
from classlab.errors import UserError
from classlab.fetching import fetch
from classlab.labs import Lab, earlier
from classlab.stacks import Stack

TEMPLATES = Path(__file__).parent / "templates/take_home"
_SCRIPTS = ("run.py", "transform.py")
_README = "README.md"


@dataclass(frozen=True)
class RawData:
    """A lab's raw file on this machine, and what it is."""

    path: Path
    about: PipelineData


@dataclass(frozen=True, kw_only=True)
class Packed:
    """One attendee's folder."""

    attendee: str
    folder: str
    pages: int = 0  # notebooks that became HTML
    outputs: list[str] = field(default_factory=list)  # labs whose pipeline left something
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class TakeHome:
    """What is alike for everybody; ``raw`` holds the labs whose data the class has, ``into`` gets a folder each."""

    classroom: str
    labs: Sequence[Lab]
    raw: Mapping[str, RawData]
    into: Path

    def pack(self, attendee: str, fetched: Path) -> Packed:
        """Make the folder of one attendee from what was fetched; one from before is replaced.

        Raises :class:`UserError` where something else is in its place.
        """
        folder = self._room(attendee)
        files = [path for path in _files(fetched) if path.relative_to(fetched).parts[0] != SEAT_STATE_FOLDER]
        for path in files:
            _put(path, folder / "work" / path.relative_to(fetched))
        notebooks = [path for path in _files(folder / "work") if path.suffix == ".ipynb"]
        problems = [problem for path in notebooks if (problem := _page(path, folder))]
        outputs = {lab.name: self._lab(lab, folder / lab.name, fetched / SEAT_STATE_FOLDER) for lab in self.labs}
        for name in _SCRIPTS:
            shutil.copyfile(TEMPLATES / name, folder / name)
        (folder / _README).write_text(self._readme(attendee, outputs, problems), encoding="utf-8")
        return Packed(
            attendee=attendee,
            folder=str(folder),
            pages=len(notebooks) - len(problems),
            outputs=[name for name, found in outputs.items() if found],
            problems=problems,
        )

    def _room(self, attendee: str) -> Path:
        folder = self.into / attendee
        if folder.exists() and not (folder / _SCRIPTS[0]).is_file():
            raise UserError(f"{folder} is there and is no take-home: name another folder with --into")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def _lab(self, lab: Lab, folder: Path, state: Path) -> LabOutputs | None:
        """Scripts, lock, data, outputs, and what `run.py` has to know; returns the outputs' document."""
        for name in code_of(lab):
            _put(lab.file(name), folder / "code" / name)
        _put(lab.file("requirements.txt"), folder / "requirements.txt")
        if lab.name in self.raw:
            _link(self.raw[lab.name].path, folder / "data" / lab.raw.file)
        outputs = _outputs(lab, state)
        if outputs:
            made = state / run_prefix(lab.name, outputs["run"])
            for path in _files(made):
                _put(path, folder / "outputs" / path.relative_to(made))
        metrics = outputs["metrics"] if outputs else {}
        about = json.dumps(self._about(lab) | {"metrics": metrics}, indent=1, ensure_ascii=False)
        (folder / "lab.json").write_text(about + "\n", encoding="utf-8")
        return outputs

    def _about(self, lab: Lab) -> dict[str, object]:
        """The pipeline's steps as `run.py` takes them, with the settings for the class's data."""
        steps, small = lab.pipeline, lab.small if self._generated(lab) else None
        return {
            "python": lab.kernel_python,
            "starts_from": _before(lab),
            "settings": steps.prepare.settings | (small.prepare if small else {}),
            "channels": steps.train.channels,
            "built_in": steps.train.built_in,
            "hyperparameters": steps.train.hyperparameters | (small.train if small else {}),
            "infer": steps.infer.model_dump(include={"input", "content_type", "accept", "code"}),
        }

    def _generated(self, lab: Lab) -> bool:
        first = [*earlier(lab), lab][0].name
        return first in self.raw and self.raw[first].about["generated"]

    def _readme(self, attendee: str, outputs: Mapping[str, LabOutputs | None], problems: list[str]) -> str:
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701 # Markdown, from our own manifests
        )
        labs = [
            {
                "name": lab.name,
                "title": lab.title,
                "starts_from": _before(lab),
                "python": lab.kernel_python,
                "file": lab.data.file if lab.data else "",
                "data": self.raw[lab.name].about if lab.name in self.raw else None,
                "own_index": "+cpu" in lab.file("requirements.txt").read_text(encoding="utf-8"),
                "outputs": outputs[lab.name],
            }
            for lab in self.labs
        ]
        template = environment.get_template(f"{_README}.j2")
        return template.render(classroom=self.classroom, attendee=attendee, labs=labs, problems=problems)


@contextmanager
def taking_home(aws: Aws, class_bucket: str, classroom: str, labs: Sequence[Lab], into: Path) -> Iterator[TakeHome]:
    """Fetch the class's raw data, once for all; the copies in the folders share its blocks where links can be made."""
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".raw-", dir=into) as scratch:
        raw = {lab.name: found for lab in labs if lab.data and (found := _raw(aws, class_bucket, lab, Path(scratch)))}
        yield TakeHome(classroom=classroom, labs=labs, raw=raw, into=into)


def archived(aws: Aws, class_bucket: str) -> list[str]:
    """Attendees whose seats are gone and whose work the class bucket keeps."""
    pages = aws.s3.get_paginator("list_objects_v2").paginate(Bucket=class_bucket, Prefix=WORK_PREFIX, Delimiter="/")
    found = [common["Prefix"] for page in pages for common in page.get("CommonPrefixes", [])]
    return [prefix.removeprefix(WORK_PREFIX).rstrip("/") for prefix in found]


def fetch_seat(aws: Aws, class_bucket: str, attendee: str, stack: Stack | None, folder: Path) -> Path:
    """Fetch what one attendee has made, from the seat's bucket or its archive; returns where it lies."""
    if stack is None:
        fetch(aws, class_bucket, folder, prefix=f"{WORK_PREFIX}{attendee}/")
    else:
        fetch(aws, stack.output(AttendeeOutput.BUCKET), folder, place=partial(archive_key, attendee))
    return folder / WORK_PREFIX / attendee


def _raw(aws: Aws, bucket: str, lab: Lab, folder: Path) -> RawData | None:
    """The raw file of the class, or None where none was uploaded."""
    try:
        about = uploaded(aws, bucket, lab)
    except UserError:
        return None
    path = folder / lab.raw.file
    aws.s3.download_file(bucket, about["source"].removeprefix(f"s3://{bucket}/"), str(path))
    return RawData(path, about)


def _outputs(lab: Lab, state: Path) -> LabOutputs | None:
    path = state / outputs_key(lab.name)
    return cast("LabOutputs", json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


def _page(notebook: Path, folder: Path) -> str:
    """Write a notebook's page beside it; returns what is wrong with a notebook that is none, else nothing."""
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # IPython's own lexer is not here
            page, _ = HTMLExporter().from_filename(str(notebook))  # type: ignore[no-untyped-call] # nbconvert has no types
    except Exception as error:  # noqa: BLE001 # attendees' files are anything; one must not keep the others back
        return f"{notebook.relative_to(folder)} could not be made a page: {error}"
    notebook.with_suffix(".html").write_text(page, encoding="utf-8")
    return ""


def _before(lab: Lab) -> str:
    """Name of the lab whose prepared data this one starts from."""
    chain = earlier(lab)
    return chain[-1].name if chain else ""


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _link(source: Path, target: Path) -> None:
    """The file at another place too; a copy where that is on another volume."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
