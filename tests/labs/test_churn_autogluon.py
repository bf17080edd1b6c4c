"""The AutoGluon lab, end to end on what the churn lab prepared: the same test rows, honest numbers, clear errors."""

import csv
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.lab_scripts import LabScripts, ScriptError
from classlab.labs import Lab, image_uri, read_lab
from embedded_aws.runtime import images

ENVIRONMENTS = Path(__file__).resolve().parents[2] / ".envs"
SMALL_ENOUGH = 40 << 20  # bytes; every model with its training data is several times that
PLANS = ["Int'l Plan", "VMail Plan"]

# One process asks the model everything: loading it takes longer than answering.
ASK = """
import json, sys
sys.path.insert(0, sys.argv[1] + "/code")
import inference
model = inference.model_fn(sys.argv[1])
said = {}
for name, (body, kind, accept) in json.load(sys.stdin).items():
    try:
        said[name] = inference.output_fn(inference.predict_fn(inference.input_fn(body, kind), model), accept)[0]
    except ValueError as error:
        said[name] = str(error)
print(json.dumps(said))
"""

# One process judges all cases: pandas takes longer to load than the files to read.
JUDGE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import prepare
verdicts = {}
for folder in Path(sys.argv[2]).iterdir():
    try:
        prepare.read_prepared(folder, name="s3://seat/prepare/")
        verdicts[folder.name] = ""
    except prepare.DataError as error:
        verdicts[folder.name] = str(error)
