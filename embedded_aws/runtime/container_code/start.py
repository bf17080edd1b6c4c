"""Run the `main` of a module beside this file: `python start.py MODULE ARGUMENT...`.

The package is imported by its place and its parent is taken off the path again, so that a user's script sees nothing
of it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def run() -> None:
    """Import, tidy the path, call."""
    package = Path(__file__).resolve().parent
    sys.path[0] = str(package.parent)
    name = sys.argv[1]
    module = importlib.import_module(f"{package.name}.{name}")
    sys.path.pop(0)
    sys.argv[:2] = [name]
    module.main()


if __name__ == "__main__":
    run()
