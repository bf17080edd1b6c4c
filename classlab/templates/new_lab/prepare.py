"""Check the raw file cell by cell and split it once: 80 % train, 10 % validation, 10 % test, stratified by label.

Runs as a SageMaker processing job, in the notebook, or by hand: ``python prepare.py --input FOLDER --output FOLDER``.
Whatever is wrong with the data ends the run with one line that names the file, the row (the header is row 1) and the
column. Writes ``train/train.csv`` and ``validation/validation.csv`` (header; the label first), ``test/test.csv``
(features only and no header: what a batch transform sends to the model) and ``labels/labels.csv`` (their labels).
"""

import argparse
import csv
import hashlib
import math
import os
import random
import sys
from pathlib import Path

LABEL = "ripe"
LABELS = {"no": 0, "yes": 1}
FEATURES = ["length_mm", "weight_g", "sugar_percent"]
COLUMNS = [*FEATURES, LABEL]
FEWEST = 20  # fewer rows of a class leave a part without it
Row = list[float]  # the label, then the features


class DataError(Exception):
    """What is wrong with the data, and where."""


def read(path: Path, *, name: str = "", sha256: str = "") -> list[Row]:
    """The checked rows of a file; ``name`` is what errors call it, ``sha256`` what its checksum must be, if known."""
    name = name or str(path)
    content = path.read_bytes()
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise DataError(f"{name}: the file is not the one this run was started with (SHA-256 {sha256})")
    try:
        lines = list(csv.reader(content.decode("utf-8-sig").splitlines(), strict=True))
        return check(lines)
    except (DataError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{name}: {error}") from error


def check(lines: list[list[str]]) -> list[Row]:
    """Numbers of all rows below the header."""
    if not lines or lines[0] != COLUMNS:
        raise DataError(f"row 1, column {COLUMNS[0]!r}: the header must be {','.join(COLUMNS)}")
    rows = [check_row(cells, number) for number, cells in enumerate(lines[1:], start=2)]
    for word, code in LABELS.items():
        count = sum(row[0] == code for row in rows)
        if count < FEWEST:
            raise DataError(f"rows 2 to {len(lines)}, column {LABEL!r}: {count} rows are {word!r}, {FEWEST} are needed")
    return rows


def check_row(cells: list[str], number: int) -> Row:
    """Label and features of one row."""
    if len(cells) != len(COLUMNS):
        raise DataError(f"row {number}, column {LABEL!r}: {len(cells)} cells where {len(COLUMNS)} are expected")
    named = dict(zip(COLUMNS, cells, strict=True))
    if named[LABEL] not in LABELS:
        raise DataError(f"row {number}, column {LABEL!r}: {named[LABEL]!r} is neither {' nor '.join(LABELS)}")
    return [LABELS[named[LABEL]], *(number_in(named[column], number, column) for column in FEATURES)]


def number_in(cell: str, row: int, column: str) -> float:
    """The number in a cell."""
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"row {row}, column {column!r}: {cell!r} is not a finite number")
    return value


def split(rows: list[Row], seed: int) -> dict[str, list[Row]]:
    """The three parts, disjoint, each with the same share of every class."""
    parts: dict[str, list[Row]] = {"train": [], "validation": [], "test": []}
    for code in LABELS.values():
        members = [row for row in rows if row[0] == code]
        random.Random(seed).shuffle(members)  # noqa: S311 - a split, no secret
        tenth = round(len(members) / 10)
        parts["test"] += members[:tenth]
        parts["validation"] += members[tenth : 2 * tenth]
        parts["train"] += members[2 * tenth :]
    return parts


def write(parts: dict[str, list[Row]], output: Path) -> None:
    """Every part in the folder of its name."""
    for part in ("train", "validation"):
        save(output / part / f"{part}.csv", [[LABEL, *FEATURES], *parts[part]])
    save(output / "test/test.csv", [row[1:] for row in parts["test"]])
    save(output / "labels/labels.csv", [[LABEL], *([row[0]] for row in parts["test"])])


def save(path: Path, rows: list[list]) -> None:
    """One CSV file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def find_file(folder: Path, name: str) -> Path:
    """The one CSV file of the input folder; ``name`` is what errors call it."""
    files = sorted(folder.glob("*.csv"))
    if len(files) != 1:
        raise DataError(f"{name or folder}: one .csv file is expected, found {len(files)}")
    return files[0]


def main() -> None:
    """Read, check, split, write; a data error becomes the job's exit message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output"))
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    uri = os.environ.get("CLASSLAB_DATA_URI", "")
    try:
        rows = read(find_file(options.input, uri), name=uri, sha256=os.environ.get("CLASSLAB_DATA_SHA256", ""))
    except DataError as error:
        sys.exit(f"DataError: {error}")
    parts = split(rows, options.seed)
    write(parts, options.output)
    print("; ".join(f"{part}: {len(members)} rows" for part, members in parts.items()))


if __name__ == "__main__":
    main()
