"""What a rehearsal is asked for."""

from dataclasses import dataclass
from pathlib import Path

from classlab.cdk import PROJECT


@dataclass(frozen=True, kw_only=True)
class Options:
    """Defaults are the sample class, on the environments that `make` prepares."""

    classroom_file: Path = PROJECT / "classroom.example.yaml"
    roster_file: Path = PROJECT / "roster.example.csv"
    attendees: int | None = None  # None: the roster's
    labs: tuple[str, ...] = ()  # folders or names in place of the classroom's; those they start from come with them
    data: Path | None = None
    keep: bool = False
    folder: Path = PROJECT / "build" / "rehearsal"
    environments: Path = PROJECT / ".envs"
