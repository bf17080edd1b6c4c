"""`--keep`: the class stays up; the report and a shell file say how to reach it."""

import shlex

from classlab.rehearsal import account
from classlab.rehearsal.day import Day
from classlab.reporting.events import Note


def keep(day: Day) -> None:
    """Write the shell file and say how to go on. The next rehearsal ends what was kept."""
    if not hasattr(day, "instructor_keys"):
        day.note("nothing was kept: the embedded AWS did not come so far", important=True)
        return
    variables = account.variables(day.engine, day.instructor_keys)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    day.workspace.variables.touch(mode=0o600)
    day.workspace.variables.write_text("\n".join(lines) + "\n", encoding="utf-8")
    first, file = day.attendees[0].id, day.workspace.classroom
    day.note(
        f"the embedded AWS keeps running at {day.engine.endpoint}; nothing was torn down or judged", important=True
    )
    for line in lines:
        day.emit(Note(line, important=True))
    day.note(f"in a shell: source {day.workspace.variables}")
    day.note(f"open a notebook: .venv/bin/classlab open {first} --classroom {file}")
    day.note(
        f"end it: .venv/bin/classlab end --classroom {file}, then close; or start the next rehearsal, which removes it"
    )
