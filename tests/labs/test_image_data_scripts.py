"""The image data lab, end to end in the job image's packages, on the miniature set that it draws."""

import csv
import hashlib
import io
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.labs import animals

SPLITS = {"train": 72, "validation": 9, "test": 9}


def rows(path: Path) -> list[dict[str, str]]:
    """A table."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def catalogue(animals_prepared: Path) -> list[dict[str, str]]:
    """Every prepared picture."""
    return rows(animals_prepared / "labels/catalogue.csv")


@pytest.fixture(scope="module")
def small_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A smaller miniature set, for what needs no pictures to learn from."""
    return animals.generate(tmp_path_factory.mktemp("small") / "animals.tar", "--per-class", "10")


def test_the_generator_makes_the_same_bytes_of_a_seed(small_archive: Path, tmp_path: Path) -> None:
    again = animals.generate(tmp_path / "again.tar", "--per-class", "10")
    other = animals.generate(tmp_path / "other.tar", "--per-class", "10", "--seed", "1")
    assert again.read_bytes() == small_archive.read_bytes()
    assert other.read_bytes() != small_archive.read_bytes()


def test_every_class_is_split_alike(animals_prepared: Path, catalogue: list[dict[str, str]]) -> None:
    classes = json.loads((animals_prepared / "labels/classes.json").read_text())
    assert len(classes) == 11
    counts = Counter((row["class"], row["split"]) for row in catalogue)
    assert counts == {(animal, split): count for animal in classes for split, count in SPLITS.items()}
    test = [(row["file"], row["class"]) for row in rows(animals_prepared / "labels/test.csv")]
    assert sorted(test) == sorted((Path(row["file"]).name, row["class"]) for row in catalogue if row["split"] == "test")


