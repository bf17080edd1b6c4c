"""`classlab teardown --dry-run`: what the deployed teardown would delete."""

from pathlib import Path

import click

from classlab import teardown as core
from classlab.aws import Aws
from classlab.cli.common import classroom_option, show_json
from classlab.errors import UserError
from classlab.settings import read_classroom
from classlab.stacks import class_stack
from classlab.waiting import Patience

_PATIENCE = Patience(seconds=15 * 60, first=1.0, longest=15.0)


@click.command()
@classroom_option
@click.option("--dry-run", is_flag=True, help="Plan only; nothing is changed.")
def teardown(*, classroom_file: Path, dry_run: bool) -> None:
    """Show the plan of the deployed teardown."""
    if not dry_run:
        raise UserError("say --dry-run to see the plan; to tear the class down, run `classlab end`")
    classroom = read_classroom(classroom_file)
    aws = Aws.of_region(classroom.region)
    show_json(core.dry_run(aws, class_stack(aws, classroom.name), _PATIENCE))
