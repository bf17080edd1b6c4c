"""Whatever is wrong with a churn file is said with the file's name, the row and the column."""

import json
import subprocess
from pathlib import Path

import pytest

from classlab.labs import Lab
from embedded_aws.runtime import images
from tests.labs.churn_cases import PLACE, SAID, WRONG, write_cases

# All files are judged by one process, as the job would: its packages take longer to load than the files to read.
JUDGE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import prepare
verdicts = {}
for path in sorted(Path(sys.argv[2]).iterdir()):
    try:
        prepare.plan_split(path, name=f"s3://class/{path.name}")
        verdicts[path.name] = ""
    except prepare.DataError as error:
        verdicts[path.name] = str(error)
print(json.dumps(verdicts))
"""


@pytest.fixture(scope="module")
def verdicts(
    churn: Lab, generated: Path, environments: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What prepare.py says of every case, by its name."""
    folder = tmp_path_factory.mktemp("cases")
    write_cases(folder, generated)
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


@pytest.mark.parametrize("name", sorted(SAID.keys() - WRONG.keys()))
def test_a_good_file_is_read(verdicts: dict[str, str], name: str) -> None:
    assert verdicts[f"{name}.csv"] == ""
