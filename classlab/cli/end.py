"""`classlab end` and `classlab extend`: move the schedule that ends the class."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from classlab import schedule
from classlab.aws import Aws
from classlab.cli.common import classroom_option
from classlab.settings import read_classroom
from classlab.stacks import class_stack


@click.command()
@classroom_option
def end(*, classroom_file: Path) -> None:
    """End the class now: the deployed teardown begins within seconds."""
    classroom = read_classroom(classroom_file)
    aws = Aws.of_region(classroom.region)
    moment = schedule.end_now(aws, class_stack(aws, classroom.name), now=datetime.now(UTC))
    click.echo(f"the teardown of {classroom.name} begins at {moment:%Y-%m-%d %H:%M:%S} UTC; see `classlab status`")


@click.command()
@classroom_option
@click.option("--minutes", type=click.IntRange(min=1), default=60, show_default=True, help="How much longer.")
def extend(*, classroom_file: Path, minutes: int) -> None:
    """Let the class last longer."""
    classroom = read_classroom(classroom_file)
    aws = Aws.of_region(classroom.region)
    stack = class_stack(aws, classroom.name)
    moment = schedule.extend(aws, stack, timedelta(minutes=minutes), now=datetime.now(UTC))
    click.echo(f"the teardown of {classroom.name} now begins at {moment:%Y-%m-%d %H:%M:%S} UTC")
