"""The churn lab's scripts, end to end in the job images' packages, on generated and on real data."""

import csv
import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.lab_scripts import LabScripts, ScriptError
from classlab.labs import Lab


def rows(path: Path) -> list[list[str]]:
    """The cells of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def auc(work: Path) -> float:
    """How often a leaver's answer is above a stayer's; equal ones count half."""
    answers = [float(line) for line in (work / "infer/test.csv.out").read_text().split()]
    labels = [row[0] for row in rows(work / "prepared/labels/labels.csv")[1:]]
    leavers, stayers = (
        [value for value, label in zip(answers, labels, strict=True) if label == wanted] for wanted in "10"
    )
    above = sum((one > other) + (one == other) / 2 for one in leavers for other in stayers)
    return above / (len(leavers) * len(stayers))


def test_generated_data_passes_the_gate(scripts: LabScripts, generated: Path) -> None:
    gate = scripts.lab.pipeline.gate
    scripts.prepare(generated)
    assert scripts.train()[gate.metric] >= gate.at_least
    scripts.infer()
    metrics = scripts.score()
    assert metrics["auc"] >= gate.at_least
    assert metrics["rows"] == 500
    cells = ("true_negatives", "false_positives", "false_negatives", "true_positives")
    assert sum(metrics[cell] for cell in cells) == metrics["rows"]
    right = metrics["true_negatives"] + metrics["true_positives"]
    assert metrics["accuracy"] == pytest.approx(right / metrics["rows"])
    assert metrics["auc"] == pytest.approx(auc(scripts.work))  # of probabilities, and no accuracy by another name


def test_training_stops_at_the_lowest_validation_loss(scripts: LabScripts, generated: Path) -> None:
    scripts.prepare(generated)
    kept = scripts.train()["rounds"]
    header, *history = rows(scripts.work / "evaluation/history.csv")
    assert header == ["train", "validation"]
    losses = [float(validation) for _, validation in history]
    assert losses.index(min(losses)) + 1 == kept < len(losses)


def test_real_data_passes_the_gate(scripts: LabScripts, real: Path) -> None:
    gate = scripts.lab.pipeline.gate
    scripts.prepare(real)
    assert scripts.train()[gate.metric] >= gate.at_least
    scripts.infer()
    assert scripts.score()["auc"] >= gate.at_least


def test_the_split_is_stratified_disjoint_and_the_same_every_time(scripts: LabScripts, generated: Path) -> None:
    scripts.prepare(generated)
    prepared = scripts.work / "prepared"
    parts = {name: rows(prepared / name / f"{name}.csv") for name in ("train", "validation", "test")}
    labels = [row[0] for row in rows(prepared / "labels/labels.csv")[1:]]
    assert {name: len(part) for name, part in parts.items()} == {"train": 4001, "validation": 501, "test": 500}
    assert parts["train"][0] == parts["validation"][0]
    share = Counter(row[0] for row in parts["train"][1:])["1"] / 4000
    assert labels.count("1") / 500 == pytest.approx(share, abs=0.002)
    features = [{tuple(row[-17:]) for row in part} for part in parts.values()]
    assert not features[0] & features[2]
    assert not features[1] & features[2]
    digests = {path: path.read_bytes() for path in prepared.rglob("*.csv")}
    scripts.prepare(generated)
    assert {path: path.read_bytes() for path in prepared.rglob("*.csv")} == digests


def test_the_split_does_not_depend_on_the_order_of_the_file(
    scripts: LabScripts, generated: Path, tmp_path: Path
) -> None:
    scripts.prepare(generated)
    parts = ("train", "validation", "test")
    before = {name: sorted(rows(scripts.work / f"prepared/{name}/{name}.csv")) for name in parts}
    header, *customers = generated.read_text().splitlines(keepends=True)
    turned = tmp_path / "turned.csv"
    turned.write_text("".join([header, *reversed(customers)]))
    scripts.prepare(turned)
    assert {name: sorted(rows(scripts.work / f"prepared/{name}/{name}.csv")) for name in parts} == before


def test_copies_of_a_customer_are_never_on_both_sides(scripts: LabScripts, generated: Path, tmp_path: Path) -> None:
    header, *customers = generated.read_text().splitlines(keepends=True)
    twice = tmp_path / "twice.csv"
    twice.write_text("".join([header, *customers[:1000], *customers[:1000]]))
    scripts.prepare(twice)
    prepared = scripts.work / "prepared"
    features = [{tuple(row[-17:]) for row in rows(prepared / f"{name}/{name}.csv")} for name in ("train", "test")]
    assert not features[0] & features[1]
    assert len(rows(prepared / "test/test.csv")) == pytest.approx(200, abs=4)


def test_another_seed_splits_otherwise(scripts: LabScripts, generated: Path) -> None:
    scripts.prepare(generated)
    first = (scripts.work / "prepared/test/test.csv").read_bytes()
    scripts.prepare(generated, "--seed", "1")
    assert (scripts.work / "prepared/test/test.csv").read_bytes() != first


def test_a_changed_file_is_refused_by_its_checksum(scripts: LabScripts, generated: Path) -> None:
    sha256 = hashlib.sha256(generated.read_bytes()).hexdigest()
    uri = "s3://class/data/churn.csv"
    scripts.prepare(generated, variables={"CLASSLAB_DATA_URI": uri, "CLASSLAB_DATA_SHA256": sha256})
    with pytest.raises(ScriptError, match=rf"DataError: {uri}: the file is not the one .* {sha256} "):
        scripts.prepare(generated, variables={"CLASSLAB_DATA_URI": uri, "CLASSLAB_DATA_SHA256": "0" * 64})


def test_bad_data_stops_the_job_before_anything_is_written(
    scripts: LabScripts, generated: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(generated.read_text().replace("False.", "perhaps", 1))
    with pytest.raises(ScriptError, match="column 'Churn\\?': 'perhaps'"):
        scripts.prepare(bad)
    assert not (scripts.work / "prepared").exists()


def test_a_missing_file_is_named_by_its_address(scripts: LabScripts, tmp_path: Path) -> None:
    nothing = tmp_path / "readme.md"
    nothing.touch()
    with pytest.raises(
        ScriptError, match=r"DataError: s3://class/data/churn\.csv: one \.csv or \.txt file is expected"
    ):
        scripts.prepare(nothing, variables={"CLASSLAB_DATA_URI": "s3://class/data/churn.csv"})


def test_training_without_a_channel_is_named(scripts: LabScripts) -> None:
    with pytest.raises(ScriptError, match=r"channel 'train': no \.csv file"):
        scripts.train()


def test_an_unknown_hyperparameter_is_refused(scripts: LabScripts, generated: Path) -> None:
    scripts.prepare(generated)
    with pytest.raises(ScriptError, match="unrecognized arguments: --depth 6"):
        scripts.train("--depth", "6")


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ("0.5\n", "1 predictions for 2 test rows"),
        ("0.5\nno\n", r"test\.csv\.out, row 2: 'no' is not a probability"),
        ("0.5\n1.5\n", r"row 2: 1\.5 is not a probability"),
        (None, "the batch transform left no .out file"),
    ],
)
def test_answers_that_do_not_fit_the_labels_are_refused(scripts: LabScripts, answers: str | None, error: str) -> None:
    for folder in ("infer", "prepared/labels"):
        (scripts.work / folder).mkdir(parents=True)
    (scripts.work / "prepared/labels/labels.csv").write_text("churn\n0\n1\n")
    if answers is not None:
        (scripts.work / "infer/test.csv.out").write_text(answers)
    with pytest.raises(ScriptError, match=f"ScoringError: .*{error}"):
        scripts.score()


def test_the_generator_makes_the_real_files_columns_from_its_seed_alone(
    churn: Lab, generated: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.csv"
    subprocess.run([sys.executable, "-I", churn.folder / churn.raw.generator, again], check=True)
    assert again.read_bytes() == generated.read_bytes()
    assert len(rows(generated)) == 5001


def test_generated_and_real_files_have_one_header(generated: Path, real: Path) -> None:
    assert rows(generated)[0] == rows(real)[0]
