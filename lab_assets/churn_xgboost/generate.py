"""Write a made-up churn file of the real file's 21 columns, for machines that cannot reach the real one.

``python generate.py OUT [--rows N] [--seed N]``, standard library only; the same seed gives the same bytes, and any
number of rows takes little memory. Customers are drawn at random and leave for reasons a tree can find: long expensive
days, many calls to customer service, an international plan that does not pay off; a voice mail plan in use keeps them.
Whoever trains on it learns our rules and nothing about telephone customers, and is told so.
"""

import argparse
import math
import random
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

COLUMNS = [
    "State", "Account Length", "Area Code", "Phone", "Int'l Plan", "VMail Plan", "VMail Message",
    "Day Mins", "Day Calls", "Day Charge", "Eve Mins", "Eve Calls", "Eve Charge",
    "Night Mins", "Night Calls", "Night Charge", "Intl Mins", "Intl Calls", "Intl Charge", "CustServ Calls", "Churn?",
]  # fmt: skip
STATES = "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE".split()  # noqa: SIM905 - a list of words is read best as words
CERTAINTY = 3.0  # how sharply the reasons decide: higher leaves less to chance
BLOCK = 50_000  # rows drawn from one seed: blocks are independent, so that processes share the work


def generate(rows: int, seed: int) -> Iterator[str]:
    """Customers as text, block by block, about half of whom leave; the same however many processes there are."""
    blocks = [
        (f"{seed}-{start // BLOCK}" if start else seed, min(BLOCK, rows - start)) for start in range(0, rows, BLOCK)
    ]
    if len(blocks) == 1:
        yield block(*blocks[0])
        return
    with Pool() as pool:
        yield from pool.imap(one_block, blocks)


def one_block(seed_and_rows: tuple[int | str, int]) -> str:
    """A block of customers, for a process of its own."""
    return block(*seed_and_rows)


def block(seed: int | str, rows: int) -> str:
    """The lines of a block."""
    source = random.Random(seed)  # noqa: S311 - made-up data, no secrets
    return "".join(f"{','.join(map(str, customer(source).values()))}\n" for _ in range(rows))


def customer(source: random.Random) -> dict[str, str | float]:
    """One row in the order of the columns: habits first, then the decision that follows from them."""
    voice_mail = source.random() < 0.5
    row: dict[str, str | float] = {
        "State": source.choice(STATES),
        "Account Length": source.randint(1, 200),
        "Area Code": source.randint(657, 878),
        "Phone": f"{source.randint(350, 999)}-{source.randint(0, 9999):04d}",
        "Int'l Plan": source.choice(["no", "yes"]),
        "VMail Plan": "yes" if voice_mail else "no",
        "VMail Message": 100 * clipped(source, 5, 2, 11) if voice_mail else 0,
    }
    service = clipped(source, 5.5, 2, 11)
    for period, minutes, calls in (("Day", 5.5, 3.4), ("Eve", 5, 2.6), ("Night", 4, 4.5), ("Intl", 5, 5)):
        row[f"{period} Mins"] = abs(source.gauss(minutes, 2))
        row[f"{period} Calls"] = clipped(source, calls, 2, 12) * (50 if period == "Night" else 1)
        row[f"{period} Charge"] = abs(source.gauss(5, 2))
    row["CustServ Calls"] = service
    row["Churn?"] = "True." if source.random() < churn_probability(row) else "False."
    return row


def clipped(source: random.Random, mean: float, deviation: float, most: int) -> int:
    """A whole number about the mean, from 0 to ``most``."""
    return min(max(round(source.gauss(mean, deviation)), 0), most)


def churn_probability(row: dict[str, str | float]) -> float:
    """The rules that the labels are drawn from."""
    day = float(row["Day Mins"]) * float(row["Day Charge"]) / 10 - 2.5
    service = float(row["CustServ Calls"]) - 5.5
    abroad = (float(row["Intl Mins"]) - 5) * (1 if row["Int'l Plan"] == "yes" else -1)
    loyal = float(row["VMail Message"]) / 250 - 1
    return 1 / (1 + math.exp(-CERTAINTY * (day + service + abroad - loyal)))


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the CSV file to write; its folder is made")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        file.write(",".join(COLUMNS) + "\n")
        file.writelines(generate(options.rows, options.seed))


if __name__ == "__main__":
    main()
