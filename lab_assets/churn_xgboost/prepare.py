"""Check the churn file cell by cell and split it once: 80 % train, 10 % validation, 10 % test, stratified by label.

Runs as a SageMaker processing job (scikit-learn image), in the notebook, or by hand:
``python prepare.py --input FOLDER --output FOLDER``; standard library only. Whatever is wrong with the data ends the
run with one line that names the file, the row (the header is row 1) and the column. The file is read twice and never
held in memory: first every cell is checked and each row leaves eight bytes, a seeded hash of its features; the ranks
of the hashes within a class decide the split, so that it depends on the rows and the seed alone, not on their order or
the machine. Rows with the same features always stay together. `prepare_spark.py` does the same on many machines.

Writes ``train/train.csv`` and ``validation/validation.csv`` (header; the label ``churn`` first), ``test/test.csv``
(features only and no header: what a batch transform sends to the model) and ``labels/labels.csv`` (their labels).
"""

import argparse
import csv
import hashlib
import math
import os
import re
import sys
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from typing import TextIO

SPLIT_SEED = 2026
SMALLEST_CLASS = 20  # fewer rows of a class leave validation or test with one or none of it
LABEL = "churn"
LABEL_COLUMN = "Churn?"
LABELS = {"False.": 0, "True.": 1}
PLANS = {"no": 0, "yes": 1}
PLAN_COLUMNS = ["Int'l Plan", "VMail Plan"]
DROPPED = ["State", "Area Code", "Phone"]  # identify a customer, say nothing of what the customer does
NUMBER_COLUMNS = [
    "Account Length", "VMail Message", "Day Mins", "Day Calls", "Day Charge", "Eve Mins", "Eve Calls", "Eve Charge",
    "Night Mins", "Night Calls", "Night Charge", "Intl Mins", "Intl Calls", "Intl Charge", "CustServ Calls",
]  # fmt: skip
COLUMNS = ["State", "Account Length", "Area Code", "Phone", *PLAN_COLUMNS, *NUMBER_COLUMNS[1:], LABEL_COLUMN]
FEATURES = [column for column in COLUMNS if column not in {*DROPPED, LABEL_COLUMN}]
OUTPUTS = {"train": [LABEL, *FEATURES], "validation": [LABEL, *FEATURES], "test": [], "labels": [LABEL]}  # headers

CELL = re.compile(r'(?:"[^"]*(?:""[^"]*)*"|[^",\r\n][^,\r\n]*|),')  # quoted, plain or empty, and its comma
NO_TEXT = re.compile("[\udc80-\udcff]")  # what a byte that is not UTF-8 becomes while the file is read
_ANY = '[^",\r\n\udc80-\udcff]*'
_NUMBER = r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:e[+-]?\d{1,2})?"
PLAIN_NUMBER = re.compile(_NUMBER, re.ASCII | re.IGNORECASE)
# A whole row that is surely right, for speed; every other row is looked at cell by cell.
PLAIN_ROW = re.compile(
    f"{_ANY},({_NUMBER}),{_ANY},{_ANY},(no|yes),(no|yes),({_NUMBER}(?:,{_NUMBER}){{13}}),(False|True)\\.\r?\n?",
    re.ASCII,
)


class DataError(Exception):
    """What is wrong with the data, and where."""


@dataclass(frozen=True)
class Split:
    """Which part a row belongs to; for each label the least keys of validation and of test."""

    seed: int
    cuts: Mapping[int, tuple[int, int]]

    def part(self, label: int, features: str) -> str:
        """``train``, ``validation`` or ``test``."""
        validation, test = self.cuts[label]
        key = split_key(features, self.seed)
        return "train" if key < validation else "validation" if key < test else "test"


def split_key(features: str, seed: int) -> int:
    """The place of a row in the shuffled order of its class: 63 bits, alike on every machine."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{features}".encode()).digest()[:8], "big") >> 1


def cut_ranks(rows: int) -> tuple[int, int]:
    """Ranks, within a class of so many rows, of the first row of validation and of the first of test."""
    return (8 * rows + 5) // 10, (9 * rows + 5) // 10


def plan_split(path: Path, *, name: str = "", sha256: str = "", seed: int = SPLIT_SEED) -> Split:
    """Check the whole file, and decide where each of its rows goes.

    Args:
        path: the raw CSV file.
        name: what errors call the file, such as its S3 address; by default its path.
        sha256: what the file's checksum must be; empty means any.
        seed: of the split.

    Raises:
        DataError: names file, row and column.
    """
    name = name or str(path)
    keys = {label: array("q") for label in LABELS.values()}
    try:
        changed = sha256 and changed_checksum(sha256, file_sha256(path))
        with named(name, changed), open_lines(path) as lines:
            for label, features in checked_rows(lines):
                keys[label].append(split_key(features, seed))
            return Split(seed, all_cuts({label: len(found) for label, found in keys.items()}, ranked(keys)))
    except OSError as error:
        raise DataError(f"{name}: the file cannot be read: {error.strerror}") from error


@contextmanager
def named(name: str, changed: str) -> Iterator[None]:
    """Put the file's name before an error; a file that is not the expected one is an error of its own."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{name}: " + "; ".join(filter(None, [str(error), changed]))) from error
    if changed:
        raise DataError(f"{name}: the file is not the one this run was started with: {changed}")


