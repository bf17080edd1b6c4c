"""Rules about what a manifest says."""

import re
from collections.abc import Iterator
from typing import get_args

from classlab.errors import UserError
from classlab.lab_sources.prices import PRICES, cost
from classlab.lab_sources.subject import Remark, Subject
from classlab.labs import Billed, JobStep, Lab, earlier, image_uri
from classlab.settings import Language

_GPU_FAMILY = re.compile(r"ml\.[gp]\d")
_REGION_OF_PRICES = "us-east-1"
_ROUNDING = 0.001  # manifests state tenths of a cent
_SLACK = 0.05  # of the cost: minutes are estimates


def valid(subject: Subject) -> Iterator[Remark]:
    """The manifest is YAML, has all keys it needs and no unknown one."""
    if subject.manifest.broken:
        yield Remark(subject.manifest.path, *subject.manifest.broken)
        return
    for key, text in subject.invalid:
        yield subject.at(*key, text=f"{'.'.join(map(str, key)) or 'manifest'}: {text}")


def duplicate_keys(subject: Subject) -> Iterator[Remark]:
    """No key stands twice: YAML would silently take the last."""
    for key, line in subject.manifest.twice:
        first = subject.manifest.line(*key)
        yield Remark(subject.manifest.path, line, f"{'.'.join(map(str, key))}: stands on line {first} already")


def folder_name(subject: Subject) -> Iterator[Remark]:
    """The folder bears the lab's name with underscores."""
    if subject.lab and subject.folder.name != subject.lab.name.replace("-", "_"):
        yield subject.at("name", text=f"name: {subject.lab.name!r} and the folder {subject.folder.name!r} differ")


def titles(subject: Subject) -> Iterator[Remark]:
    """The title is there in every language."""
    for language in get_args(Language):
        if subject.lab and not subject.lab.titles.get(language, "").strip():
            yield subject.at("title", text=f"title: {language} is missing")


def images(subject: Subject) -> Iterator[Remark]:
    """Every step's image has a registry."""
    for step, job in _jobs(subject):
        try:
            image_uri(job.image, _REGION_OF_PRICES)
        except UserError as error:
            yield subject.at("pipeline", step, "image", text=f"{step}: {error}")


def gpus(subject: Subject) -> Iterator[Remark]:
    """Whatever is billed says that it needs a GPU where its instance has one, and only there."""
    for key, job in _billed(subject):
        has_gpu = bool(_GPU_FAMILY.match(job.instance_type))
        if has_gpu != job.gpu:
            text = (
                f"{key[-1]}: {job.instance_type} has {'a' if has_gpu else 'no'} GPU, so say gpu: {str(has_gpu).lower()}"
            )
            yield subject.at(*key, "gpu" if job.gpu else "instance_type", text=text)


def prices(subject: Subject) -> Iterator[Remark]:
    """What a step, or something that the notebook starts, costs is its minutes at the recorded price."""
    for key, job in _billed(subject):
        right = cost(job)
        if right is None:
            text = f"{key[-1]}: {PRICES.name} has no price of {job.instance_type}; add it with its source"
            yield subject.at(*key, "instance_type", text=text)
        elif abs(job.usd - right) > max(_ROUNDING, _SLACK * right):
            minutes = f"{job.expected_minutes:g} minutes of {job.instance_type}"
            yield subject.at(*key, "usd", text=f"{key[-1]}: usd is {job.usd}; {minutes} cost {right:.3f}")


def origins(subject: Subject) -> Iterator[Remark]:
    """The lab it starts from is there, and no lab starts from itself in the end."""
    if not subject.lab:
        return
    try:
        earlier(subject.lab)
    except UserError as error:
        yield subject.at("starts_from", text=f"starts_from: {error}")


def read_labs(subject: Subject) -> Iterator[Remark]:
    """The labs whose outputs it reads are there, and it builds on none of them already."""
    if not subject.lab or any(origins(subject)):
        return
    above = {subject.folder.name, *(lab.folder.name for lab in earlier(subject.lab))}
    for number, folder in enumerate(subject.lab.reads):
        if not (subject.folder.parent / folder / "lab.yaml").is_file():
            yield subject.at("reads", number, text=f"reads: there is no lab {folder!r}")
        elif folder in above:
            yield subject.at(
                "reads", number, text=f"reads: {folder} is the lab itself, or one it starts from: remove it"
            )


def steps_fit(subject: Subject) -> Iterator[Remark]:
    """What later steps read is what prepare writes."""
    if not subject.lab:
        return
    for step, key, name in _read_by_steps(subject.lab):
        if name not in subject.lab.pipeline.prepare.outputs:
            yield subject.at("pipeline", step, key, text=f"{step}: prepare has no output {name!r}")


def _read_by_steps(lab: Lab) -> Iterator[tuple[str, str, str]]:
    """Step, key and output of prepare."""
    train, infer = lab.pipeline.train, lab.pipeline.infer
    yield from (("train", "channels", name) for name in train.channels)
    yield "infer", "input", infer.input
    yield "score", "image", "labels"
    if train.facts:
        yield "train", "facts", "facts"


def _jobs(subject: Subject) -> list[tuple[str, JobStep]]:
    return list(subject.lab.pipeline.jobs.items()) if subject.lab else []


def _billed(subject: Subject) -> list[tuple[tuple[str, str], Billed]]:
    """The steps of the pipeline and what the notebooks start, by their keys."""
    started = subject.lab.notebook if subject.lab else {}
    steps: list[tuple[tuple[str, str], Billed]] = [(("pipeline", step), job) for step, job in _jobs(subject)]
    return [*steps, *((("notebook", name), billed) for name, billed in started.items())]
