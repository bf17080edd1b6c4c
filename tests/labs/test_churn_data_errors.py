"""Whatever is wrong with a churn file is said with the file's name, the row and the column."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from classlab.labs import Lab
from embedded_aws.runtime import images

# All files are judged by one process: the packages take longer to load than the files to read.
JUDGE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import prepare
verdicts = {}
for path in sorted(Path(sys.argv[2]).iterdir()):
    try:
        prepare.read_churn(path, name=f"s3://class/{path.name}")
        verdicts[path.name] = ""
    except prepare.DataError as error:
        verdicts[path.name] = str(error)
print(json.dumps(verdicts))
"""
Change = Callable[[list[str]], list[str]]  # of the file's lines


def cell(row: int, column: int, value: str) -> Change:
    """Put a value into a cell; rows count from the header, 1, columns from 0."""

    def change(lines: list[str]) -> list[str]:
        cells = lines[row - 1].split(",")
        cells[column] = value
        return [*lines[: row - 1], ",".join(cells), *lines[row:]]

    return change


CASES: dict[str, tuple[Change, str]] = {
    "good": (lambda lines: lines, ""),
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
            next(x for x in lines if "True." in x),
        ],
        "column 'Churn?': 1 rows are 'True.', at least 20 are needed",
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
NO_TEXT = {
    "utf-16": (b"\xff\xfe\x00", "row 1, column 'State': the byte 0xff is not UTF-8"),
    "latin-1": (b'State,Account Length\r\nA,"b,c",M\xfcller,1\n', "row 2, column 'Area Code': the byte 0xfc is not"),
    "cut-in-a-character": ("State\n\nKöln".encode()[:-3], "row 3, column 'State': the byte 0xc3 is not UTF-8"),
    "behind-a-byte-order-mark": (b"\xef\xbb\xbfState,\xe4", "row 1, column 'Account Length': the byte 0xe4 is not"),
}
WRONG = {name: said for name, (_, said) in {**CASES, **NO_TEXT}.items() if said}
PLACE = re.compile(r"rows? \d+( to \d+)?, column (['\"]).+?\2: ")


@pytest.fixture(scope="module")
def verdicts(
    churn: Lab, generated: Path, environments: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What prepare.py says of every case, by its name."""
    folder = tmp_path_factory.mktemp("cases")
    lines = [*generated.read_text().split("\n")[:201], ""]
    for name, (change, _) in CASES.items():
        (folder / f"{name}.csv").write_text("\n".join(change(lines)))
    for name, (content, _) in NO_TEXT.items():
        (folder / f"{name}.csv").write_bytes(content)
    python = images.environment(images.SCIKIT_LEARN, environments).python
    command = [str(python), "-c", JUDGE, str(churn.folder), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    judged: dict[str, str] = json.loads(done.stdout)
    return judged


@pytest.mark.parametrize("name", WRONG)
def test_a_data_error_names_file_row_and_column(verdicts: dict[str, str], name: str) -> None:
    file, said = f"s3://class/{name}.csv: ", verdicts[f"{name}.csv"]
    assert said.startswith(file)
    assert PLACE.match(said.removeprefix(file))
    assert WRONG[name] in said


@pytest.mark.parametrize("name", sorted(CASES.keys() - WRONG.keys()))
def test_a_good_file_is_read(verdicts: dict[str, str], name: str) -> None:
    assert verdicts[f"{name}.csv"] == ""
