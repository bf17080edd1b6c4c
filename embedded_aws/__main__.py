"""`python -m embedded_aws --state DIR [--port N] [--environments DIR] [--speed X] [--no-iam]`: serve."""

from __future__ import annotations

import argparse
from pathlib import Path

from embedded_aws.clock import Clock
from embedded_aws.server import Settings, serve


def main() -> None:
    """Read the arguments and serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m embedded_aws", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder for everything the engine keeps")
    parser.add_argument("--environments", type=Path, default=Path(".envs"), help="folder of the images")
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0 takes a free one")
    parser.add_argument(
        "--speed", type=_speed, help="1: states last as on AWS; 100: a hundredth; else: as long as work takes"
    )
    parser.add_argument("--no-iam", dest="iam", action="store_false", help="let every request pass")
    given = parser.parse_args()
    serve(
        Settings(state=given.state, environments=given.environments, port=given.port, iam=given.iam, speed=given.speed)
    )


def _speed(text: str) -> float | None:
    """A speed that a clock can have."""
    try:
        return Clock(float(text)).speed
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    main()