def file_sha256(path: Path) -> str:
    """Of the content, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def changed_checksum(expected: str, actual: str) -> str:
    """What to say where they differ; empty where they do not."""
    return "" if actual == expected else f"its SHA-256 is {actual} and not the expected {expected}"


def open_lines(path: Path) -> TextIO:
    """The file as lines with their ends; bytes that are not UTF-8 stay visible for the check of their row."""
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def ranked(keys: Mapping[int, array[int]]) -> Callable[[int, int], int]:
    """The key of a rank within a label."""
    ordered = {label: sorted(found) for label, found in keys.items()}
    return lambda label, rank: ordered[label][rank]


def checked_rows(lines: Iterable[str], first_row: int = 1) -> Iterator[tuple[int, str]]:
    """Label and features (17 numbers between commas) of every row; the first wrong one ends it.

    Args:
        lines: of the file, with their ends or without.
        first_row: which row of the file the first line is; row 1 is the header.

    Raises:
        DataError: names row and column.
    """
    rest = iter(lines)
    if first_row == 1:
        first_row = 2
        check_header(cells_of(first_line(rest), rest, 1))
    for row, line in enumerate(rest, start=first_row):
        if plain := PLAIN_ROW.fullmatch(line):
            account, abroad, voice, numbers, label = plain.groups()
            yield LABELS[f"{label}."], f"{account},{PLANS[abroad]},{PLANS[voice]},{numbers}"
        else:
            yield parse_row(cells_of(line, rest, row), row)


def first_line(lines: Iterator[str]) -> str:
    """The line of the header; a file without it is an error."""
    for line in lines:
        return line
    raise DataError(f"{place(1, 0)}: the file is empty; a header of {len(COLUMNS)} columns is expected")


def cells_of(line: str, rest: Iterator[str], row: int) -> list[str]:
    """The cells of one row; none goes over rows, so that an open quote never swallows any unnoticed."""
    if broken := NO_TEXT.search(line):
        wrong = f"the byte 0x{ord(broken.group()) & 0xFF:02x} is not UTF-8"
        here = place(row, whole_cells(line[: broken.start()]))
        raise DataError(f"{here}: {wrong}; save the file as UTF-8")
    read: list[str] = []
    reader = csv.reader(kept(chain([line], rest), read), strict=True)
    try:
        cells = next(reader)
    except csv.Error as error:
        here = place(row, whole_cells("".join(read)))
        raise DataError(f"{here}: the cell is no valid CSV ({error}): look at its quotes") from error
    if read[1:]:
        index = next(index for index, cell in enumerate(cells) if "\n" in cell or "\r" in cell)
        raise DataError(f"{place(row, index)}: the cell goes on until row {row + len(read) - 1}: look at its quotes")
    return cells


def kept(lines: Iterable[str], read: list[str]) -> Iterator[str]:
    """The lines, each of them kept when it is asked for."""
    for line in lines:
        read.append(line)
        yield line


def whole_cells(record: str) -> int:
    """How many cells of a record stand before the first one that is broken or cut off."""
    count = position = 0
    while cell := CELL.match(record, position):
        count, position = count + 1, cell.end()
    return count


def place(row: int, index: int) -> str:
    """A row, and the column with this index; beyond the columns that are expected, the last of them."""
    return f"row {row}, column {COLUMNS[min(index, len(COLUMNS) - 1)]!r}"


def check_header(header: list[str]) -> None:
    """Refuse other columns than the 21, or another order."""
    for found, expected in zip_longest(header, COLUMNS):
        if found != expected:
            here = "nothing more" if found is None else repr(found)
            there = "the end of the row" if expected is None else repr(expected)
            names = f"{first_of('missing', COLUMNS, header)}{first_of('unknown', header, COLUMNS)}"
            raise DataError(
                f"row 1, column {expected or found!r}: the header of {len(header)} columns says {here} "
                f"where {there} is expected{names}"
            )


def first_of(kind: str, names: list[str], others: list[str]) -> str:
    """What to say of the first name that the others lack."""
    lacking = [name for name in names if name not in others]
    more = f" and {len(lacking) - 1} more" if lacking[1:] else ""
    return f"; {kind}: {lacking[0]!r}{more}" if lacking else ""


def parse_row(cells: list[str], row: int) -> tuple[int, str]:
    """Label and features of one row of the file."""
    if len(cells) != len(COLUMNS):
        raise DataError(
            f"{place(row, max(len(cells) - 1, 0))}: the row holds {len(cells)} cells "
            f"where {len(COLUMNS)} are expected; the file may be truncated"
        )
    by_column = dict(zip(COLUMNS, cells, strict=True))
    features = ",".join(parse_feature(column, by_column[column], row) for column in FEATURES)
    return parse_choice(LABEL_COLUMN, by_column[LABEL_COLUMN], row, LABELS), features


def parse_feature(column: str, value: str, row: int) -> str:
    """The number in one cell, in a form that everybody reads alike; a plan's yes is 1."""
    if column in PLAN_COLUMNS:
        return str(parse_choice(column, value, row, PLANS))
    if PLAIN_NUMBER.fullmatch(value):
        return value
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in value:  # Python reads 1_000 as a number, nobody else does
        raise DataError(f"row {row}, column {column!r}: {value!r} is not a finite number")
    return repr(number)


