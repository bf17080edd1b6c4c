"""The built-in algorithm's lab: what it prepares of the pictures, asks of SageMaker, and makes of the answers."""

import csv
import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from PIL import Image

from benchmarks.lab_scripts import LabScripts, ScriptError
from classlab.build.description import describe
from classlab.labs import read_lab
from embedded_aws.runtime import images
from tests.labs.processor import within_a_labs_time

LAB = read_lab("image_builtin")
RUNTIME = Path(images.__file__).parent
SEAT = {"role_arn": "arn:aws:iam::123456789012:role/r", "tags": [{"Key": "classlab:classroom", "Value": "c"}]}
FACTS = {"num_classes": "11", "num_training_samples": "792", "image_shape": "3,28,28"}  # of the miniature set
# What a transform asks of the algorithm's server, without the server.
_SERVE = """
import json, sys
from pathlib import Path
runtime, model, pictures, out = sys.argv[1:]
sys.path.insert(0, runtime)
from container_code.image_classification.serve import Classifier
from container_code.wire import Request
served = Classifier(Path(model))
for picture in sorted(Path(pictures).glob("*.jpg")):
    headers = {"content-type": "application/x-image", "accept": "application/json"}
    request = Request("POST", "/invocations", picture.read_bytes(), headers)
    Path(out, picture.name + ".out").write_bytes(served.answer(request).body)
"""


@dataclass(frozen=True)
class Prepared:
    """The lab's scripts, and the folder that prepare.py filled."""

    scripts: LabScripts

    @property
    def folder(self) -> Path:
        """What prepare.py wrote."""
        return self.scripts.work / "prepared"

    @property
    def code(self) -> Path:
        """The scripts, borrowed ones too."""
        return self.scripts.work / "code"

    def table(self, script: str, *arguments: str) -> str:
        """What a script of the lab prints."""
        command = [sys.executable, str(self.code / script), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def scripts(environments: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], LabScripts]:
    """Makes the lab's scripts with a folder of their own; only the scikit-learn image runs any."""
    python = images.environment(images.SCIKIT_LEARN, environments).python

    def make() -> LabScripts:
        pythons = {"prepare": python, "score": python}
        return LabScripts(lab=LAB, pythons=pythons, work=tmp_path_factory.mktemp("builtin"), small=True)

    return make


@pytest.fixture(scope="module")
def prepared(scripts: Callable[[], LabScripts], animals_prepared: Path) -> Prepared:
    """The miniature set, packed."""
    made = scripts()
    said = made.prepare(animals_prepared)
    assert "train: 792, validation: 99), 99 test pictures, 11 classes" in said
    return Prepared(made)


