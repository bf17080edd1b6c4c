"""The CDK app: `cdk deploy` is the class stack, `cdk deploy -c attendee=ID` the stack of one attendee.

Offline and deterministic: it reads the classroom, the labs and the last build, and asks nobody.
"""

import sys

from aws_cdk import App

from classlab.errors import UserError
from infra.inputs import read_attendee, read_class, read_last_build
from infra.stacks.attendee import AttendeeStack
from infra.stacks.classroom import ClassroomStack


def build_app(app: App) -> None:
    """Add the one stack that the context asks for."""
    context = app.node.try_get_context
    inputs = read_class(context)
    attendee = read_attendee(context)
    if attendee is None:
        ClassroomStack(app, inputs=inputs, build=read_last_build(context, inputs.classroom.name))
    else:
        AttendeeStack(app, inputs=inputs, attendee=attendee)


def main() -> None:
    """Synthesise; what a person can put right is said in one line."""
    app = App(analytics_reporting=False)
    try:
        build_app(app)
    except UserError as error:
        sys.exit(str(error))
    app.synth()


if __name__ == "__main__":
    main()
