"""Whatever is wrong with a churn file is said with the file's name, the row and the column."""

import json
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
    "empty": (lambda _: [], "row 1: the file is empty"),
    "header-only": (lambda lines: [lines[0], ""], "row 2: there is a header and no row below it"),
    "header-missing": (lambda lines: lines[1:], "row 1, column 1: the header says"),
    "column-renamed": (
        lambda lines: [lines[0].replace("Eve Mins", "Evening"), *lines[1:]],
        "row 1, column 11: the header says 'Evening' where 'Eve Mins' is expected",
    ),
    "column-missing": (
        lambda lines: [line.rsplit(",", 1)[0] for line in lines],
        "row 1: 20 columns where 21 are expected, the last 'Churn?'",
    ),
    "column-added": (lambda lines: [f"{line},x" for line in lines if line], "row 1: 22 columns where 21 are expected"),
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
    "open-quote": (cell(11, 0, '"AK'), "unexpected end of data"),
}


@pytest.fixture(scope="module")
def verdicts(
    churn: Lab, generated: Path, environments: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What prepare.py says of every case, by its name."""
    folder = tmp_path_factory.mktemp("cases")
    lines = [*generated.read_text().split("\n")[:201], ""]
    for name, (change, _) in CASES.items():
        (folder / f"{name}.csv").write_text("\n".join(change(lines)))
    (folder / "not-text.csv").write_bytes(b"\xff\xfe\x00")
    python = images.environment(images.SCIKIT_LEARN, environments).python
    command = [str(python), "-c", JUDGE, str(churn.folder), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    judged: dict[str, str] = json.loads(done.stdout)
    return judged


@pytest.mark.parametrize("name", CASES)
def test_a_data_error_names_file_row_and_column(verdicts: dict[str, str], name: str) -> None:
    expected = CASES[name][1]
    said = verdicts[f"{name}.csv"]
    if expected:
        assert said.startswith(f"s3://class/{name}.csv: ")
        assert expected in said
    else:
        assert said == ""


def test_a_file_that_is_no_text_is_named(verdicts: dict[str, str]) -> None:
    assert verdicts["not-text.csv"].startswith("s3://class/not-text.csv: 'utf-8' codec can't decode")
