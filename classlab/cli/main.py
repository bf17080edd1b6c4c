"""The command `classlab`."""

import click

from classlab.cli.build import build
from classlab.cli.close import close
from classlab.cli.common import Commands
from classlab.cli.data import data
from classlab.cli.end import end, extend
from classlab.cli.jump import jump
from classlab.cli.labs import labs
from classlab.cli.open import open_environment
from classlab.cli.rehearse import rehearse
from classlab.cli.run import run
from classlab.cli.share import share
from classlab.cli.status import status
from classlab.cli.take_home import take_home
from classlab.cli.teardown import teardown


@click.group(cls=Commands)
@click.version_option(package_name="classlab")
def main() -> None:
    """Identical SageMaker environments for a whole class, real labs, and nothing left behind."""


for command in (
    build, close, data, end, extend, jump, labs, open_environment, rehearse, run, share, status, take_home, teardown,
):  # fmt: skip
    main.add_command(command)