def parse_choice(column: str, value: str, row: int, choices: dict[str, int]) -> int:
    """The code of a cell that holds one of a few words."""
    if value not in choices:
        raise DataError(f"row {row}, column {column!r}: {value!r} is neither {' nor '.join(map(repr, choices))}")
    return choices[value]


def all_cuts(counts: Mapping[int, int], key_at: Callable[[int, int], int]) -> dict[int, tuple[int, int]]:
    """Where the split cuts, by label; refuses a table of which a part would lack one of the classes.

    Args:
        counts: rows of each label.
        key_at: the key of (label, rank), ranks counted from the least key.
    """
    rows = sum(counts.values())
    if not rows:
        raise DataError(f"{place(2, 0)}: there is a header and no row below it")
    where = f"rows 2 to {rows + 1}, column {LABEL_COLUMN!r}"
    for word, label in LABELS.items():
        if counts[label] < SMALLEST_CLASS:
            only = "only one class is there: " if counts[label] == 0 else ""
            raise DataError(f"{where}: {only}{counts[label]} rows are {word!r}, at least {SMALLEST_CLASS} are needed")
    found = {label: [key_at(label, rank) for rank in (0, *cut_ranks(counts[label]))] for label in LABELS.values()}
    for word, label in LABELS.items():
        if not found[label][0] < found[label][1] < found[label][2]:
            raise DataError(f"{where}: too many of the {word!r} rows are copies of one another to be split")
    return {label: (validation, test) for label, (_, validation, test) in found.items()}


def write_parts(path: Path, split: Split, output: Path) -> Counter[tuple[str, int]]:
    """Write every row into its part, in the order of the file; returns the rows by part and label."""
    counts: Counter[tuple[str, int]] = Counter()
    with ExitStack() as stack:
        files = {name: stack.enter_context(open_output(output, name)) for name in OUTPUTS}
        for label, features in checked_rows(stack.enter_context(open_lines(path))):
            part = split.part(label, features)
            counts[part, label] += 1
            files[part].write(f"{features}\n" if part == "test" else f"{label},{features}\n")
            if part == "test":
                files["labels"].write(f"{label}\n")
    return counts


def open_output(output: Path, name: str) -> TextIO:
    """One CSV file, its header written; its folder is made."""
    path = output / name / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w", encoding="utf-8", newline="")
    if header := OUTPUTS[name]:
        file.write(",".join(header) + "\n")
    return file


def find_file(folder: Path, name: str) -> Path:
    """The one CSV or text file of the input folder; ``name`` is what errors call it."""
    return folder / the_one_file([path.name for path in folder.glob("*")], str(folder), name)


def the_one_file(names: Iterable[str], folder: str, name: str) -> str:
    """The one name that is a CSV or text file's."""
    found = sorted(file for file in names if file.endswith((".csv", ".txt")))
    if len(found) != 1:
        raise DataError(
            f"{name or folder}: one .csv or .txt file is expected in {folder}, found {', '.join(found) or 'none'}"
        )
    return found[0]


def summary(counts: Mapping[tuple[str, int], int]) -> str:
    """Rows and share of leavers of every part."""
    parts = {part: (counts[part, 0], counts[part, 1]) for part in ("train", "validation", "test")}
    return ", ".join(f"{part}: {sum(rows)} rows, {rows[1] / sum(rows):.1%} churn" for part, rows in parts.items())


def main() -> None:
    """Check, split, write; a data error becomes the job's exit message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output"))
    parser.add_argument("--seed", type=int, default=SPLIT_SEED)
    options = parser.parse_args()
    uri, sha256 = os.environ.get("CLASSLAB_DATA_URI", ""), os.environ.get("CLASSLAB_DATA_SHA256", "")
    try:
        path = find_file(options.input, uri)
        split = plan_split(path, name=uri, sha256=sha256, seed=options.seed)
    except DataError as error:
        sys.exit(f"DataError: {error}")
    print(summary(write_parts(path, split, options.output)))


if __name__ == "__main__":
    main()
