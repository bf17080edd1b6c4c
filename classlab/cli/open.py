"""`classlab open ID`: an attendee's JupyterLab in the browser."""

from pathlib import Path

import click

from classlab.aws import Aws
from classlab.cli.common import classroom_option, labs_of
from classlab.contract import AttendeeOutput, seat_notebook
from classlab.notebook_session import presigned_url
from classlab.settings import read_classroom
from classlab.stacks import attendee_stack


@click.command("open")
@classroom_option
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open it, or print it only.")
@click.argument("attendee")
def open_environment(*, classroom_file: Path, attendee: str, browser: bool) -> None:
    """Open JupyterLab of ATTENDEE. The URL works for five minutes on AWS.

    AWS does not say that its URL may lead to a file: where the labs lie is told beside it, on standard error.
    """
    classroom = read_classroom(classroom_file)
    aws = Aws.of_region(classroom.region)
    stack = attendee_stack(aws, classroom.name, attendee)
    url = presigned_url(aws, stack.output(AttendeeOutput.NOTEBOOK))
    click.echo(url)
    for lab in labs_of(classroom):
        click.echo(f"{lab.title}: open {seat_notebook(lab.name)} in the file browser on the left", err=True)
    if browser:
        click.launch(url)
