"""Write the lab's data: fruits with length, weight and sugar, and whether each is ripe.

``python generate.py OUT [--rows N] [--seed N]``, standard library only; the same seed gives the same bytes.
"""

import argparse
import csv
import random
from pathlib import Path

COLUMNS = ["length_mm", "weight_g", "sugar_percent", "ripe"]


def generate(rows: int, seed: int) -> list[list[str]]:
    """The rows; ripe fruits are larger and sweeter, with some chance in it."""
    source = random.Random(seed)  # noqa: S311 - made-up data, no secrets
    return [fruit(source) for _ in range(rows)]


def fruit(source: random.Random) -> list[str]:
    """One row."""
    length, weight, sugar = source.gauss(70, 8), source.gauss(150, 20), source.gauss(10, 2)
    score = (length - 70) / 8 + (weight - 150) / 20 + 2 * (sugar - 10) / 2
    ripe = score + source.gauss(0, 0.8) > 0
    return [f"{length:.1f}", f"{weight:.1f}", f"{sugar:.2f}", "yes" if ripe else "no"]


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the CSV file to write; its folder is made")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([COLUMNS, *generate(options.rows, options.seed)])


if __name__ == "__main__":
    main()
