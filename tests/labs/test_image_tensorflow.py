"""The TensorFlow lab on the miniature set: trained, the best epoch saved, served by the TensorFlow contract, scored."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.lab_scripts import LabScripts
from tests.labs import tensorflow_lab
from tests.labs.processor import within_a_labs_time
from tests.labs.tensorflow_lab import LAB, Served, asked, served, transform

SIZE = int(LAB.small.prepare["IMAGE_SIZE"])
# The pictures of records as files, and the class of each.
UNPACK = """
from pathlib import Path
import records, tensorflow as tf
facts, found = records.facts_of("validation", Path(arguments[0])), {}
for record in tf.data.TFRecordDataset(sorted(map(str, Path(arguments[0]).glob("*.tfrecord")))):
    values = tf.io.parse_single_example(record, records.FEATURES)
    name = values["id"].numpy().decode() + ".jpg"
    Path(arguments[1], name).write_bytes(values["image"].numpy())
    found[name] = facts.classes[int(values["label"])]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def trained(environments: Path, animals_prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> LabScripts:
    """After preparing and training with the small settings."""
    made = tensorflow_lab.environments_of(environments)
    scripts = LabScripts.of(LAB, environments=made, work=tmp_path_factory.mktemp("lab"), small=True)
    scripts.prepare(animals_prepared)
    with within_a_labs_time():
        scripts.train()
    return scripts


@pytest.fixture(scope="module")
def server(trained: LabScripts) -> Iterator[Served]:
    """Its model, served."""
    with served(trained) as found:
        yield found


def evaluation(scripts: LabScripts) -> dict[str, float]:
    """What the training measured."""
    found: dict[str, float] = json.loads((scripts.work / "evaluation/evaluation.json").read_text())
    return found


def share_right(server: Served, pictures: dict[Path, str]) -> float:
    """Accuracy over pictures and their classes, asked one by one."""
    right = 0
    for picture, label in pictures.items():
        answer = server.ask(picture.read_bytes()).json
        probabilities = answer["probabilities"]
        right += answer["classes"][probabilities.index(max(probabilities))] == label
    return right / len(pictures)


def test_it_passes_the_gate(trained: LabScripts) -> None:
    gate = LAB.pipeline.gate
    assert evaluation(trained)[gate.metric] >= gate.at_least


def test_nine_of_ten_test_pictures_are_right(trained: LabScripts, server: Served) -> None:
    transform(server, sorted((trained.work / "prepared/test").iterdir()), trained.work / "infer")
    assert trained.score()["accuracy"] >= 0.9


def test_the_best_epoch_is_the_one_that_is_served(trained: LabScripts, server: Served, tmp_path: Path) -> None:
    with (trained.work / "evaluation/history.csv").open(newline="") as file:
        history = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    best = max(history, key=lambda row: (row["val_accuracy"], -row["val_loss"]))
    found = evaluation(trained)
    assert len(history) == found["epochs"] == float(LAB.small.train["epochs"])
    assert (found["best_epoch"], found["accuracy"]) == (best["epoch"], best["val_accuracy"])
    classes = asked(trained.pythons["train"], UNPACK, trained.work / "prepared/validation", tmp_path)
    watched = {tmp_path / name: label for name, label in classes.items()}
    assert len(watched) == 99
    assert share_right(server, watched) == pytest.approx(found["accuracy"], abs=1e-6)


def test_the_evaluation_says_what_the_labs_compare(trained: LabScripts) -> None:
    found = evaluation(trained)
    assert {"accuracy", "macro_f1", "epochs", "best_epoch", "train_seconds", "images_per_second"} == set(found)
    assert 0 < found["macro_f1"] <= 1
    seconds = 792 * found["epochs"] / found["images_per_second"]
    assert seconds == pytest.approx(found["train_seconds"])


def test_the_model_holds_what_tensorflow_serving_needs(trained: LabScripts) -> None:
    model = trained.work / "model"
    assert (model / "1/saved_model.pb").is_file()
    assert (model / "code/inference.py").read_bytes() == LAB.file("infer.py").read_bytes()
    classes = json.loads((trained.work / "prepared/labels/classes.json").read_text())
    assert json.loads((model / "code/classes.json").read_text()) == classes


def test_pixels_are_answered_as_the_file_that_they_are_from(trained: LabScripts, server: Served) -> None:
    picture = Image.new("RGB", (SIZE, SIZE), (10, 200, 90))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")  # without loss, so both are the same numbers
    of_file = server.ask(buffer.getvalue(), kind="image/png").json["probabilities"]
    rows = [[list(picture.getpixel((x, y)) or ()) for x in range(SIZE)] for y in range(SIZE)]  # type: ignore[arg-type] # RGB has three
    body = json.dumps({"signature_name": "pixels", "instances": [rows]}).encode()
    assert server.ask(body, kind="application/json").json["predictions"][0] == pytest.approx(of_file, abs=1e-4)


def test_a_picture_of_another_size_is_answered(server: Served) -> None:
    buffer = io.BytesIO()
    Image.new("L", (200, 100), 90).save(buffer, "JPEG")  # grey, wide
    answer = server.ask(buffer.getvalue())
    assert sum(answer.json["probabilities"]) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("body", "kind", "accept", "said"),
    [
        (b"cow", "text/plain", "application/json", "content type 'text/plain' is not served; send a picture"),
        (b"", "application/x-image", "application/json", "the request is empty; send a picture"),
        (b"cow", "application/x-image", "application/json", "Unknown image file format"),
        (b'{"instances": [[1]]}', "application/json", "application/json", ""),
        (b"", "image/jpeg", "text/csv", "the request is empty"),
    ],
)
def test_a_bad_request_is_told_what_is_wrong(server: Served, body: bytes, kind: str, accept: str, said: str) -> None:
    answer = server.ask(body, kind=kind, accept=accept)
    assert answer.status >= 400
    assert said in answer.body.decode()
