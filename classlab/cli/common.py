"""What the commands share: options, who listens to events, and errors in words."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from classlab.aws import explain
from classlab.errors import UserError
from classlab.labs import Lab, read_lab
from classlab.reporting.console import ConsoleRenderer
from classlab.reporting.events import Emit, ignore
from classlab.settings import Classroom
from classlab.stacks import Stack

FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


class Refusal(click.ClickException):
    """An error a person can put right: its text, no traceback, status 2."""

    exit_code = 2


class Commands(click.Group):
    """A group whose commands end in words where a person's mistake or an answer of AWS stops them."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            raise Refusal(str(error)) from error
        except (BotoCoreError, ClientError) as error:
            raise Refusal(explain(error)) from error


def classroom_option(command: Callable[..., None]) -> Callable[..., None]:
    """`--classroom FILE`."""
    return click.option(
        "--classroom",
        "classroom_file",
        type=FILE,
        default=Path("classroom.yaml"),
        show_default=True,
        help="The classroom file.",
    )(command)


def json_option(command: Callable[..., None]) -> Callable[..., None]:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="JSON for machines instead of text for people.")(
        command
    )


@contextmanager
def listening(*, as_json: bool) -> Iterator[Emit]:
    """Show events to people; with --json nobody listens, and the command ends with one document."""
    if as_json:
        yield ignore
        return
    with ConsoleRenderer(Console()) as renderer:
        yield renderer


def show_json(document: Any) -> None:  # noqa: ANN401 # whatever JSON holds
    """One document on standard output."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))


def lab_of(classroom: Classroom, name: str) -> Lab:
    """The lab of that name (or folder) among the class's labs."""
    labs = {lab.name: lab for lab in labs_of(classroom)}
    found = labs.get(name) or labs.get(name.replace("_", "-"))
    if found is None:
        raise UserError(f"the class has no lab {name!r}; it has {', '.join(labs)}")
    return found


def labs_of(classroom: Classroom) -> list[Lab]:
    """The manifests of the class's labs."""
    return [read_lab(folder) for folder in classroom.labs]


def chosen(stacks: dict[str, Stack], attendees: tuple[str, ...]) -> dict[str, Stack]:
    """The seats of these attendees, of all where none is named; raises :class:`UserError` where one does not stand."""
    unknown = [attendee for attendee in attendees if attendee not in stacks]
    if unknown:
        raise UserError(f"no stack of {', '.join(unknown)} stands; deployed are {', '.join(stacks) or 'none'}")
    if not stacks:
        raise UserError("no attendee stack stands: run `npx cdk deploy -c attendee=ID` for each")
    return {attendee: stack for attendee, stack in stacks.items() if not attendees or attendee in attendees}
