"""What attendees take home: the same from a seat that stands and from what is archived of it, and fit for run.py."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

from classlab.aws import Aws
from classlab.contract import AttendeeOutput, LabOutputs, archive_key, outputs_key, run_prefix
from classlab.data_source import DataFile, put
from classlab.errors import UserError
from classlab.labs import Lab, read_lab
from classlab.stacks import Stack
from classlab.take_home import TakeHome, archived, fetch_seat, taking_home

RUN = "0123456789ab"
CLASS, SEAT = "class-bucket", "ann-bucket"
FOLDER = run_prefix("churn-xgboost", RUN)
MADE = {"score/metrics.json": b"{}", "train/job/output/model.tar.gz": b"model", "infer/test.csv.out": b"0.5\n"}
METRICS = {"auc": 0.9876}


def _notebook(printed: str) -> bytes:
    output = nbformat.v4.new_output("stream", text=printed)  # type: ignore[no-untyped-call] # nbformat has no types
    cell = nbformat.v4.new_code_cell("print(answer)", outputs=[output])  # type: ignore[no-untyped-call] # as above
    notebook = nbformat.v4.new_notebook(cells=[cell])  # type: ignore[no-untyped-call] # as above
    return str(nbformat.writes(notebook)).encode()  # type: ignore[no-untyped-call] # as above


WORK = {
    "work/labs/churn-xgboost/churn-xgboost.ipynb": _notebook("seventeen <b>customers</b>"),
    "work/notes.txt": b"mine",
    "work/torn.ipynb": b"{",
}


@pytest.fixture
def stack() -> Stack:
    """A seat that stands."""
    outputs = {AttendeeOutput.BUCKET: SEAT}
    return Stack("c--ann", "id", "CREATE_COMPLETE", "", datetime.now(UTC), outputs, {})


@pytest.fixture
def labs() -> list[Lab]:
    """Two labs, the second of which starts from the first."""
    return [read_lab("churn_xgboost"), read_lab("churn_autogluon")]


@pytest.fixture
def home(aws: Aws, labs: list[Lab], tmp_path: Path) -> Iterator[TakeHome]:
    """A class with generated data and one seat whose churn pipeline has succeeded."""
    for bucket in (CLASS, SEAT):
        aws.s3.create_bucket(Bucket=bucket)
    raw = tmp_path / "churn.csv"
    raw.write_bytes(b"State\nKS\n")
    data = put(aws, CLASS, labs[0], DataFile(raw, "a test", generated=True))
    outputs = LabOutputs(
        lab="churn-xgboost",
        run=RUN,
        made_by="pipeline",
        data=data,
        prepared=f"s3://{SEAT}/{FOLDER}prepare/",
        scored=f"s3://{SEAT}/{FOLDER}score/",
        artifact=f"s3://{SEAT}/{FOLDER}train/job/output/model.tar.gz",
        hyperparameters={"seed": "1"},
        validation={},
        metrics=METRICS,
    )
    objects = {FOLDER + name: content for name, content in MADE.items()} | WORK
    objects |= {FOLDER + "prepare/train/train.csv": b"1\n", "status/environment.json": b"{}"}
    for key, content in {**objects, outputs_key("churn-xgboost"): json.dumps(outputs).encode()}.items():
        aws.s3.put_object(Bucket=SEAT, Key=key, Body=content)
    with taking_home(aws, CLASS, "sample", labs, tmp_path / "into") as home:
        yield home


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_has_everything(aws: Aws, home: TakeHome, stack: Stack, labs: list[Lab], tmp_path: Path) -> None:
    packed = home.pack("ann", fetch_seat(aws, CLASS, "ann", stack, tmp_path / "fetched"))
    got = _contents(home.into / "ann")
    assert {name: got[f"churn-xgboost/outputs/{name}"] for name in MADE} == MADE
    assert {name: got[name] for name in WORK} == WORK
    assert got["churn-xgboost/data/churn.csv"] == b"State\nKS\n"
    for lab in labs:
        for name in ("prepare.py", "train.py", "infer.py", "score.py"):
            assert got[f"{lab.name}/code/{name}"] == lab.file(name).read_bytes()
        assert got[f"{lab.name}/requirements.txt"] == lab.file("requirements.txt").read_bytes()
    assert json.loads(got["churn-xgboost/lab.json"])["metrics"] == METRICS
    assert json.loads(got["churn-autogluon/lab.json"])["starts_from"] == "churn-xgboost"
    assert not [name for name in got if "prepare/train" in name or "environment.json" in name]
    assert (packed.outputs, packed.pages) == (["churn-xgboost"], 1)


def test_notebooks_become_pages_and_a_torn_one_keeps_nobody_back(
    aws: Aws, home: TakeHome, stack: Stack, tmp_path: Path
) -> None:
    packed = home.pack("ann", fetch_seat(aws, CLASS, "ann", stack, tmp_path / "fetched"))
    got = _contents(home.into / "ann")
    assert b"seventeen &lt;b&gt;customers" in got["work/labs/churn-xgboost/churn-xgboost.html"]
    assert "work/torn.html" not in got
    (problem,) = packed.problems
    assert problem.startswith("work/torn.ipynb could not be made a page")
    assert problem in got["README.md"].decode()


def test_the_readme_says_what_the_data_is_and_what_was_measured(
    aws: Aws, home: TakeHome, stack: Stack, tmp_path: Path
) -> None:
    home.pack("ann", fetch_seat(aws, CLASS, "ann", stack, tmp_path / "fetched"))
    said = (home.into / "ann/README.md").read_text()
    assert "`data/churn.csv` (GENERATED by the project" in said
    assert home.raw["churn-xgboost"].about["sha256"] in said
    assert f"Measured in class (pipeline, run {RUN}): auc 0.9876." in said
    assert "Starts from what `churn-xgboost` prepares" in said
    assert "Your pipeline has not come to its end" in said.partition("## churn-autogluon")[2]
    assert "is NOT the data" not in said


def test_an_archived_seat_gives_the_same_folder(aws: Aws, home: TakeHome, stack: Stack, tmp_path: Path) -> None:
    home.pack("ann", fetch_seat(aws, CLASS, "ann", stack, tmp_path / "standing"))
    before = _contents(home.into / "ann")
    for entry in aws.s3.list_objects_v2(Bucket=SEAT)["Contents"]:
        if target := archive_key("ann", entry["Key"]):
            aws.s3.copy({"Bucket": SEAT, "Key": entry["Key"]}, CLASS, target)
    assert archived(aws, CLASS) == ["ann"]
    home.pack("ann", fetch_seat(aws, CLASS, "ann", None, tmp_path / "gone"))
    after = _contents(home.into / "ann")
    pages = re.compile(r"\.html$")  # cells without an id get a new one in each page
    assert {k: v for k, v in after.items() if not pages.search(k)} == {
        k: v for k, v in before.items() if not pages.search(k)
    }
    assert after.keys() == before.keys()


def test_another_folder_is_not_replaced(home: TakeHome, tmp_path: Path) -> None:
    (home.into / "ann").mkdir()
    (home.into / "ann/thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="is no take-home: name another folder"):
        home.pack("ann", tmp_path)
    assert (home.into / "ann/thesis.txt").read_text() == "mine"


def test_a_class_without_data_or_outputs_still_goes_home(aws: Aws, labs: list[Lab], tmp_path: Path) -> None:
    aws.s3.create_bucket(Bucket=CLASS)
    with taking_home(aws, CLASS, "sample", labs, tmp_path / "into") as home:
        packed = home.pack("ann", tmp_path / "nothing")
    assert (packed.outputs, packed.pages, packed.problems) == ([], 0, [])
    assert "put `churn.csv` into `churn-xgboost/data/`" in (tmp_path / "into/ann/README.md").read_text()


def test_edits_at_home_change_no_source_of_the_labs(home: TakeHome, labs: list[Lab], tmp_path: Path) -> None:
    home.pack("ann", tmp_path / "nothing")
    taken = home.into / "ann/churn-xgboost/code/train.py"
    assert not taken.samefile(labs[0].file("train.py"))


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        ("work/labs/a.ipynb", "work/ann/labs/a.ipynb"),
        ("outputs/churn.json", "work/ann/.classlab/outputs/churn.json"),
        ("runs/churn/1/score/metrics.json", "work/ann/.classlab/runs/churn/1/score/metrics.json"),
        ("runs/churn/1/prepare/train/train.csv", ""),
        ("status/environment.json", ""),
    ],
)
def test_what_the_archive_keeps(key: str, kept: str) -> None:
    assert archive_key("ann", key) == kept