def listing(path: Path) -> list[list[str]]:
    """The lines of a .lst file, split at their tabs."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file, delimiter="\t"))


@pytest.mark.parametrize(("part", "count"), [("train", 792), ("validation", 99)])
def test_the_list_names_every_picture_by_a_relative_path(
    prepared: Prepared, animals_prepared: Path, part: str, count: int
) -> None:
    lines = listing(prepared.folder / part / f"{part}.lst")
    classes = json.loads((prepared.folder / "labels/classes.json").read_text())
    assert [int(number) for number, *_ in lines] == list(range(count))
    assert {path for *_, path in lines} == {
        f"{file.parent.name}/{file.name}" for file in (animals_prepared / part).glob("*/*")
    }
    assert all(classes[int(float(label))] == path.split("/")[0] for _, label, path in lines)


def test_classes_are_mixed(prepared: Prepared) -> None:
    labels = [label for _, label, _ in listing(prepared.folder / "train/train.lst")]
    same = sum(a == b for a, b in itertools.pairwise(labels))
    assert same < len(labels) / 4  # in order of the classes it would be all but ten


def test_records_are_pictures_of_one_size_with_the_list_s_labels(prepared: Prepared) -> None:
    program = (
        "import io, json, sys\nsys.path.insert(0, sys.argv[1])\nfrom pathlib import Path\nfrom PIL import Image\n"
        "from recordio import read\n"
        "print(json.dumps([(i.number, i.label, *(p := Image.open(io.BytesIO(i.content))).size, p.mode)"
        " for i in read(Path(sys.argv[2]))]))"
    )
    command = [sys.executable, "-c", program, str(prepared.code), str(prepared.folder / "train/train.rec")]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    lines = listing(prepared.folder / "train/train.lst")
    assert found == [[int(number), float(label), 28, 28, "RGB"] for number, label, _ in lines]


def test_facts_are_texts_that_the_algorithm_takes(prepared: Prepared) -> None:
    facts = json.loads((prepared.folder / "facts/hyperparameters.json").read_text())
    assert facts == FACTS


def test_test_pictures_and_labels_are_handed_on(prepared: Prepared, animals_prepared: Path) -> None:
    tests = sorted(file.name for file in (prepared.folder / "test").iterdir())
    assert tests == sorted(file.name for file in (animals_prepared / "test").iterdir())
    assert {Image.open(prepared.folder / "test" / name).size for name in tests} == {(28, 28)}
    for name in ("test.csv", "classes.json", "catalogue.csv"):
        assert (prepared.folder / "labels" / name).read_bytes() == (animals_prepared / "labels" / name).read_bytes()


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}


def test_bytes_do_not_depend_on_the_number_of_processes(
    prepared: Prepared, scripts: Callable[[], LabScripts], animals_prepared: Path
) -> None:
    for processes in ("1", "3"):
        other = scripts()
        other.prepare(animals_prepared, "--processes", processes)
        assert files(other.work / "prepared") == files(prepared.folder)


def test_a_wide_picture_is_cut_to_its_middle(
    scripts: Callable[[], LabScripts], animals_prepared: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(animals_prepared, data)
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (100, 0, 200, 100))
    wide.save(data / "test/wide.jpg", quality=95)
    made = scripts()
    made.prepare(data)
    with Image.open(made.work / "prepared/test/wide.jpg") as found:
        colours = [found.getpixel(place) for place in ((3, 14), (14, 14), (24, 14))]
    assert all(blue > 200 and red < 60 for red, _, blue in colours)  # type: ignore[misc] # three numbers


def cut(data: Path) -> None:
    file = next((data / "train/cat").iterdir())
    file.write_bytes(file.read_bytes()[:200])


@pytest.mark.parametrize(
    ("damage", "settings", "said"),
    [
        (lambda data: shutil.rmtree(data / "train"), {}, "train holds no <class>/*.jpg"),
        (lambda data: shutil.rmtree(data / "test"), {}, "test holds no picture"),
        (lambda data: (data / "labels/classes.json").unlink(), {}, "classes.json"),
        (lambda data: (data / "train/cat").rename(data / "train/lynx"), {}, "'lynx' is none of the 11 classes"),
        (cut, {}, "the picture cannot be read"),
        (lambda data: None, {"IMAGE_SIZE": "big"}, "the setting IMAGE_SIZE is 'big'; a whole number of 8 to 1024"),
        (lambda data: None, {"QUALITY": "101"}, "the setting QUALITY is '101'; a whole number of 1 to 100"),
    ],
)
def test_what_is_wrong_is_named(
    scripts: Callable[[], LabScripts],
    animals_prepared: Path,
    tmp_path: Path,
    damage: Callable[[Path], object],
    settings: dict[str, str],
    said: str,
) -> None:
    data = tmp_path / "data"
    shutil.copytree(animals_prepared, data)
    damage(data)
    with pytest.raises(ScriptError, match=r"^DataError: ") as error:
        scripts().prepare(data, variables=settings)
    assert said in str(error.value)
    assert "Traceback" not in str(error.value)


@pytest.fixture
def request_of(prepared: Prepared, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What train.py prints for these options."""
    (tmp_path / "lab.json").write_bytes(describe(LAB, language="en", region="us-east-1"))
    (tmp_path / "seat.json").write_text(json.dumps(SEAT))
    given = {
        "--lab": tmp_path / "lab.json",
        "--seat": tmp_path / "seat.json",
        "--facts": prepared.folder / "facts/hyperparameters.json",
        "--name": "c--ann--builtin-1",
        "--prepared": "s3://b/run/prepare/",
        "--output": "s3://b/run/train",
    }
    words = [str(word) for pair in given.items() for word in pair]

    def ask(*options: str) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(prepared.table("train.py", *words, *options))
        return loaded

    return ask


