"""The PyTorch lab, end to end on the miniature set: it learns, keeps its best epoch, and is served by what it saved."""

import csv
import json
import shutil
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.job_code import asked, environments_of
from benchmarks.lab_scripts import LabScripts
from tests.labs.processor import within_a_labs_time
from tests.labs.pytorch_lab import LAB

# What the inference image calls, with requests of all kinds: arguments are the model's folder and a picture's path.
REQUESTS = """
import io, inference
from PIL import Image
folder, file = arguments
model = inference.model_fn(folder)
def answer(body, kind="application/x-image", accept="application/json"):
    try:
        said, kind = inference.output_fn(inference.predict_fn(inference.input_fn(body, kind), model), accept)
        return {"kind": kind, **json.loads(said)}
    except ValueError as error:
        return {"error": str(error)}
def changed(form, mode="RGB", side=32):
    buffer = io.BytesIO()
    Image.open(file).convert(mode).resize((side, side)).save(buffer, form)
    return buffer.getvalue()
jpeg = open(file, "rb").read()
print(json.dumps({
    "jpeg": answer(jpeg), "bytearray": answer(bytearray(jpeg)), "png": answer(changed("PNG"), "image/png"),
    "large": answer(changed("PNG", side=300)), "grey": answer(changed("JPEG", "L")),
    "any": answer(jpeg, accept="*/*"), "text": answer(b"1,2", "text/csv"), "cut": answer(jpeg[:200]),
    "words": answer(b"cat"), "csv": answer(jpeg, accept="text/csv"),
}))
"""
# What the network gets for a picture of one colour.
GIVEN = """
import dataclasses, inference, torch
from PIL import Image
model, given = inference.model_fn(arguments[0]), []
class Listening(torch.nn.Module):
    def forward(self, pictures):
        given.append(pictures)
        return torch.zeros(1, 11)
listening = dataclasses.replace(model, network=Listening())
inference.predict_fn(Image.new("RGB", (50, 40), (255, 0, 51)), listening)
print(json.dumps({"shape": list(given[0].shape), "colours": [float(given[0][0, c].mean()) for c in range(3)],
                  "spread": float(given[0].std(dim=(2, 3)).max())}))
"""
# A model.pt that would run a program when it is unpickled.
EVIL = """
import inference, torch
from pathlib import Path
folder = Path(arguments[0])
class Evil:
    def __reduce__(self):
        return Path.touch, (folder / "touched",)
torch.save({"fc.bias": Evil()}, folder / "model.pt")
try:
    inference.model_fn(str(folder))
    said = "loaded"
except Exception as error:
    said = type(error).__name__
print(json.dumps([said, (folder / "touched").exists()]))
"""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """The lab's scripts after all of them ran with the small settings."""

    scripts: LabScripts
    evaluation: dict[str, float]
    metrics: dict[str, float]

    @property
    def history(self) -> list[dict[str, float]]:
        """One row an epoch."""
        with (self.scripts.work / "evaluation/history.csv").open(newline="", encoding="utf-8") as file:
            return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def trained(environments: Path, animals_prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """About a hundred processor seconds: the one training on the whole miniature set."""
    made = environments_of(LAB, environments)
    scripts = LabScripts.of(LAB, environments=made, work=tmp_path_factory.mktemp("pytorch"), small=True)
    scripts.prepare(animals_prepared)
    with within_a_labs_time():
        evaluation = scripts.train()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")  # as for train.py: threads that spin crawl on a busy machine
        scripts.infer()
    return Trained(scripts=scripts, evaluation=evaluation, metrics=scripts.score())


def test_it_knows_the_animals(trained: Trained) -> None:
    gate = LAB.pipeline.gate
    assert trained.evaluation[gate.metric] >= max(0.85, gate.at_least)  # of 99 pictures; one is 1 %
    assert trained.metrics["accuracy"] >= 0.9
    assert trained.metrics["macro_f1"] >= 0.9
    assert trained.metrics["pictures"] == 99


def test_the_evaluation_is_that_of_the_best_epoch(trained: Trained) -> None:
    history, evaluation = trained.history, trained.evaluation
    accuracies = [row["accuracy"] for row in history]
    assert evaluation["accuracy"] == pytest.approx(max(accuracies))
    assert evaluation["best_epoch"] == accuracies.index(max(accuracies)) + 1
    assert evaluation["epochs"] == len(history) == int(LAB.small.train["epochs"])
    assert evaluation["macro_f1"] <= 1
    assert evaluation["images_per_second"] * evaluation["train_seconds"] == pytest.approx(792 * len(history))


def test_the_rate_falls_where_it_shall(trained: Trained) -> None:
    rates = [row["learning_rate"] for row in trained.history]
    falls = [number for number, (one, other) in enumerate(pairwise(rates), start=1) if other < one]
    assert falls == [int(LAB.small.train["step_size"])]
    assert rates[-1] == pytest.approx(rates[0] / 10)


def test_every_answer_has_a_probability_for_every_class(trained: Trained) -> None:
    classes = json.loads((trained.scripts.work / "prepared/labels/classes.json").read_text())
    answers = sorted((trained.scripts.work / "infer").iterdir())
    pictures = sorted((trained.scripts.work / "prepared/test").iterdir())
    assert [file.name for file in answers] == [f"{file.name}.out" for file in pictures]
    for file in answers:
        answer = json.loads(file.read_text())
        assert answer["classes"] == classes
        assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)


