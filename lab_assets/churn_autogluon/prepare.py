"""Turn what the churn lab prepared into tables for AutoGluon: the same customers in the same parts and order.

Runs as a SageMaker processing job (scikit-learn image), in the notebook, or by hand:
``python prepare.py --input FOLDER --output FOLDER``. Reads ``train/``, ``validation/``, ``test/`` and ``labels/`` of
lab churn-xgboost, one CSV file each or the parts that Spark leaves, and checks every cell: whatever is wrong ends the
run with one line that names the file, the row (of the file, a header included) and the column.

Writes the four folders again. The two plans become words once more ("no", "yes"): XGBoost needed numbers, AutoGluon
chooses the encoding of words itself. The split is not made again, so that both labs answer for the same test rows.
"""

import argparse
import csv
import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

LABEL = "churn"
CODES = ["0", "1"]
PLANS = ["Int'l Plan", "VMail Plan"]
WORDS = {0: "no", 1: "yes"}


class DataError(Exception):
    """What is wrong with the data, and where."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """The folder that holds the four parts, and what errors call it."""

    folder: Path
    name: str

    def files(self, part: str) -> list[Path]:
        """The CSV files of a part in the order of their names."""
        found = sorted((self.folder / part).glob("*.csv"))
        if not found:
            raise DataError(f"{self.name}/{part}: no .csv file is there; run prepare.py of lab churn-xgboost first")
        return found

    def called(self, file: Path) -> str:
        """A file as errors call it."""
        return f"{self.name}/{file.relative_to(self.folder)}"


def read_prepared(folder: Path, *, name: str = "") -> dict[str, pd.DataFrame]:
    """The checked parts: train and validation with the label first, test without it, labels alone.

    Args:
        folder: what prepare.py of churn-xgboost wrote.
        name: what errors call the folder, such as its S3 address; by default its path.

    Raises:
        DataError: names file, row and column.
    """
    source = Source(folder=folder, name=(name or str(folder)).rstrip("/"))
    header = first_row(source, source.files("train")[0])
    check_header(source, header)
    parts = {
        "train": read_part(source, "train", header, headed=True),
        "validation": read_part(source, "validation", header, headed=True),
        "test": read_part(source, "test", header[1:], headed=False),
        "labels": read_part(source, "labels", [LABEL], headed=True),
    }
    if len(parts["test"]) != len(parts["labels"]):
        rows, labels = len(parts["test"]), len(parts["labels"])
        raise DataError(f"{source.name}: {rows} rows in test, {labels} in labels: they are not of one run")
    return {part: worded(table) for part, table in parts.items()}


def first_row(source: Source, file: Path) -> list[str]:
    """The header of a file."""
    with file.open(newline="", encoding="utf-8") as text:
        header = next(csv.reader(text), None)
    if not header:
        raise DataError(f"{source.called(file)}: row 1: the file is empty; a header is expected")
    return header


def check_header(source: Source, header: list[str]) -> None:
    """The label comes first, the plans are there, and no column twice."""
    where = f"{source.called(source.files('train')[0])}: row 1"
    if header[0] != LABEL:
        raise DataError(f"{where}, column {header[0]!r}: the label {LABEL!r} is expected first")
    for column in PLANS:
        if column not in header:
            raise DataError(f"{where}, column {column!r}: it is missing")
    if len(set(header)) < len(header):
        twice = next(column for column in header if header.count(column) > 1)
        raise DataError(f"{where}, column {twice!r}: it is there twice")


def read_part(source: Source, part: str, columns: list[str], *, headed: bool) -> pd.DataFrame:
    """All rows of a part as numbers."""
    tables = [read_file(source, file, columns, headed=headed) for file in source.files(part)]
    table = pd.concat(tables, ignore_index=True)
    if table.empty:
        raise DataError(f"{source.name}/{part}: no row is there")
    if LABEL in table and table[LABEL].nunique() < len(CODES):
        raise DataError(f"{source.name}/{part}, column {LABEL!r}: both 0 and 1 are needed")
    return table


def read_file(source: Source, file: Path, columns: list[str], *, headed: bool) -> pd.DataFrame:
    """The rows of one file; raises :class:`DataError` at the first cell that does not fit its column."""
    where = source.called(file)
    with file.open(newline="", encoding="utf-8") as text:
        rows = csv.reader(text, strict=True)
        try:
            if headed and (found := next(rows, [])) != columns:
                raise DataError(f"{where}: row 1: the columns {columns} are expected, found {found}")
            values = [numbers(cells, columns, f"{where}: row {rows.line_num}") for cells in rows]
        except (csv.Error, UnicodeDecodeError) as error:
            raise DataError(f"{where}: row {rows.line_num + 1}: no valid CSV in UTF-8: {error}") from error
    return pd.DataFrame(values, columns=columns).astype({column: int for column in columns if column in words()})


def words() -> set[str]:
    """The columns that hold codes."""
    return {LABEL, *PLANS}


def numbers(cells: list[str], columns: list[str], where: str) -> list[float]:
    """The cells of a row as numbers."""
    if len(cells) != len(columns):
        raise DataError(f"{where}: {len(cells)} cells where {len(columns)} are expected")
    return [number(cell, column, where) for cell, column in zip(cells, columns, strict=True)]


def number(cell: str, column: str, where: str) -> float:
    """One cell; codes are 0 or 1, anything else is finite."""
    if column in words() and cell not in CODES:
        raise DataError(f"{where}, column {column!r}: {cell!r} is neither 0 nor 1")
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{where}, column {column!r}: {cell!r} is not a finite number")
    return value


def worded(table: pd.DataFrame) -> pd.DataFrame:
    """The plans as words."""
    return table.assign(**{column: table[column].map(WORDS) for column in PLANS if column in table})


def write(parts: dict[str, pd.DataFrame], output: Path) -> None:
    """One file a part; the test rows have no header, since a batch transform sends every line to the model."""
    for part, table in parts.items():
        folder = output / part
        folder.mkdir(parents=True, exist_ok=True)
        table.to_csv(folder / f"{part}.csv", index=False, header=part != "test")


def main() -> None:
    """Read, check, write; a data error becomes the job's exit message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output"))
    options = parser.parse_args()
    try:
        parts = read_prepared(options.input, name=os.environ.get("CLASSLAB_DATA_URI", ""))
    except DataError as error:
        sys.exit(f"DataError: {error}")
    write(parts, options.output)
    print(", ".join(f"{part}: {len(table)} rows" for part, table in parts.items()))


if __name__ == "__main__":
    main()
