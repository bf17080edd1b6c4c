"""Prints which expectations hold on a fresh engine: `python -m tests.embedded_aws.expectations`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from botocore.exceptions import ClientError

from embedded_aws import launcher
from tests.embedded_aws.account import Account
from tests.embedded_aws.expectations.cases import Case, read
from tests.embedded_aws.expectations.runner import Failed, check

ENVIRONMENTS = Path(__file__).parent.parent.parent.parent / ".envs"

_LONGEST = 600  # characters of a finding


def main() -> None:
    """A line for each case that does not hold, and how many do."""
    with tempfile.TemporaryDirectory() as folder:
        engine = launcher.start(state=Path(folder) / "state", environments=ENVIRONMENTS)
        try:
            found = [(case, _finding(Account(engine), case)) for case in read()]
        finally:
            launcher.stop(engine)
    for case, finding in found:
        if finding:
            sys.stdout.write(f"{case.id}: {finding[:_LONGEST]}\n    {case.differs or 'A BUG'} ({case.source})\n")
    held = sum(not finding for _, finding in found)
    sys.stdout.write(f"{held} of {len(found)} expectations hold\n")


def _finding(account: Account, case: Case) -> str:
    try:
        check(account, case)
    except (Failed, ClientError, AssertionError) as error:
        return str(error)
    return ""


if __name__ == "__main__":
    main()
