"""`classlab build`: everything that the class stack carries."""

from pathlib import Path

import click

from classlab.build.make import build_class
from classlab.build.manifest import BUILD_FOLDER
from classlab.cli.common import FOLDER, classroom_option, json_option, labs_of, listening, show_json
from classlab.reporting.events import Note, step
from classlab.settings import read_classroom


@click.command()
@classroom_option
@json_option
@click.option(
    "--into", "folder", type=FOLDER, default=BUILD_FOLDER, show_default=True, help="Where the CDK app looks for it."
)
def build(*, classroom_file: Path, folder: Path, as_json: bool) -> None:
    """Make the lab bundle, the kernel packs and the functions; needed before every deployment."""
    classroom = read_classroom(classroom_file)
    with listening(as_json=as_json) as emit, step(emit, "build", f"Build {classroom.name}"):
        manifest = build_class(classroom, labs_of(classroom), folder, lambda text: emit(Note(text)))
    if as_json:
        show_json(manifest.model_dump(mode="json"))
