"""Churn files with one mistake each, and what `prepare.py` and `prepare_spark.py` say of them, word for word alike."""

import re
from collections.abc import Callable
from pathlib import Path

Change = Callable[[list[str]], list[str]]  # of the file's lines


def cell(row: int, column: int, value: str) -> Change:
    """Put a value into a cell; rows count from the header, 1, columns from 0."""

    def change(lines: list[str]) -> list[str]:
        cells = lines[row - 1].split(",")
        cells[column] = value
        return [*lines[: row - 1], ",".join(cells), *lines[row:]]

    return change


def first(lines: list[str], label: str) -> str:
    """The first row with a label."""
    return next(line for line in lines if line.endswith(label))


CASES: dict[str, tuple[Change, str]] = {
    "good": (lambda lines: lines, ""),
    "good-in-other-words": (cell(5, 7, " 5.5 "), ""),
    "good-and-quoted": (lambda lines: cell(6, 3, '"40,3"')(cell(5, 7, '"1e2"')(lines)), ""),
    "carriage-returns": (lambda lines: [f"{line}\r" for line in lines[:-1]] + [""], ""),
    "no-newline-at-the-end": (lambda lines: lines[:-1], ""),
    "empty": (lambda _: [], "row 1, column 'State': the file is empty"),
    "header-only": (lambda lines: [lines[0], ""], "row 2, column 'State': there is a header and no row below it"),
    "header-missing": (lambda lines: lines[1:], "row 1, column 'State': the header of 21 columns says"),
    "header-cut-off": (
        lambda lines: [lines[0][: lines[0].index(" Mins")]],
        (
            "row 1, column 'Day Mins': the header of 8 columns says 'Day' where 'Day Mins' is expected; "
            "missing: 'Day Mins' and 13 more; unknown: 'Day'"
        ),
    ),
    "column-renamed": (
        lambda lines: [lines[0].replace("Eve Mins", "Evening"), *lines[1:]],
        (
            "row 1, column 'Eve Mins': the header of 21 columns says 'Evening' where 'Eve Mins' is expected; "
            "missing: 'Eve Mins'; unknown: 'Evening'"
        ),
    ),
    "columns-swapped": (
        lambda lines: [lines[0].replace("State,Account Length", "Account Length,State"), *lines[1:]],
        "row 1, column 'State': the header of 21 columns says 'Account Length' where 'State' is expected",
    ),
    "column-missing": (
        lambda lines: [line.rsplit(",", 1)[0] for line in lines],
        (
            "row 1, column 'Churn?': the header of 20 columns says nothing more where 'Churn?' is expected; "
            "missing: 'Churn?'"
        ),
    ),
    "column-missing-in-the-middle": (
        lambda lines: [lines[0].replace("Day Mins,", ""), *lines[1:]],
        (
            "row 1, column 'Day Mins': the header of 20 columns says 'Day Calls' where 'Day Mins' is expected; "
            "missing: 'Day Mins'"
        ),
    ),
    "column-added": (
        lambda lines: [f"{line},x" for line in lines if line],
        "row 1, column 'x': the header of 22 columns says 'x' where the end of the row is expected; unknown: 'x'",
    ),
    "column-added-in-the-middle": (
        lambda lines: [lines[0].replace("Day Mins", "Weather,Day Mins"), *lines[1:]],
        (
            "row 1, column 'Day Mins': the header of 22 columns says 'Weather' where 'Day Mins' is expected; "
            "unknown: 'Weather'"
        ),
    ),
    "truncated-in-a-row": (
        lambda lines: [*lines[:40], ",".join(lines[40].split(",")[:9])],
        "row 41, column 'Day Calls': the row holds 9 cells where 21 are expected; the file may be truncated",
    ),
    "truncated-in-the-label": (
        lambda lines: [*lines[:40], lines[40][:-3]],
        "row 41, column 'Churn?':",
    ),
    "row-too-long": (cell(7, 0, "AK,AK"), "row 7, column 'Churn?': the row holds 22 cells"),
    "blank-row": (lambda lines: [*lines[:9], "", *lines[9:]], "row 10, column 'State': the row holds 0 cells"),
    "text-in-a-number": (cell(3, 7, "many"), "row 3, column 'Day Mins': 'many' is not a finite number"),
    "nan-in-a-number": (cell(4, 9, "NaN"), "row 4, column 'Day Charge': 'NaN' is not a finite number"),
    "infinity": (cell(5, 10, "inf"), "row 5, column 'Eve Mins': 'inf' is not a finite number"),
    "digits-with-underscore": (cell(6, 1, "1_0"), "row 6, column 'Account Length': '1_0' is not a finite number"),
    "empty-cell": (cell(8, 19, ""), "row 8, column 'CustServ Calls': '' is not a finite number"),
    "bad-label": (cell(9, 20, "True"), "row 9, column 'Churn?': 'True' is neither 'False.' nor 'True.'"),
    "bad-plan": (cell(10, 4, "maybe"), "row 10, column \"Int'l Plan\": 'maybe' is neither"),
    "one-class-only": (
        lambda lines: [line.replace("True.", "False.") for line in lines],
        "column 'Churn?': only one class is there: 0 rows are 'True.'",
    ),
    "too-few-of-a-class": (
        lambda lines: [
            lines[0],
            *[line for line in lines[1:] if "False." in line],
            first(lines, "True."),
        ],
        "column 'Churn?': 1 rows are 'True.', at least 20 are needed",
    ),
    "copies-of-one-customer": (
        lambda lines: [*lines[:1], *[line for line in lines[1:] if "False." in line], *[first(lines, "True.")] * 50],
        "column 'Churn?': too many of the 'True.' rows are copies of one another to be split",
    ),
    "open-quote": (cell(11, 0, '"AK'), "row 11, column 'State': the cell is no valid CSV (unexpected end of data)"),
    "open-quote-in-the-header": (cell(1, 2, '"Area'), "row 1, column 'Area Code': the cell is no valid CSV"),
    "open-quote-behind-quoted-cells": (
        cell(11, 0, '"AK",7,"8 ""0"" 6","403'),
        "row 11, column 'Phone': the cell is no valid CSV (unexpected end of data)",
    ),
    "open-quote-before-much": (
        lambda lines: cell(11, 3, '"403')([*lines[:-1], *lines[1:] * 5]),
        "row 11, column 'Phone': the cell is no valid CSV (field larger than field limit",
    ),
    "quote-inside-a-quote": (cell(12, 3, '"4"3"'), "row 12, column 'Phone': the cell is no valid CSV"),
    "quote-closed-rows-later": (
        lambda lines: cell(20, 0, 'AK"')(cell(11, 0, '"AK')(lines)),
        "row 11, column 'State': the cell goes on until row 20: look at its quotes",
    ),
}
BYTES: dict[str, tuple[Callable[[bytes, bytes], bytes], str]] = {  # of the header and a good row
    "utf-16": (lambda _header, _row: b"\xff\xfe\x00", "row 1, column 'State': the byte 0xff is not UTF-8"),
    "latin-1": (
        lambda header, row: header + row + b'A,"b,c",M\xfcller,1\n',
        "row 3, column 'Area Code': the byte 0xfc is not UTF-8",
    ),
    "cut-in-a-character": (
        lambda header, row: header + row + "Köln".encode()[:2],
        "row 3, column 'State': the byte 0xc3 is not UTF-8",
    ),
    "behind-a-byte-order-mark": (
        lambda _header, _row: b"\xef\xbb\xbfState,\xe4",
        "row 1, column 'Account Length': the byte 0xe4 is not UTF-8",
    ),
    "bytes-behind-a-wrong-row": (
        lambda header, row: header + b"\n" + row.replace(b",", b"\xfc,", 1),
        "row 2, column 'State': the row holds 0 cells",
    ),
}
SAID = {name: said for name, (_, said) in CASES.items()} | {name: said for name, (_, said) in BYTES.items()}
WRONG = {name: said for name, said in SAID.items() if said}
PLACE = re.compile(r"rows? \d+( to \d+)?, column (['\"]).+?\2: ")


def write_cases(folder: Path, generated: Path) -> None:
    """One file a case, made from the first 200 rows of a good one."""
    lines = [*generated.read_text(encoding="utf-8").split("\n")[:201], ""]
    for name, (change, _) in CASES.items():
        (folder / f"{name}.csv").write_text("\n".join(change(lines)), encoding="utf-8", newline="")
    header, row = (f"{line}\n".encode() for line in lines[:2])
    for name, (make, _) in BYTES.items():
        (folder / f"{name}.csv").write_bytes(make(header, row))
