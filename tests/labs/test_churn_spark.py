"""prepare_spark.py against prepare.py: the same rows in the same parts, and the same words for every mistake."""

import csv
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from benchmarks.lab_scripts import LabScripts, ScriptError
from classlab.labs import Lab
from embedded_aws.runtime.environments import Environment
from tests.labs import java
from tests.labs.churn_cases import WRONG, write_cases

JAVA = java.installed()
pytestmark = pytest.mark.skipif(
    (JAVA or 0) < java.NEEDED, reason=f"Spark needs Java {java.NEEDED} or newer; here is {JAVA or 'none'}"
)
PARTS = ("train", "validation", "test")
# Of prepare.py's cases those that go another way in Spark: the check of a row is the same code in both.
CASES = (
    *("good", "good-in-other-words", "carriage-returns", "empty", "header-only", "header-missing", "blank-row"),
    *("truncated-in-the-label", "one-class-only", "copies-of-one-customer", "open-quote-before-much"),
    *("quote-closed-rows-later", "utf-16", "latin-1", "behind-a-byte-order-mark", "bytes-behind-a-wrong-row"),
)
# Small blocks, so that even these files are read in several, as large ones are: five of a whole file, and of a case.
BLOCK, CASE_BLOCK = 180_000, 9_000
SUBMIT = {
    "spark.master": "local[2]",
    "spark.sql.files.openCostInBytes": "0",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.log.level": "ERROR",
}
# All files are judged in one session: it takes longer to start than a file to judge.
JUDGE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import prepare, prepare_spark
spark = prepare_spark.open_session()
def by_spark(path):
    lines = prepare_spark.read_lines(spark, str(path))
    with prepare.named(path.name, ""):
        prepare_spark.check(lines)
        return prepare_spark.plan_split(prepare_spark.keyed(spark, lines, 1), 1)

def verdict(judge, path):
    try:
        return str(judge(path))
    except prepare.DataError as error:
        return str(error)

judges = (lambda path: prepare.plan_split(path, name=path.name, seed=1), by_spark)
paths = sorted(Path(sys.argv[2]).iterdir())
print(json.dumps({path.stem: [verdict(judge, path) for judge in judges] for path in paths}))
"""


@pytest.fixture(scope="session")
def spark_python(churn: Lab, environments: Path) -> Path:
    """An interpreter with the Spark of SageMaker's image."""
    environment = Environment("spark-3.5", churn.folder / "requirements-spark.txt", environments)
    environment.make()
    return environment.python


def run(python: Path, *arguments: str, variables: dict[str, str] | None = None, block: int = BLOCK) -> str:
    """What a script printed; raises ScriptError with its last words."""
    settings = {**SUBMIT, "spark.sql.files.maxPartitionBytes": str(block)}
    conf = " ".join(f"--conf {name}={value}" for name, value in settings.items())
    spark = {"PYSPARK_PYTHON": str(python), "PYSPARK_SUBMIT_ARGS": f"{conf} pyspark-shell"}
    environment = {**os.environ, **spark, **(variables or {})}
    done = subprocess.run([python, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ScriptError(done.stderr.strip())
    return done.stdout


def rows(folder: Path) -> list[list[str]]:
    """The rows of all files of an output, without headers."""
    found = [row for path in sorted(folder.iterdir()) for row in csv.reader(path.open(newline="", encoding="utf-8"))]
    return [row for row in found if row[0] != "churn"]


@pytest.fixture(scope="module")
def both(
    churn: Lab, generated: Path, environments: Path, spark_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[LabScripts, Path]:
    """The lab's scripts after prepare.py, and the output folder of prepare_spark.py for the same file."""
    scripts = LabScripts.of(churn, environments=environments, work=tmp_path_factory.mktemp("plain"))
    scripts.prepare(generated)
    output = tmp_path_factory.mktemp("spark")
    script = str(churn.folder / "prepare_spark.py")
    run(spark_python, script, "--input", str(generated.parent), "--output", str(output))
    return scripts, output


@pytest.mark.parametrize("part", PARTS)
def test_every_part_holds_the_same_rows(both: tuple[LabScripts, Path], part: str) -> None:
    scripts, output = both
    assert len(list((output / part).iterdir())) > 1
    assert sorted(rows(output / part)) == sorted(rows(scripts.work / "prepared" / part))


def test_labels_stand_in_the_order_of_the_test_rows(both: tuple[LabScripts, Path]) -> None:
    scripts, output = both
    prepared = scripts.work / "prepared"

    def labelled(folder: Path) -> list[tuple[str, ...]]:
        pairs = zip(rows(folder / "labels"), rows(folder / "test"), strict=True)
        return sorted((label, *features) for (label,), features in pairs)

    assert labelled(output) == labelled(prepared)


def test_nothing_but_the_parts_is_written(both: tuple[LabScripts, Path]) -> None:
    names = [path.name for path in both[1].rglob("*") if path.is_file()]
    assert names
    assert all(re.fullmatch(r"part-\d+-.+\.csv", name) for name in names)


def test_the_rest_of_the_pipeline_reads_the_part_files(both: tuple[LabScripts, Path], tmp_path: Path) -> None:
    scripts, output = both
    ours = LabScripts(lab=scripts.lab, pythons=scripts.pythons, work=tmp_path)
    (tmp_path / "prepared").symlink_to(output)
    gate = scripts.lab.pipeline.gate
    assert ours.train()[gate.metric] >= gate.at_least
    ours.infer()
    metrics = ours.score()
    assert metrics["rows"] == 500
    assert metrics["auc"] >= gate.at_least


@pytest.fixture(scope="module")
def verdicts(
    churn: Lab, generated: Path, spark_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[str]]:
    """What prepare.py and prepare_spark.py say of every case, by its name: where they cut, or what is wrong."""
    folder = tmp_path_factory.mktemp("cases")
    write_cases(folder, generated)
    for path in folder.iterdir():
        if path.stem not in CASES:
            path.unlink()
    judged: dict[str, list[str]] = json.loads(
        run(spark_python, "-c", JUDGE, str(churn.folder), str(folder), block=CASE_BLOCK)
    )
    return judged


@pytest.mark.parametrize("name", CASES)
def test_the_same_is_said_of_every_file(verdicts: dict[str, list[str]], name: str) -> None:
    plain, spark = verdicts[name]
    assert spark == plain
    assert WRONG.get(name, "Split(") in spark


def test_a_failed_job_says_why_and_writes_nothing(
    churn: Lab, generated: Path, spark_python: Path, tmp_path: Path
) -> None:
    command = [str(churn.folder / "prepare_spark.py"), "--input", str(generated.parent), "--output", str(tmp_path)]
    variables = {"CLASSLAB_DATA_URI": "s3://class/data/churn.csv", "CLASSLAB_DATA_SHA256": "0" * 64}
    with pytest.raises(ScriptError, match=r"DataError: s3://class/data/churn\.csv: the file is not the one .* 0{64}"):
        run(spark_python, *command, variables=variables)
    assert not list(tmp_path.iterdir())
