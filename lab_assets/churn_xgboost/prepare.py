"""Check the churn file row by row and split it once: 80 % train, 10 % validation, 10 % test, stratified by label.

Runs as a SageMaker processing job (scikit-learn image), in the notebook, or by hand:
``python prepare.py --input FOLDER --output FOLDER``. Whatever is wrong with the data ends the run with one line that
names the file, the row (the header is row 1) and the column.

Writes ``train/train.csv`` and ``validation/validation.csv`` (header; the label ``churn`` first), ``test/test.csv``
(features only and no header: what a batch transform sends to the model) and ``labels/labels.csv`` (their labels).
"""

import argparse
import csv
import hashlib
import io
import math
import os
import re
import sys
from collections.abc import Iterator
from itertools import islice, zip_longest
from pathlib import Path

import pandas as pd
from sklearn.model_selection import train_test_split

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
CELL = re.compile(r'(?:"[^"]*(?:""[^"]*)*"|[^",\r\n][^,\r\n]*|),')  # quoted, plain or empty, and its comma


class DataError(Exception):
    """What is wrong with the data, and where."""


def read_churn(path: Path, *, name: str = "", sha256: str = "") -> pd.DataFrame:
    """The checked file as numbers: the label ``churn`` (0 or 1), then the 17 features.

    Args:
        path: the raw CSV file.
        name: what errors call the file, such as its S3 address; by default its path.
        sha256: what the file's checksum must be; empty means any.

    Raises:
        DataError: names file, row and column.
    """
    name = name or str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{name}: the file cannot be read: {error.strerror}") from error
    actual = hashlib.sha256(content).hexdigest()
    changed = f"its SHA-256 is {actual} and not the expected {sha256}" if sha256 and actual != sha256 else ""
    try:
        table = parse(decode(content))
    except DataError as error:
        raise DataError(f"{name}: " + "; ".join(filter(None, [str(error), changed]))) from error
    if changed:
        raise DataError(f"{name}: the file is not the one this run was started with: {changed}")
    return table


def decode(content: bytes) -> str:
    """The text of the file; a byte that is no UTF-8 is an error at its row and column."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8")
        *above, last = io.StringIO(before + "?", newline="")  # the ? stands for what cannot be read
        wrong = f"the byte 0x{error.object[error.start]:02x} is not UTF-8"
        raise DataError(f"{place(len(above) + 1, whole_cells(last))}: {wrong}; save the file as UTF-8") from error


def whole_cells(record: str) -> int:
    """How many cells of a record stand before the first one that is broken or cut off."""
    count = position = 0
    while cell := CELL.match(record, position):
        count, position = count + 1, cell.end()
    return count


def place(row: int, index: int) -> str:
    """A row, and the column with this index; beyond the columns that are expected, the last of them."""
    return f"row {row}, column {COLUMNS[min(index, len(COLUMNS) - 1)]!r}"


def parse(text: str) -> pd.DataFrame:
    """The table of a CSV text; raises :class:`DataError` with row and column."""
    found = records(text)
    _, header = next(found, (1, None))
    if header is None:
        raise DataError(f"{place(1, 0)}: the file is empty; a header of {len(COLUMNS)} columns is expected")
    check_header(header)
    rows = [parse_row(cells, row) for row, cells in found]
    check_labels([int(row[0]) for row in rows])
    return pd.DataFrame(rows, columns=[LABEL, *FEATURES]).astype({LABEL: int, **dict.fromkeys(PLAN_COLUMNS, int)})


def records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Every record with its row; no cell goes over rows, so that an open quote never swallows any unnoticed."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        row = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            rest = "".join(islice(io.StringIO(text, newline=""), row - 1, None))
            wrong = f"the cell is no valid CSV ({error}): look at its quotes"
            raise DataError(f"{place(row, whole_cells(rest))}: {wrong}") from error
        if reader.line_num > row:
            index = next(index for index, cell in enumerate(cells) if "\n" in cell or "\r" in cell)
            raise DataError(f"{place(row, index)}: the cell goes on until row {reader.line_num}: look at its quotes")
        yield row, cells


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


def parse_row(cells: list[str], row: int) -> list[float]:
    """Label and features of one row of the file."""
    if len(cells) != len(COLUMNS):
        raise DataError(
            f"{place(row, max(len(cells) - 1, 0))}: the row holds {len(cells)} cells "
            f"where {len(COLUMNS)} are expected; the file may be truncated"
        )
    named = dict(zip(COLUMNS, cells, strict=True))
    features = [parse_cell(column, named[column], row) for column in FEATURES]
    return [parse_choice(LABEL_COLUMN, named[LABEL_COLUMN], row, LABELS), *features]


def parse_cell(column: str, value: str, row: int) -> float:
    """The number in one cell; a plan's yes is 1."""
    if column in PLAN_COLUMNS:
        return parse_choice(column, value, row, PLANS)
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in value:  # Python reads 1_000 as a number, nobody else does
        raise DataError(f"row {row}, column {column!r}: {value!r} is not a finite number")
    return number