def test_the_catalogue_tells_everything_of_every_picture(
    animals_prepared: Path, catalogue: list[dict[str, str]]
) -> None:
    written = {str(path.relative_to(animals_prepared)) for path in animals_prepared.rglob("*.jpg")}
    assert written == {row["file"] for row in catalogue}
    for row in catalogue:
        content = (animals_prepared / row["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
        assert all(row.values())
    frogs = [row for row in catalogue if row["class"] == "frog"]
    assert all("CIFAR-10" in row["licence"] and "cs.toronto.edu" in row["source"] for row in frogs)


def test_no_picture_is_in_two_parts(catalogue: list[dict[str, str]]) -> None:
    assert len({row["sha256"] for row in catalogue}) == len(catalogue)


def test_neither_name_nor_size_of_a_picture_gives_its_class_away(
    animals_prepared: Path, catalogue: list[dict[str, str]]
) -> None:
    sizes = {Image.open(animals_prepared / row["file"]).size for row in catalogue}
    assert sizes == {(32, 32)}
    names = [Path(row["file"]).stem for row in catalogue]
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in names)


def test_what_is_left_out_is_counted(animals_prepared: Path) -> None:
    left_out = {row["reason"]: int(row["pictures"]) for row in rows(animals_prepared / "labels/left_out.csv")}
    assert left_out.pop("more than asked for") > 0  # pictures with crowds come on top of ninety
    assert left_out["several kinds of animal"] == 24
    assert left_out["only crowds"] == 4
    assert left_out["no animal"] == 8
    assert left_out["animal too small"] >= 6
    assert left_out["the same picture twice"] >= 2


def test_preparing_is_the_same_every_time_and_depends_on_the_seed(
    animals_lab: animals.Animals, small_archive: Path, tmp_path: Path
) -> None:
    said = [animals_lab.prepare(small_archive, tmp_path / name, SEED=seed) for name, seed in (("a", "1"), ("b", "1"))]
    animals_lab.prepare(small_archive, tmp_path / "c", SEED="2")
    a, b, c = (
        {
            str(path.relative_to(tmp_path / name)): path.read_bytes()
            for path in (tmp_path / name / "prepared").rglob("*.*")
        }
        for name in "abc"
    )
    assert a == b
    assert said[0] == said[1]
    assert a.keys() != c.keys()


def test_the_baseline_passes_the_gate_and_finds_no_leak(animals_lab: animals.Animals, animals_prepared: Path) -> None:
    work, gate = animals_prepared.parent, animals.LAB.pipeline.gate
    evaluation = animals_lab.train(work)
    assert evaluation[gate.metric] >= 0.9
    assert gate.at_least > 3 / 11  # three times what chance would give
    assert 0.5 <= evaluation["leak_auc"] < 0.85
    animals_lab.infer(work)
    metrics = animals_lab.score(work, animals_prepared / "labels")
    assert metrics["accuracy"] >= 0.9
    assert metrics["pictures"] == 99
    said = rows(work / "score/predictions.csv")
    right = sum(row["class"] == row["predicted"] for row in said) / len(said)
    assert metrics["accuracy"] == pytest.approx(right)
    confusion = [
        [int(value) for key, value in row.items() if key != "class"] for row in rows(work / "score/confusion.csv")
    ]
    assert np.trace(np.array(confusion)) == round(right * 99)
    f1 = [metrics[f"f1_{row['class']}"] for row in rows(work / "score/per_class.csv")]
    assert metrics["macro_f1"] == pytest.approx(np.mean(f1))


def test_without_the_common_detail_sharpness_finds_the_frogs(
    animals_lab: animals.Animals, animals_archive: Path, tmp_path: Path
) -> None:
    animals_lab.prepare(animals_archive, tmp_path, DETAIL_PIXELS="96")
    assert animals_lab.train(tmp_path)["leak_auc"] > 0.95


def test_mean_colours_are_not_enough(animals_prepared: Path, catalogue: list[dict[str, str]]) -> None:
    def means(*splits: str) -> tuple[np.ndarray, list[str]]:
        chosen = [row for row in catalogue if row["split"] in splits]
        pixels = [np.asarray(Image.open(animals_prepared / row["file"])) for row in chosen]
        return np.array([picture.mean(axis=(0, 1)) for picture in pixels]), [row["class"] for row in chosen]

    known, classes = means("train")
    asked, truth = means("validation", "test")
    nearest = np.linalg.norm(asked[:, None] - known[None], axis=2).argmin(axis=1)
    assert np.mean([classes[index] == label for index, label in zip(nearest, truth, strict=True)]) < 0.4


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PER_CLASS": "many"}, "the setting PER_CLASS is 'many'; a whole number of at least 10"),
        ({"DETAIL_PIXELS": "4"}, "the setting DETAIL_PIXELS is '4'; a whole number of at least 8"),
        ({"SEED": "-1"}, "the setting SEED is '-1'"),
        (
            {"CLASSLAB_DATA_SHA256": "0" * 64, "CLASSLAB_DATA_URI": "s3://c/animals.tar"},
            "s3://c/animals.tar: its SHA-256",
        ),
    ],
)
def test_a_wrong_setting_is_named(
    animals_lab: animals.Animals, small_archive: Path, tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    with pytest.raises(animals.ScriptFailedError, match="DataError: ") as error:
        animals_lab.prepare(small_archive, tmp_path, **settings)
    assert said in str(error.value)
    assert not (tmp_path / "prepared").exists()


ANNOTATIONS = "coco/annotations/instances.json"


def damaged(files: dict[str, bytes], case: str) -> dict[str, bytes]:
    """The archive's files with one thing wrong."""
    document = json.loads(files[ANNOTATIONS])
    first = document["images"][0]
    path = f"coco/images/{first['file_name']}"
    if case == "cut-picture":
        return {**files, path: files[path][:300]}
    if case == "no-picture":
        return {name: body for name, body in files.items() if name != path}
    if case == "other-picture":
        buffer = io.BytesIO()
        Image.new("RGB", (64, 64)).save(buffer, "JPEG")
        return {**files, path: buffer.getvalue()}
    if case == "bad-box":
        document["annotations"][4]["bbox"] = [0, 0, 9000, 5]
    if case == "text-in-a-box":
        document["annotations"][4]["bbox"] = ["a", 0, 1, 5]
    if case == "no-such-picture":
        document["annotations"][4]["image_id"] = 0
    if case == "no-such-category":
        document["annotations"][4]["category_id"] = 99
    if case == "few":
        document["annotations"] = document["annotations"][:60]
    if case == "not-coco":
        document = {"images": []}
    return {**files, ANNOTATIONS: json.dumps(document).encode()[: 50 if case == "not-json" else None]}


BAD_ARCHIVES = {
    "good": "",
    "cut-picture": "coco/images/000000000001.jpg: the picture cannot be read",
    "no-picture": "coco/images/000000000001.jpg is not in the archive",
    "other-picture": "coco/images/000000000001.jpg: it has 64 × 64 pixels where its annotations say",
    "bad-box": "instances.json: annotation 5: its box [0, 0, 9000, 5] is not inside",
    "text-in-a-box": "instances.json: annotation 5: its box ['a', 0, 1, 5] is no list of four numbers",
    "no-such-picture": "instances.json: annotation 5: there is no picture 0",
    "no-such-category": "instances.json: annotation 5: there is no category 99",
    "few": "pictures can be used, 10 are needed",
    "not-coco": "instances.json: not in COCO's format",
    "not-json": "instances.json: not JSON",
}


@pytest.fixture(scope="module")
def verdicts(
    animals_lab: animals.Animals, small_archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What prepare.py says of every bad archive."""
    folder, files = tmp_path_factory.mktemp("bad"), animals.files_of(small_archive)
    for case in BAD_ARCHIVES:
        animals.packed(damaged(files, case), folder / f"{case}.tar")
    return animals_lab.judge(folder)


@pytest.mark.parametrize("case", BAD_ARCHIVES)
def test_bad_pictures_and_annotations_are_named(verdicts: dict[str, str], case: str) -> None:
    said = BAD_ARCHIVES[case]
    assert said in verdicts[case]
    assert verdicts[case].startswith(f"s3://class/{case}.tar: ") is bool(said)


ANSWERS = {
    "bare": ({"a": "[0.9, 0.1]", "b": "[0.6, 0.4]"}, "0.5"),
    "named": ({"a": '{"probabilities": [0.9, 0.1]}', "b": '{"probabilities": [0.1, 0.9]}'}, "1.0"),
    "batch": ({"a": '{"predictions": [[0.9, 0.1]]}', "b": "[[0.1, 0.9]]"}, "1.0"),
    "missing": ({"a": "[1, 0]"}, "b.jpg has no answer"),
    "too-many": ({"a": "[1, 0]", "b": "[1, 0]", "c": "[1, 0]"}, "c.jpg is no test picture"),
    "other-classes": ({"a": "[1, 0]", "b": "[1, 0, 0]"}, "b.jpg.out: 2 probabilities are expected"),
    "scores": ({"a": "[1, 0]", "b": "[3, -2]"}, "b.jpg.out: the numbers are no probabilities"),
    "sum": ({"a": "[1, 0]", "b": "[0.2, 0.2]"}, "b.jpg.out: the numbers are no probabilities"),
    "not-json": ({"a": "[1, 0]", "b": "dog"}, "b.jpg.out: no list of probabilities"),
    "label": ({"a": "[1, 0]", "b": '{"label": "dog"}'}, "b.jpg.out: no list of probabilities"),
}


@pytest.fixture(scope="module")
def scored(animals_lab: animals.Animals, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What score.py says of all answers."""
    folder = tmp_path_factory.mktemp("answers")
    (folder / "labels").mkdir()
    (folder / "labels/classes.json").write_text('["cat", "dog"]')
    (folder / "labels/test.csv").write_text("file,class\na.jpg,cat\nb.jpg,dog\n")
    for case, (answers, _) in ANSWERS.items():
        (folder / f"infer-{case}").mkdir()
        for name, answer in answers.items():
            (folder / f"infer-{case}/{name}.jpg.out").write_text(answer)
    return animals_lab.judge_answers(folder)


@pytest.mark.parametrize("case", ANSWERS)
def test_every_server_s_form_is_read_and_what_does_not_fit_is_refused(scored: dict[str, str], case: str) -> None:
    assert ANSWERS[case][1] in scored[case]
