"""Print the distributions of an environment that hold a file which another one holds too, sorted by name.

Installers write packages in no fixed order, so which of the two files stays is chance, and two seats may differ.
Whoever installs these again one by one, in this order, has the same file everywhere: the last one's, as with pip
for packages that are named after what they extend. Runs with the system's Python 3.9, standard library only.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from pathlib import Path


def overlapping(packages: Path) -> list[str]:
    """Names of the distributions in a site-packages folder whose files are not theirs alone."""
    owners = defaultdict(set)
    for record in packages.glob("*.dist-info/RECORD"):
        name = record.parent.name.split("-")[0].replace("_", "-").lower()
        with record.open(encoding="utf-8", newline="") as lines:
            for row in csv.reader(lines):
                owners[row[0]].add(name)
    return sorted({name for names in owners.values() if len(names) > 1 for name in names})


def main() -> None:
    """Print one name a line."""
    for name in overlapping(Path(sys.argv[1])):
        print(name)


if __name__ == "__main__":
    main()