def parse_choice(column: str, value: str, row: int, choices: dict[str, int]) -> int:
    """The code of a cell that holds one of a few words."""
    if value not in choices:
        raise DataError(f"row {row}, column {column!r}: {value!r} is neither {' nor '.join(map(repr, choices))}")
    return choices[value]


def check_labels(labels: list[int]) -> None:
    """Refuse a table that cannot be split so that every part holds both classes."""
    where = f"rows 2 to {len(labels) + 1}, column {LABEL_COLUMN!r}"
    if not labels:
        raise DataError(f"{place(2, 0)}: there is a header and no row below it")
    for word, code in LABELS.items():
        count = labels.count(code)
        if count < SMALLEST_CLASS:
            only = "only one class is there: " if count == 0 else ""
            raise DataError(f"{where}: {only}{count} rows are {word!r}, at least {SMALLEST_CLASS} are needed")


def split(table: pd.DataFrame, seed: int = SPLIT_SEED) -> dict[str, pd.DataFrame]:
    """The three parts, disjoint and stratified; the same rows for the same seed."""
    train, rest = train_test_split(table, test_size=0.2, stratify=table[LABEL], random_state=seed)
    validation, test = train_test_split(rest, test_size=0.5, stratify=rest[LABEL], random_state=seed)
    return {"train": train, "validation": validation, "test": test}


def write(parts: dict[str, pd.DataFrame], output: Path) -> None:
    """Write every part into the folder of its name."""
    test = parts["test"]
    save(parts["train"], output / "train/train.csv", header=True)
    save(parts["validation"], output / "validation/validation.csv", header=True)
    save(test[FEATURES], output / "test/test.csv", header=False)
    save(test[[LABEL]], output / "labels/labels.csv", header=True)


def save(table: pd.DataFrame, path: Path, *, header: bool) -> None:
    """One CSV file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, header=header)


def find_file(folder: Path, name: str) -> Path:
    """The one CSV or text file of the input folder; ``name`` is what errors call it."""
    found = sorted(path for path in folder.glob("*") if path.suffix in {".csv", ".txt"})
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise DataError(f"{name or folder}: one .csv or .txt file is expected in {folder}, found {names}")
    return found[0]


def main() -> None:
    """Read, check, split, write; a data error becomes the job's exit message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output"))
    parser.add_argument("--seed", type=int, default=SPLIT_SEED)
    options = parser.parse_args()
    uri, sha256 = os.environ.get("CLASSLAB_DATA_URI", ""), os.environ.get("CLASSLAB_DATA_SHA256", "")
    try:
        parts = split(read_churn(find_file(options.input, uri), name=uri, sha256=sha256), options.seed)
    except DataError as error:
        report_failure(f"DataError: {error}")
        sys.exit(f"DataError: {error}")
    write(parts, options.output)
    print(", ".join(f"{name}: {len(part)} rows, {part[LABEL].mean():.1%} churn" for name, part in parts.items()))


def report_failure(message: str) -> None:
    """Hand the reason to SageMaker, which shows it as the job's ExitMessage (1 KB at most)."""
    folder = Path("/opt/ml/output")
    if folder.is_dir():
        (folder / "message").write_text(message[:1000], encoding="utf-8")


if __name__ == "__main__":
    main()