print(json.dumps(verdicts))
"""


def rows(path: Path) -> list[list[str]]:
    """The cells of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def records(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def lab() -> Lab:
    """The AutoGluon lab."""
    return read_lab("churn_autogluon")


@pytest.fixture(scope="module")
def made(environments: Path, lab: Lab) -> Path:
    """The environments with that of AutoGluon's image; made if it is missing."""
    uris = {image_uri(step.image, "us-east-1") for step in lab.pipeline.jobs.values()}
    images.prepare(environments, print, sorted({images.resolve(uri).name for uri in uris}))
    return environments


def run_both(labs: tuple[Lab, Lab], data: Path, environments: Path, work: Path) -> tuple[LabScripts, LabScripts]:
    """The churn lab on a raw file, then the AutoGluon lab on what that prepared."""
    xgboost, autogluon = (LabScripts.of(lab, environments=environments, work=work / lab.name) for lab in labs)
    xgboost.run(data)
    autogluon.run(xgboost.work / "prepared")
    return xgboost, autogluon


@pytest.fixture(scope="module")
def both(
    churn: Lab, lab: Lab, generated: Path, made: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[LabScripts, LabScripts]:
    """Both labs after a run on generated data."""
    return run_both((churn, lab), generated, made, tmp_path_factory.mktemp("both"))


@pytest.fixture(scope="module")
def before(churn: Lab, generated: Path, made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the churn lab prepares of generated data."""
    scripts = LabScripts.of(churn, environments=made, work=tmp_path_factory.mktemp("before"))
    scripts.prepare(generated)
    return scripts.work / "prepared"


def metrics(scripts: LabScripts, path: str = "score/metrics.json") -> dict[str, float]:
    """What a run measured."""
    found: dict[str, float] = json.loads((scripts.work / path).read_text())
    return found


def test_generated_data_passes_the_gate(both: tuple[LabScripts, LabScripts], lab: Lab) -> None:
    _, autogluon = both
    gate = lab.pipeline.gate
    assert metrics(autogluon, "evaluation/evaluation.json")[gate.metric] >= gate.at_least
    assert metrics(autogluon)["auc"] >= gate.at_least


def test_both_labs_answer_for_the_same_rows_in_the_same_order(both: tuple[LabScripts, LabScripts]) -> None:
    xgboost, autogluon = (scripts.work / "prepared" for scripts in both)
    assert rows(xgboost / "labels/labels.csv") == rows(autogluon / "labels/labels.csv")
    features = rows(xgboost / "train/train.csv")[0][1:]
    words = {features.index(plan): {"0": "no", "1": "yes"} for plan in PLANS}
    given, again = rows(xgboost / "test/test.csv"), rows(autogluon / "test/test.csv")
    assert len(given) == len(again) == 500
    for before, after in zip(given, again, strict=True):
        for column, (one, other) in enumerate(zip(before, after, strict=True)):
            assert words[column][one] == other if column in words else float(one) == float(other)


def test_real_data_is_predicted_as_well_as_by_the_churn_lab(
    churn: Lab, lab: Lab, real: Path, made: Path, tmp_path: Path
) -> None:
    xgboost, autogluon = run_both((churn, lab), real, made, tmp_path)
    assert metrics(autogluon, "evaluation/evaluation.json")["auc"] >= lab.pipeline.gate.at_least
    assert metrics(autogluon)["auc"] >= metrics(xgboost)["auc"] - 0.002


def test_f1_is_f1_and_no_auc_of_decisions(both: tuple[LabScripts, LabScripts], made: Path, tmp_path: Path) -> None:
    _, autogluon = both
    validation = rows(autogluon.work / "prepared/validation/validation.csv")[1:]
    again = LabScripts.of(autogluon.lab, environments=made, work=tmp_path)
    (tmp_path / "model").symlink_to(autogluon.work / "model")
    (tmp_path / "prepared/test").mkdir(parents=True)
    with (tmp_path / "prepared/test/validation.csv").open("w", newline="") as file:
        csv.writer(file).writerows(row[1:] for row in validation)
    again.infer()
    decisions = [float(line) >= 0.5 for line in (tmp_path / "infer/validation.csv.out").read_text().split()]
    labels = [row[0] == "1" for row in validation]
    both_true = sum(label and decision for label, decision in zip(labels, decisions, strict=True))
    f1 = 2 * both_true / (sum(labels) + sum(decisions))
    of_decisions = (both_true / sum(labels) + 1 - (sum(decisions) - both_true) / (len(labels) - sum(labels))) / 2
    assert metrics(autogluon, "evaluation/evaluation.json")["f1"] == pytest.approx(f1)
    assert abs(f1 - of_decisions) > 1e-6


def test_the_leaderboard_names_every_model_best_first(both: tuple[LabScripts, LabScripts]) -> None:
    board = records(both[1].work / "evaluation/leaderboard.csv")
    scores = [float(row["score_val"]) for row in board]
    assert scores == sorted(scores, reverse=True)
    names = " ".join(row["model"] for row in board)
    assert all(kind in names for kind in ("LightGBM", "CatBoost", "XGBoost", "RandomForest", "WeightedEnsemble"))
    assert scores[0] == pytest.approx(metrics(both[1], "evaluation/evaluation.json")["auc"])


def test_every_column_has_an_importance_with_its_interval(both: tuple[LabScripts, LabScripts]) -> None:
    features = rows(both[1].work / "prepared/train/train.csv")[0][1:]
    table = records(both[1].work / "evaluation/importance.csv")
    assert {row["feature"] for row in table} == set(features)
    for row in table:
        assert float(row["low"]) <= float(row["importance"]) <= float(row["high"])
        assert 0 <= float(row["p_value"]) <= 1
        assert float(row["stddev"]) >= 0
        assert int(row["n"]) == 10
    useful = [row["feature"] for row in table if float(row["low"]) > 0]
    assert {"CustServ Calls", "Day Mins"} <= set(useful)  # what generate.py's rules go by


def test_the_model_holds_what_serving_needs_and_no_customers(both: tuple[LabScripts, LabScripts]) -> None:
    model = both[1].work / "model"
    assert (model / "code/inference.py").read_bytes() == both[1].lab.file("infer.py").read_bytes()
    assert sum(path.stat().st_size for path in model.rglob("*") if path.is_file()) < SMALL_ENOUGH
    assert not [path for path in model.rglob("*") if path.name in {"X.pkl", "y.pkl", "X_val.pkl", "y_val.pkl"}]


@pytest.fixture(scope="module")
def answers(both: tuple[LabScripts, LabScripts]) -> dict[str, str]:
    """What the model says to good and bad requests."""
    good = ",".join(rows(both[1].work / "prepared/test/test.csv")[0])
    requests = {
        "csv": (f"{good}\n{good}\n", "text/csv; charset=utf-8", "text/csv"),
        "json": (good, "text/csv", "application/json"),
        "no-rows": ("\n", "text/csv", "text/csv"),
        "too-few": (f"{good}\n1,2\n", "text/csv", "text/csv"),
        "no-word": (good.replace("no", "maybe").replace("yes", "maybe"), "text/csv", "text/csv"),
        "no-number": (f"x{good}", "text/csv", "text/csv"),
        "json-in": ("{}", "application/json", "text/csv"),
        "image-out": (good, "text/csv", "image/png"),
    }
    command = [str(both[1].pythons["infer"]), "-c", ASK, str(both[1].work / "model")]
    done = subprocess.run(command, input=json.dumps(requests), capture_output=True, text=True, check=True)
    said: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return said


def test_a_request_is_answered_line_by_line(answers: dict[str, str]) -> None:
    first, second = answers["csv"].splitlines()
    assert first == second
    assert json.loads(answers["json"])["probabilities"] == [pytest.approx(float(first))]


@pytest.mark.parametrize(
    ("request_name", "said"),
    [
        ("no-rows", "the request holds no rows"),
        ("too-few", "line 2 has 2 cells; 17 are expected, in this order: Account Length, Int'l Plan"),
        ("no-word", "line 1, Int'l Plan: 'maybe' is none of no, yes"),
        ("no-number", "line 1, Account Length: 'x"),
        ("json-in", "content type 'application/json' is not served"),
        ("image-out", "accept 'image/png' is not served"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(answers: dict[str, str], request_name: str, said: str) -> None:
    assert answers[request_name].startswith(said)


def cell(part: str, row: int, column: int, value: str) -> Callable[[Path], None]:
    """Put a value into a cell; rows count from 1 and a header is one."""

    def change(folder: Path) -> None:
        path = folder / part / f"{part}.csv"
        lines = path.read_text().splitlines()
        cells = lines[row - 1].split(",")
        cells[column : column + 1] = value.split(",") if value else []
        lines[row - 1] = ",".join(cells)
        path.write_text("\n".join(lines) + "\n")

    return change


def holding(path: str, text: str) -> Callable[[Path], None]:
    """Put another text into a file."""

    def change(folder: Path) -> None:
        (folder / path).write_text(text)

    return change


def without(path: str) -> Callable[[Path], None]:
    """Remove a file."""
    return lambda folder: (folder / path).unlink()


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "no test rows": (without("test/test.csv"), "/test: no .csv file is there; run prepare.py of lab churn-xgboost"),
    "label not first": (cell("train", 1, 0, "left"), "/train/train.csv: row 1, column 'left': the label 'churn'"),
    "plan renamed": (cell("train", 1, 2, "Abroad"), '/train/train.csv: row 1, column "Int\'l Plan": it is missing'),
    "a column twice": (cell("train", 1, 5, "Day Calls"), "row 1, column 'Day Calls': it is there twice"),
    "other columns": (cell("validation", 1, 4, "Mail"), "/validation/validation.csv: row 1: the columns"),
    "no number": (cell("train", 7, 5, "many"), "/train/train.csv: row 7, column 'Day Mins': 'many' is not a finite"),
    "no code": (cell("test", 3, 1, "2"), "/test/test.csv: row 3, column \"Int'l Plan\": '2' is neither 0 nor 1"),
    "no label": (cell("labels", 4, 0, "yes"), "/labels/labels.csv: row 4, column 'churn': 'yes' is neither 0 nor 1"),
    "row too short": (cell("test", 2, 16, ""), "/test/test.csv: row 2: 16 cells where 17 are expected"),
    "labels of another run": (
        holding("labels/labels.csv", "churn\n0\n1\n"),
        ": 500 rows in test, 2 in labels: they are not of one run",
    ),
    "one class": (
        holding("labels/labels.csv", "churn\n" + "0\n" * 500),
        "/labels, column 'churn': both 0 and 1 are needed",
    ),
}


@pytest.fixture(scope="module")
def verdicts(lab: Lab, before: Path, made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What prepare.py says of every case, by its name."""
    folder = tmp_path_factory.mktemp("cases")
    for case, (change, _) in BAD.items():
        change(shutil.copytree(before, folder / case))
    python = LabScripts.of(lab, environments=made, work=folder).pythons["prepare"]
    command = [str(python), "-c", JUDGE, str(lab.folder), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    judged: dict[str, str] = json.loads(done.stdout)
    return judged


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_with_the_earlier_labs_data_is_said(verdicts: dict[str, str], case: str) -> None:
    assert verdicts[case].startswith("s3://seat/prepare")
    assert BAD[case][1] in verdicts[case]


def test_bad_data_stops_the_job_before_anything_is_written(lab: Lab, before: Path, made: Path, tmp_path: Path) -> None:
    data = shutil.copytree(before, tmp_path / "prepared-before")
    cell("test", 3, 1, "2")(data)
    scripts = LabScripts.of(lab, environments=made, work=tmp_path)
    with pytest.raises(ScriptError, match=r"^DataError: s3://seat/prepare/test/test\.csv: row 3, column"):
        scripts.prepare(data, variables={"CLASSLAB_DATA_URI": "s3://seat/prepare/"})
    assert not (tmp_path / "prepared").exists()


def test_training_without_a_channel_is_named(lab: Lab, made: Path, tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"channel 'train': no \.csv file"):
        LabScripts.of(lab, environments=made, work=tmp_path).train()