def test_the_request_is_one_that_sagemaker_takes(request_of: Callable[..., dict[str, Any]]) -> None:
    client = boto3.client("sagemaker", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stub:
        answer = {"TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/c--ann--builtin-1"}
        stub.add_response("create_training_job", answer)
        client.create_training_job(**request_of())  # parameters are validated against the service's model
    request = request_of()
    assert request["AlgorithmSpecification"]["TrainingImage"].endswith("/image-classification:1")
    assert request["ResourceConfig"]["InstanceType"] == LAB.pipeline.train.instance_type
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": LAB.pipeline.train.minutes * 60}
    assert [channel["ContentType"] for channel in request["InputDataConfig"]] == [LAB.pipeline.train.content_type] * 2
    where = [channel["DataSource"]["S3DataSource"]["S3Uri"] for channel in request["InputDataConfig"]]
    assert where == ["s3://b/run/prepare/train/", "s3://b/run/prepare/validation/"]


def test_facts_are_stronger_than_changes_and_changes_than_the_manifest(
    request_of: Callable[..., dict[str, Any]],
) -> None:
    full = request_of()["HyperParameters"]
    assert full == {**LAB.pipeline.train.hyperparameters, **FACTS}
    small = request_of("--small", "--set", "epochs=3", "--set", "num_classes=2")["HyperParameters"]
    assert small == {**LAB.pipeline.train.hyperparameters, **LAB.small.train, "epochs": "3", **FACTS}


def test_small_settings_reach_nine_of_ten_test_pictures(prepared: Prepared, environments: Path) -> None:
    images.prepare(environments, print, [images.IMAGE_CLASSIFICATION.name])
    python = images.environment(images.IMAGE_CLASSIFICATION, environments).python
    with within_a_labs_time():
        ml = trained(prepared, python)
    assert list((ml / "model").glob("*.params"))
    answers = prepared.scripts.work / "infer"
    answers.mkdir()
    words = [str(RUNTIME), str(ml / "model"), str(prepared.folder / "test"), str(answers)]
    subprocess.run([str(python), "-c", _SERVE, *words], check=True)
    metrics = prepared.scripts.score()
    assert metrics["accuracy"] >= 0.9
    assert metrics["pictures"] == 99
    rows = list(csv.DictReader(prepared.table("infer.py", str(answers), str(prepared.folder / "labels")).splitlines()))
    truth = {row["file"]: row["class"] for row in csv.DictReader((prepared.folder / "labels/test.csv").open())}
    assert sum(truth[row["file"]] == row["class"] for row in rows) / 99 == pytest.approx(metrics["accuracy"])


def trained(prepared: Prepared, python: Path) -> Path:
    """The folder of a training by the algorithm's stand-in, as its container sees it."""
    ml = prepared.scripts.work / "ml"
    for name in ("input/config", "input/data", "output", "model"):
        (ml / name).mkdir(parents=True)
    for name in LAB.pipeline.train.channels:
        (ml / "input/data" / name).symlink_to(prepared.folder / name)
    facts = json.loads((prepared.folder / "facts/hyperparameters.json").read_text())
    given = {**LAB.pipeline.train.hyperparameters, **LAB.small.train, **facts}
    (ml / "input/config/hyperparameters.json").write_text(json.dumps(given))
    channels = {name: {"ContentType": LAB.pipeline.train.content_type} for name in LAB.pipeline.train.channels}
    (ml / "input/config/inputdataconfig.json").write_text(json.dumps(channels))
    start = RUNTIME / "container_code/start.py"
    subprocess.run([str(python), str(start), "image_classification.train", str(ml)], check=True, capture_output=True)
    return ml


@pytest.mark.parametrize(
    ("answer", "said"),
    [("[0.5]", "a.jpg.out has 1 probabilities, there are 2 classes"), ("{}", "has 0 prob"), ("cat", "is no list")],
)
def test_answers_that_are_none_are_told(prepared: Prepared, tmp_path: Path, answer: str, said: str) -> None:
    (tmp_path / "classes.json").write_text('["cat", "dog"]')
    (tmp_path / "a.jpg.out").write_text(answer)
    with pytest.raises(subprocess.CalledProcessError) as error:
        prepared.table("infer.py", str(tmp_path), str(tmp_path))
    assert said in error.value.stderr
