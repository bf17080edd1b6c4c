"""Serve in the foreground: an account in a temporary folder, or with `--state DIR` one that is kept there.

Any Python from 3.11 will do: it hands over to that of the engine's environment.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from embedded_aws import launcher
from embedded_aws.clock import Clock
from embedded_aws.journal import folder
from embedded_aws.journal.file import JournalError
from embedded_aws.server import PortError, Settings, serve


def main() -> None:
    """Read the arguments and serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m embedded_aws", description=__doc__)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--state", type=Path, help="keep everything here, and go on with what is here")
    where.add_argument("--scratch", type=Path, help="a fresh folder for the engine's files; nothing is taken up again")
    parser.add_argument("--environments", type=Path, default=Path(".envs"), help="folder of the images")
    parser.add_argument("--port", type=_port, default=0, help="loopback port; 0 takes a free one, or that of the state")
    parser.add_argument(
        "--speed", type=_speed, help="1: states last as on AWS; 100: a hundredth; else: as long as work takes"
    )
    parser.add_argument("--no-iam", dest="iam", action="store_false", help="let every request pass")
    given = parser.parse_args()
    named = given.state or given.scratch
    options = {"port": given.port, "iam": given.iam, "speed": given.speed, "keep": given.state is not None}
    try:
        launcher.hand_over(named, given.environments, **options)
        with nullcontext(named) if named else folder.temporary() as state:
            sys.stderr.write(f"the port and the root key stand in {state}: engine.json and root.json\n")
            serve(Settings(state, given.environments, **options))
    except (JournalError, PortError, launcher.EngineError) as error:
        parser.exit(1, f"{error}\n")


def _port(text: str) -> int:
    """A port that a socket can have, or 0."""
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"a port is at most 65535, not {port}")
    return port


def _speed(text: str) -> float | None:
    """A speed that a clock can have."""
    try:
        return Clock(float(text)).speed
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    main()
