"""`make clean` asks here first: no rehearsal may be at work below a folder that is about to be removed.

What a kept or a killed one left running is ended, and its mounts are undone, else their files would be hit.
"""

import sys
from contextlib import ExitStack
from pathlib import Path

from classlab.errors import UserError
from classlab.rehearsal.workspace import LOCK, Workspace


def end_below(folder: Path) -> None:
    """End every rehearsal below a folder. Raises :class:`UserError`, and ends none, while one is at work."""
    locks = [*folder.glob(f"*/{LOCK}"), *folder.glob(f"*/*/{LOCK}")]  # rehearsals, and those of benchmarks
    workspaces = [Workspace(lock.parent.resolve()) for lock in locks]
    with ExitStack() as all_alone:
        for workspace in workspaces:
            all_alone.enter_context(workspace.alone())
        for workspace in workspaces:
            workspace.leave()


def main() -> None:
    """`python -m classlab.rehearsal.ending FOLDER`."""
    try:
        end_below(Path(sys.argv[1]))
    except UserError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
