"""Parts of the PyTorch lab on a few pictures: preparation, crops, the kept epoch, the network, processes, errors."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.job_code import asked, environments_of
from benchmarks.lab_scripts import LabScripts, ScriptError
from tests.labs.pytorch_lab import LAB, few, folders_of, run

# Crops of pictures of several sizes; of a picture that is bright everywhere, padding would be the dark part.
CROPS = """
import torch
from data import mirrored, random_resized_crop
torch.manual_seed(1)
bright = [random_resized_crop(torch.rand(3, side, side) / 2 + 0.5) for side in (1, 7, 32, 33) * 50]
picture = torch.rand(3, 32, 32)
crops = [random_resized_crop(picture) for _ in range(20)]
turned = [mirrored(picture) for _ in range(200)]
print(json.dumps({
    "sides": sorted({tuple(crop.shape) for crop in bright}), "darkest": min(float(crop.min()) for crop in bright),
    "whole": torch.allclose(random_resized_crop(picture, 1.0), picture, atol=1e-5),
    "different": len({float(crop.sum()) for crop in crops}),
    "mirrored": sum(torch.equal(one, picture.flip(-1)) for one in turned),
    "as it was": sum(torch.equal(one, picture) for one in turned),
}))
"""
# What a training's pictures look like to the network: moments of all of them, and whether asking twice is the same.
SEEN = """
import torch
from pathlib import Path
from data import Pictures, class_names, normalisation_of
folder = Path(arguments[0])
names, moments = class_names("train", folder), normalisation_of(folder)
plain, random = (Pictures(folder, names, moments, augment=augment) for augment in (False, True))
values = torch.stack([plain[index][0] for index in range(len(plain))])
print(json.dumps({
    "names": names, "labels": [plain[index][1] for index in range(len(plain))],
    "mean": values.mean(dim=(0, 2, 3)).tolist(), "std": values.std(dim=(0, 2, 3)).tolist(),
    "plain": torch.equal(plain[0][0], plain[0][0]), "random": torch.equal(random[0][0], random[0][0]),
}))
"""
# Three epochs of which the second is the best, and the weights after each of them.
KEPT = """
import sys, torch, train
from data import class_names, normalisation_of
sys.argv = ["train.py", "--batch_size", "6"]
options = train.read_options()
training = train.training_of(options, class_names("train", options.train), normalisation_of(options.train))
right = iter([2, 4, 3])
def predictions():
    labels = torch.arange(4)
    return labels, torch.where(labels < next(right), labels, 9)
training.predictions = predictions
after = []
for number in train.epochs(training, 3):
    training.epoch(number)
    after.append({name: value.clone() for name, value in training.network.state_dict().items()})
same = [all(torch.equal(training.best[name], weights[name]) for name in weights) for weights in after]
print(json.dumps({"best": training.best_epoch, "same": same, "history": [row["accuracy"] for row in training.history]}))
"""
# ResNet18 and published weights of a thousand classes.
NETWORK = """
import torch
from pathlib import Path
from model import ResNet18
from train import network_of
folder = Path(arguments[0])
published = ResNet18(1000)
torch.save(published.state_dict(), folder / "resnet18.pth")
def taken(network):
    other = published.state_dict()
    return sorted(name for name, value in network.state_dict().items() if not torch.equal(value, other[name]))
large = network_of(11, 128, folder)
shapes = {side: list(network_of(11, side, None)(torch.zeros(2, 3, side, side)).shape) for side in (32, 64, 128)}
print(json.dumps({
    "weights": sum(value.numel() for value in published.parameters()), "shapes": shapes,
    "names": list(published.state_dict()), "own": taken(large), "small": taken(network_of(11, 32, folder)),
}))
"""
# train.py as it is, but every process tells before it leaves what it holds and which pictures it got.
TOLD = """
import hashlib, json, os, sys
from pathlib import Path
sys.path.insert(0, os.environ["LAB_CODE"])
import processes, train
made, leave, held = train.training_of, processes.end, []
def remembered(*arguments):
    held.append(made(*arguments))
    return held[0]
