"""`classlab close`: fetch the work, destroy the class stack, sweep, final verdict."""

from pathlib import Path

import click

from classlab.aws import Aws
from classlab.build.manifest import BUILD_FOLDER
from classlab.cdk import Cdk
from classlab.cli.common import FOLDER, classroom_option, json_option, labs_of, listening, show_json
from classlab.closing import REPORT_NAME, Closing
from classlab.closing import close as close_class
from classlab.reporting.events import Note
from classlab.settings import read_classroom

_KEPT = Path("build/closed")


@click.command()
@classroom_option
@json_option
@click.option(
    "--build", "build_folder", type=FOLDER, default=BUILD_FOLDER, show_default=True, help="What was deployed."
)
@click.option("--into", type=FOLDER, help="Folder for the attendees' work and the report [build/closed/CLASSROOM].")
def close(*, classroom_file: Path, build_folder: Path, into: Path | None, as_json: bool) -> None:
    """Close the class after its teardown; status 1 where the final verdict is not CLEAN."""
    classroom = read_classroom(classroom_file)
    aws = Aws.of_region(classroom.region)
    cdk = Cdk(context={"classroom": str(classroom_file.resolve()), "build": str(build_folder.resolve())})
    folder = into or _KEPT / classroom.name
    with listening(as_json=as_json) as emit:
        labs = labs_of(classroom)
        closing = Closing(aws=aws, cdk=cdk, classroom=classroom.name, labs=labs, folder=folder, emit=emit)
        report = close_class(closing)
        emit(Note(f"{report.verdict}: the work and the report are in {folder / REPORT_NAME}", important=True))
    if as_json:
        show_json(report.model_dump())
    if report.verdict != "CLEAN":
        raise SystemExit(1)