@pytest.fixture(scope="module")
def answers(trained: Trained) -> dict[str, dict[str, object]]:
    """What is said to requests of all kinds."""
    model = trained.scripts.work / "model"
    picture = min((trained.scripts.work / "prepared/test").iterdir())
    found: dict[str, dict[str, object]] = asked(
        model / "code", trained.scripts.pythons["infer"], REQUESTS, model, picture
    )
    return found


@pytest.mark.parametrize("kind", ["bytearray", "png", "any"])
def test_the_same_picture_gets_the_same_answer(answers: dict[str, dict[str, object]], kind: str) -> None:
    assert answers[kind] == answers["jpeg"]
    assert answers[kind]["kind"] == "application/json"


@pytest.mark.parametrize("kind", ["large", "grey"])
def test_any_picture_is_answered(answers: dict[str, dict[str, object]], kind: str) -> None:
    probabilities = answers[kind]["probabilities"]
    assert isinstance(probabilities, list)
    assert sum(probabilities) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("text", "content type 'text/csv' is not served; send a picture as application/x-image"),
        ("cut", "the request of 200 bytes is no picture"),
        ("words", "the request of 3 bytes is no picture"),
        ("csv", "accept 'text/csv' is not served; ask for application/json"),
    ],
)
def test_what_is_no_request_is_refused_with_a_reason(
    answers: dict[str, dict[str, object]], kind: str, said: str
) -> None:
    assert str(answers[kind]["error"]).startswith(said)


def test_a_served_picture_is_normalised_as_the_training_pictures_were(trained: Trained) -> None:
    work = trained.scripts.work
    moments = json.loads((work / "prepared/train/normalisation.json").read_text())
    given = asked(work / "model/code", trained.scripts.pythons["infer"], GIVEN, work / "model")
    expected = [(c - mean) / std for c, mean, std in zip((1, 0, 0.2), moments["mean"], moments["std"], strict=True)]
    assert given["shape"] == [1, 3, 32, 32]
    assert given["colours"] == pytest.approx(expected, abs=1e-3)
    assert given["spread"] == pytest.approx(0, abs=1e-4)


def test_a_model_that_is_a_program_is_not_run(trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.scripts.work / "model", tmp_path / "model")
    said = asked(tmp_path / "model/code", trained.scripts.pythons["infer"], EVIL, tmp_path / "model")
    assert said == ["UnpicklingError", False]