def tell():
    weights = b"".join(value.detach().numpy().tobytes() for value in held[0].network.parameters())
    told = {"weights": hashlib.sha256(weights).hexdigest(), "pictures": list(held[0].loader.sampler)}
    Path(os.environ["TOLD"], f"{processes.rank()}.json").write_text(json.dumps(told))
    leave()
train.training_of, processes.end = remembered, tell
train.main()
"""
# What train.py says of wrong settings and channels: one process, since torch takes longer to load than they do.
REFUSED = """
import contextlib, io, os, sys, train
said = {}
for case, (words, folders) in arguments[0].items():
    os.environ.update(folders)
    sys.argv = ["train.py", *words]
    errors = io.StringIO()
    try:
        with contextlib.redirect_stderr(errors):
            train.main()
        said[case] = "trained"
    except SystemExit as error:
        said[case] = f"{error.code} {errors.getvalue()}"
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def made(environments: Path) -> Path:
    """The environments of the lab's images."""
    return environments_of(LAB, environments)


@pytest.fixture(scope="module")
def python(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of training jobs."""
    return LabScripts.of(LAB, environments=made, work=tmp_path_factory.mktemp("python")).pythons["train"]


@pytest.fixture(scope="module")
def little(animals_prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What image-data would prepare of three classes with a few pictures."""
    classes, out = ("bear", "cat", "frog"), tmp_path_factory.mktemp("little")
    few(animals_prepared, out, classes=classes)
    for file in out.glob("*/normalisation.json"):
        file.unlink()
    shutil.copytree(animals_prepared / "test", out / "test")
    shutil.copytree(animals_prepared / "labels", out / "labels")
    (out / "labels/classes.json").write_text(json.dumps(classes))
    return out


@pytest.fixture(scope="module")
def scripts(made: Path, little: Path, tmp_path_factory: pytest.TempPathFactory) -> LabScripts:
    """After preparing at another size than the pictures have."""
    found = LabScripts.of(LAB, environments=made, work=tmp_path_factory.mktemp("lab"), small=True)
    found.prepare(little, variables={"IMAGE_SIZE": "40"})
    return found


def test_every_picture_is_there_once_in_one_size(scripts: LabScripts, little: Path) -> None:
    prepared = scripts.work / "prepared"
    written, given = (sorted(file.relative_to(at) for file in at.rglob("*.jpg")) for at in (prepared, little))
    assert written == given
    assert {Image.open(prepared / file).size for file in written} == {(40, 40)}
    for file in (little / "labels").iterdir():
        assert (prepared / "labels" / file.name).read_bytes() == file.read_bytes()


def test_the_normalisation_is_that_of_the_training_pictures(scripts: LabScripts) -> None:
    prepared = scripts.work / "prepared"
    pixels = np.array([np.asarray(Image.open(file)) for file in (prepared / "train").rglob("*.jpg")]) / 255
    for part in ("train", "validation"):
        found = json.loads((prepared / part / "normalisation.json").read_text())
        assert found["mean"] == pytest.approx(pixels.mean(axis=(0, 1, 2)), abs=0.003)  # JPEG loses a little
        assert found["std"] == pytest.approx(pixels.std(axis=(0, 1, 2)), abs=0.003)


def test_processes_change_nothing(made: Path, little: Path, tmp_path: Path) -> None:
    contents = []
    for count in ("1", "2"):
        one = LabScripts.of(LAB, environments=made, work=tmp_path / count, small=True)
        one.prepare(little, "--processes", count)
        prepared = one.work / "prepared"
        contents.append({file.relative_to(prepared): file.read_bytes() for file in prepared.rglob("*.*")})
    assert contents[0] == contents[1]


def changed(path: str, content: bytes | None) -> Callable[[Path], None]:
    """Another content of a file, or none: then the file, or the folder, is removed."""

    def change(folder: Path) -> None:
        target = folder / path
        if content is None and target.is_dir():
            shutil.rmtree(target)
        elif content is None:
            target.unlink()
        else:
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(content)

    return change


def jpeg(width: int = 32, height: int = 32) -> bytes:
    """A green picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "green").save(buffer, "JPEG")
    return buffer.getvalue()


BAD: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "no classes": (changed("labels/classes.json", None), "32", "labels/classes.json: "),
    "classes no JSON": (changed("labels/classes.json", b"bear"), "32", "labels/classes.json: Expecting value"),
    "another class": (
        changed("train/wolf/0.jpg", jpeg()),
        "32",
        "train: its folders are ['bear', 'cat', 'frog', 'wolf']",
    ),
    "another order": (
        changed("labels/classes.json", b'["cat", "bear", "frog"]'),
        "32",
        "train: its folders are ['bear', 'cat', 'frog'], labels/classes.json says ['cat', 'bear', 'frog']",
    ),
    "a class without pictures": (changed("validation/cat", None), "32", "validation: its folders are ['bear', 'frog']"),
    "no test": (changed("test", None), "32", "data/test holds no picture; image-data's prepare.py writes them"),
    "no picture": (changed("train/cat/0.jpg", b"cat"), "32", "train/cat/0.jpg: the picture cannot be read"),
    "half a picture": (changed("test/0.jpg", jpeg()[:300]), "32", "test/0.jpg: the picture cannot be read"),
    "too small": (lambda _: None, "16", "the setting IMAGE_SIZE is '16'; a whole number of 32 to 1024"),
    "no size": (lambda _: None, "large", "the setting IMAGE_SIZE is 'large'; a whole number of 32 to 1024"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_prepared_is_said(made: Path, little: Path, tmp_path: Path, case: str) -> None:
    change, size, said = BAD[case]
    shutil.copytree(little, tmp_path / "before")
    change(tmp_path / "before")
    one = LabScripts.of(LAB, environments=made, work=tmp_path / "work", small=True)
    with pytest.raises(ScriptError) as caught:
        one.prepare(tmp_path / "before", variables={"IMAGE_SIZE": size})
    last = str(caught.value).splitlines()[-1]
    assert last.startswith("DataError: ")
    assert said in last


def test_a_crop_is_never_larger_than_its_picture(python: Path) -> None:
    found = asked(LAB.folder, python, CROPS)
    assert found["sides"] == [[3, side, side] for side in (1, 7, 32, 33)]
    assert found["darkest"] >= 0.5 - 1e-5
    assert found["whole"]
    assert found["different"] >= 15
    assert found["mirrored"] + found["as it was"] == 200
    assert 60 <= found["mirrored"] <= 140


def test_the_network_gets_normalised_pictures_and_new_ones_only_to_train_on(python: Path, scripts: LabScripts) -> None:
    found = asked(LAB.folder, python, SEEN, scripts.work / "prepared/train")
    assert found["names"] == ["bear", "cat", "frog"]
    assert found["labels"] == [0] * 6 + [1] * 6 + [2] * 6
    assert found["mean"] == pytest.approx([0, 0, 0], abs=0.02)
    assert found["std"] == pytest.approx([1, 1, 1], abs=0.02)
    assert found["plain"]
    assert not found["random"]


def test_the_best_epoch_is_kept_and_not_the_last(
    python: Path, animals_prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in folders_of(tmp_path, few(animals_prepared, tmp_path / "channels")).items():
        monkeypatch.setenv(name, value)
    found = asked(LAB.folder, python, KEPT)
    assert found == {"best": 2, "same": [False, True, False], "history": [0.5, 1.0, 0.75]}


def test_the_network_is_resnet18_and_takes_its_published_weights(python: Path, tmp_path: Path) -> None:
    found = asked(LAB.folder, python, NETWORK, tmp_path)
    assert found["weights"] == 11_689_512  # as published for a thousand classes
    assert len(found["names"]) == 122
    assert {"conv1.weight", "layer2.0.downsample.1.running_var", "layer4.1.bn2.bias", "fc.bias"} <= set(found["names"])
    assert found["own"] == ["fc.bias", "fc.weight"]
    assert found["small"] == ["conv1.weight", "fc.bias", "fc.weight"]
    assert found["shapes"] == {"32": [2, 11], "64": [2, 11], "128": [2, 11]}


def test_two_processes_share_the_pictures_and_hold_one_model(
    python: Path, animals_prepared: Path, tmp_path: Path
) -> None:
    variables = folders_of(tmp_path, few(animals_prepared, tmp_path / "channels"))
    variables |= {"SM_PROCESSES": "2", "TOLD": str(tmp_path), "LAB_CODE": str(LAB.folder)}
    (tmp_path / "told.py").write_text(TOLD)
    words = ("--torchrun", "true", "--epochs", "1", "--batch_size", "3")
    printed = run(python, tmp_path / "told.py", *words, variables=variables)
    one, other = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert one["weights"] == other["weights"]
    assert sorted(one["pictures"] + other["pictures"]) == list(range(12))
    assert printed.count("epoch 1: ") == 1
    assert json.loads((tmp_path / "evaluation/evaluation.json").read_text())["epochs"] == 1
    assert sorted(file.name for file in (tmp_path / "model").rglob("*.*")) == [
        *("inference.py", "model.json", "model.pt", "model.py")
    ]


CHANNELS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no pictures": (changed("train", None), "channel 'train': no <class>/*.jpg of two classes in"),
    "one class": (changed("train/cat", None), "channel 'train': no <class>/*.jpg of two classes in"),
    "other classes": (changed("validation/cow/0.jpg", jpeg()), "channel 'validation': its classes are not those of"),
    "no moments": (changed("train/normalisation.json", None), "train/normalisation.json cannot be read"),
    "half of them": (changed("train/normalisation.json", b'{"mean": [0, 0, 0]}'), "cannot be read (KeyError('std'))"),
    "another size": (changed("train/cat/0.jpg", jpeg(40, 40)), "not a square of the others' size, (40, 40)"),
    "no square": (changed("validation/bear/0.jpg", jpeg(40, 32)), "not a square of the others' size, (32, 40)"),
    "no picture": (changed("train/bear/0.jpg", b"bear"), "bear/0.jpg: the picture cannot be read"),
}
WORDS = {
    "no epochs": (["--epochs", "0"], "argument --epochs: '0' is no whole number from 1"),
    "unknown": (["--dropout", "0.5"], "unrecognized arguments: --dropout 0.5"),
    "neither": (["--torchrun", "maybe"], "argument --torchrun: 'maybe' is neither true nor false"),
    "no model folder": (["--model_dir"], "argument --model_dir: expected one argument"),
    "no weights": (["--weights", "."], "channel 'weights': no *.pt or *.pth in ."),
}


@pytest.fixture(scope="module")
def refused(python: Path, animals_prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What train.py says of everything that is wrong."""
    work = tmp_path_factory.mktemp("refused")
    good = few(animals_prepared, work / "good")
    cases: dict[str, tuple[list[str], dict[str, str]]] = {}
    for number, (case, (change, _)) in enumerate(CHANNELS.items()):
        folder = shutil.copytree(good, work / str(number))
        change(folder)
        cases[case] = ([], folders_of(work / "out", folder))
    cases |= {case: (words, folders_of(work / "out", good)) for case, (words, _) in WORDS.items()}
    found: dict[str, Any] = asked(LAB.folder, python, REFUSED, cases)
    return found


@pytest.mark.parametrize("case", [*CHANNELS, *WORDS])
def test_what_cannot_be_trained_on_is_said_before_training(refused: dict[str, str], case: str) -> None:
    expected = CHANNELS[case][1] if case in CHANNELS else WORDS[case][1]
    assert expected in refused[case]
