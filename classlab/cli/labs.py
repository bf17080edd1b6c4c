"""`classlab labs`: list, build, check and begin labs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from classlab.build.notebook import build_notebooks
from classlab.cdk import PROJECT
from classlab.cli.common import FOLDER, json_option, show_json
from classlab.errors import UserError
from classlab.lab_sources.check import Finding, check
from classlab.lab_sources.skeleton import begin
from classlab.labs import LABS_FOLDER, SOURCE_LANGUAGE, Billed, Lab, earlier, lab_folders, read_lab
from classlab.settings import Language

_NOTEBOOKS = Path("build/notebooks")
_NAMES = click.argument("names", metavar="[LAB]...", nargs=-1)


@click.group()
def labs() -> None:
    """The labs' sources."""


@labs.command("list")
@json_option
def list_labs(*, as_json: bool) -> None:
    """List the labs with what each step takes on AWS: minutes, and dollars for each attendee.

    Below the pipeline's sum stands what the notebook starts by itself. An endpoint costs until it is deleted: the
    manifests reckon with half an hour.
    """
    found = [read_lab(folder, LABS_FOLDER) for folder in lab_folders(LABS_FOLDER)]
    if as_json:
        show_json([_row(lab) for lab in found])
    else:
        Console().print(_table(found))


@labs.command()
@_NAMES
@click.option("--lang", "language", type=click.Choice(get_args(Language)), default=SOURCE_LANGUAGE, show_default=True)
@click.option("--solutions", is_flag=True, help="With the exercises' solutions, which attendees never get.")
@click.option(
    "--into", "folder", type=FOLDER, default=_NOTEBOOKS, show_default=True, help="A folder a lab is made here."
)
def build(*, names: Sequence[str], language: Language, solutions: bool, folder: Path) -> None:
    """Build the notebooks of LAB..., or of all labs, to look at them."""
    for lab in (read_lab(path.name, path.parent) for path in _folders(names)):
        for name, text in build_notebooks(lab, language, solutions=solutions).items():
            path = folder / lab.name / f"{name}.{language}{'.solutions' if solutions else ''}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            click.echo(path)


@labs.command("check")
@_NAMES
@json_option
def check_labs(*, names: Sequence[str], as_json: bool) -> None:
    """Check LAB..., or all labs: every mistake with file and line; status 1 where there is one."""
    folders = _folders(names)
    findings = [finding for folder in folders for finding in check(folder)]
    if as_json:
        show_json([{**asdict(finding), "file": _shown(finding)} for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{_shown(finding)}:{finding.line}: {finding.text} [{finding.rule}]")
        click.echo(f"{len(folders)} labs checked, {len(findings)} mistakes", err=bool(findings))
    if findings:
        raise SystemExit(1)


@labs.command()
@click.argument("name")
def new(*, name: str) -> None:
    """Begin the lab NAME: a small one that runs, to be rewritten."""
    folder, test = begin(name, labs_folder=LABS_FOLDER, tests_folder=PROJECT / "tests/labs")
    click.echo(f"{folder}: a lab that passes `classlab labs check {name}`; rewrite it bit by bit")
    click.echo(f"{test}: its tests; run them with `python -m pytest {test}`")


def _folders(names: Sequence[str]) -> list[Path]:
    """Folders of labs by name or folder; all of them where none is named."""
    known = lab_folders(LABS_FOLDER)
    chosen = [name.replace("-", "_") for name in names] or known
    for name, folder in zip(names, chosen, strict=False):
        if folder not in known:
            raise UserError(f"there is no lab {name!r}; known labs: {', '.join(known)}")
    return [LABS_FOLDER / folder for folder in chosen]


def _shown(finding: Finding) -> str:
    """The file, from the project's folder on where it lies there."""
    return str(finding.file.relative_to(PROJECT) if finding.file.is_relative_to(PROJECT) else finding.file)


def _row(lab: Lab) -> dict[str, object]:
    jobs = lab.pipeline.jobs
    keys = {"image", "instance_type", "gpu", "expected_minutes", "usd"}
    started = lab.notebook.values()
    return {
        "lab": lab.name,
        "titles": lab.titles,
        "starts_from": _before(lab),
        "kernel": lab.kernel,
        "gpu": any(job.gpu for job in jobs.values()),
        "steps": {step: job.model_dump(include=keys) for step, job in jobs.items()},
        "minutes": sum(job.expected_minutes for job in jobs.values()),
        "usd": round(sum(job.usd for job in jobs.values()), 3),
        "notebook": {name: billed.model_dump() for name, billed in lab.notebook.items()},
        "notebook_minutes": sum(billed.expected_minutes for billed in started),
        "notebook_usd": round(sum(billed.usd for billed in started), 3),
    }


def _before(lab: Lab) -> str:
    """Name of the lab whose prepared data this one starts from."""
    chain = earlier(lab)
    return chain[-1].name if chain else ""


def _table(found: Sequence[Lab]) -> Table:
    numbers = [Column(name, justify="right") for name in ("minutes", "US dollars")]
    table = Table(Column("lab", overflow="fold"), "kernel", Column("step", no_wrap=True), "GPU", *numbers, box=None)
    table.caption = "what AWS is expected to take and bill for each attendee (us-east-1)"
    for lab in found:
        before = _before(lab)
        about = [lab.name, f"  {lab.title}", *([f"  starts from {before}"] if before else [])]
        steps, gpus, minutes, usd = zip(
            *_lines(lab.pipeline.jobs, "sum"),
            *_lines({f"notebook: {name}": billed for name, billed in lab.notebook.items()}, "notebook: sum"),
            strict=True,
        )
        columns = ("\n".join(column) for column in (steps, gpus, minutes, usd))
        table.add_row(escape("\n".join(about)), lab.kernel, *columns)
    return table


def _lines(billed: Mapping[str, Billed], total: str) -> list[tuple[str, str, str, str]]:
    """Name, GPU, minutes and dollars of each, and their sum; nothing of nothing."""
    lines = [(name, "yes" if one.gpu else "", one.expected_minutes, one.usd) for name, one in billed.items()]
    if lines:
        lines.append((total, "", sum(line[2] for line in lines), sum(line[3] for line in lines)))
    return [(name, gpu, f"{minutes:g}", f"{usd:.3f}") for name, gpu, minutes, usd in lines]
