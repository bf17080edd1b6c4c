"""The parts of the TensorFlow lab's training, each asked in the training image's packages on a few pictures."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.lab_scripts import LabScripts, ScriptError
from tests.labs import tensorflow_lab
from tests.labs.tensorflow_lab import LAB, asked

PIPELINE = """
import hashlib
from pathlib import Path
import numpy as np, records
folder = Path(arguments[0])
facts = records.facts_of("train", folder)
name = lambda pixels: hashlib.sha256(np.asarray(pixels).tobytes()).hexdigest()
orders = lambda pictures: [[(name(pixels), int(label)) for pixels, label in pictures] for _ in range(2)]
mixed, plain = (orders(records.pictures_of(folder, facts, shuffle=shuffle, seed=1)) for shuffle in (True, False))
still = records.pictures_of(folder, facts, shuffle=False)
watched, changed = (
    [pixels.numpy() for pixels, _ in records.batches(still, 16, classes=11, augment=augment)]
    for augment in (None, records.augmentation(5))
)
labels = next(iter(records.batches(still, 16, classes=11)))[1].numpy()
print(json.dumps({
    "mixed": mixed, "plain": plain,
    "labels": [labels.shape == (16, 11), labels.sum(axis=1).tolist() == [1.0] * 16,
               labels.argmax(axis=1).tolist() == [label for _, label in plain[0][:16]]],
    "untouched": [name(pixels.astype("uint8")) for batch in watched for pixels in batch],
    "changed": float(np.mean([np.abs(one - other).mean() for one, other in zip(watched, changed, strict=True)])),
    "range": [float(min(batch.min() for batch in changed)), float(max(batch.max() for batch in changed))],
}))
"""
RULES = """
import os
from argparse import Namespace
from pathlib import Path
import cluster, keras, numpy as np, train

best, weights = train.BestEpoch(), iter("abcd")
best.set_model(Namespace(get_weights=lambda: next(weights)))
for number, (accuracy, loss) in enumerate([(0.5, 0.1), (0.8, 0.7), (0.8, 0.6), (0.8, 0.65), (0.7, 0.2)]):
    best.on_epoch_end(number, {"val_accuracy": accuracy, "val_loss": loss})

def rates(**options):
    usual = {"epochs": 4, "learning_rate": 0.5, "warmup_epochs": 0, "cosine": False}
    rate = train.schedule(Namespace(**usual | options), 10)
    return [rate if isinstance(rate, float) else round(float(rate(step)), 4) for step in (0, 5, 10, 39, 40)]

os.environ |= {"SM_HOSTS": '["algo-1", "algo-2"]', "SM_CURRENT_HOST": "algo-2"}
alone = cluster.first()
cluster.tell_tensorflow()
told, first = os.environ["TF_CONFIG"], cluster.first()
os.environ["SM_CURRENT_HOST"] = "algo-1"
cluster.tell_tensorflow()
print(json.dumps({
    "best": [best.number, best.weights],
    "constant": rates(), "warm": rates(warmup_epochs=1), "falling": rates(cosine=True),
    "both": rates(warmup_epochs=1, cosine=True),
    "told": json.loads(told), "first": [alone, first], "left": os.environ["TF_CONFIG"] == told,
}))
"""
NETWORK = """
from argparse import Namespace
from pathlib import Path
import keras, numpy as np, network, train

folder = Path(arguments[0])
base = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(32, 32, 3))
base.save_weights(folder / "notop.weights.h5")
options = Namespace(weights="imagenet", weights_file=folder)
made = network.resnet50(3, 32, weights=train.weights_of(options), bn_momentum=0.9)
inner = next(layer for layer in made.layers if isinstance(layer, keras.Model))
pixels = np.random.default_rng(1).uniform(0, 255, (1, 4, 4, 3)).astype("float32")
published = np.allclose(network.Preprocessing()(pixels), pixels[..., ::-1] - [103.939, 116.779, 123.68], atol=1e-3)
print(json.dumps({
    "begins": all(map(np.array_equal, inner.get_weights(), base.get_weights())),
    "momentum": sorted({layer.momentum for layer in inner.layers if hasattr(layer, "momentum")}),
    "preprocessing": bool(published),
    "none": train.weights_of(Namespace(weights="none", weights_file=folder)),
    "shapes": [list(made.input_shape), list(made.output_shape)],
}))
"""


@pytest.fixture(scope="module")
def scripts(environments: Path, animals_prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> LabScripts:
    """After preparing with the small settings."""
    made = tensorflow_lab.environments_of(environments)
    found = LabScripts.of(LAB, environments=made, work=tmp_path_factory.mktemp("lab"), small=True)
    found.prepare(animals_prepared)
    return found


@pytest.fixture(scope="module")
def pipeline(scripts: LabScripts) -> dict[str, Any]:
    """What came out of the input pipeline of the validation pictures."""
    found: dict[str, Any] = asked(scripts.pythons["train"], PIPELINE, scripts.work / "prepared/validation")
    return found


@pytest.fixture(scope="module")
def rules(scripts: LabScripts) -> dict[str, Any]:
    """What the callback, the schedule and the cluster say."""
    found: dict[str, Any] = asked(scripts.pythons["train"], RULES)
    return found


def test_every_epoch_has_every_picture_once_in_another_order(pipeline: dict[str, Any]) -> None:
    first, second = pipeline["mixed"]
    assert first != second
    assert sorted(first) == sorted(second) == sorted(pipeline["plain"][0])
    assert pipeline["plain"][0] == pipeline["plain"][1]
    assert len({name for name, _ in first}) == len(first) == 99


def test_labels_have_a_column_a_class(pipeline: dict[str, Any]) -> None:
    assert pipeline["labels"] == [True, True, True]


def test_only_pictures_to_train_on_are_changed(pipeline: dict[str, Any]) -> None:
    assert pipeline["untouched"] == [name for name, _ in pipeline["plain"][0]]
    assert pipeline["changed"] > 5  # of 255
    assert pipeline["range"][0] >= 0
    assert pipeline["range"][1] <= 255


def test_the_best_epoch_is_the_most_accurate_one_with_the_least_loss(rules: dict[str, Any]) -> None:
    assert rules["best"] == [3, "c"]  # its weights are the third that were asked for


def test_the_learning_rate_rises_and_falls_where_asked(rules: dict[str, Any]) -> None:
    assert rules["constant"] == [0.5] * 5
    assert rules["warm"] == [0, 0.25, 0.5, 0.5, 0.5]
    assert rules["falling"][0] == 0.5
    assert rules["falling"] == sorted(rules["falling"], reverse=True)
    assert rules["both"][:3] == [0, 0.25, 0.5]
    assert rules["falling"][-1] == rules["both"][-1] == 0


def test_tensorflow_hears_who_the_machines_are(rules: dict[str, Any]) -> None:
    assert rules["told"] == {
        "cluster": {"worker": ["algo-1:8890", "algo-2:8890"]},
        "task": {"type": "worker", "index": 1},
    }
    assert rules["first"] == [True, False]
    assert rules["left"]  # what something else has told stays


def test_published_weights_come_from_a_channel_and_pixels_as_they_were_published(
    scripts: LabScripts, tmp_path: Path
) -> None:
    found = asked(scripts.pythons["train"], NETWORK, tmp_path)
    assert found["begins"]
    assert found["preprocessing"]
    assert found["momentum"] == [0.9]
    assert found["none"] is None
    assert found["shapes"] == [[None, 32, 32, 3], [None, 3]]


def test_weights_that_cannot_be_downloaded_are_named(
    scripts: LabScripts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nothing listens there
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(ScriptError) as caught:
        scripts.train("--weights", "imagenet")
    said = str(caught.value).splitlines()[-1]
    assert said.startswith("the weights that ResNet50 learnt on ImageNet cannot be had (URL fetch failure on ")
    assert "a channel `weights` with resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5" in said
    assert said.endswith("--weights none")


def test_channels_that_do_not_belong_together_are_named(scripts: LabScripts, tmp_path: Path) -> None:
    (tmp_path / "prepared").mkdir()
    (tmp_path / "prepared/train").symlink_to(scripts.work / "prepared/train")
    other = LabScripts(lab=LAB, pythons=scripts.pythons, work=tmp_path, small=True)
    with pytest.raises(ScriptError, match=r"channel 'validation': dataset\.json in .*; prepare\.py writes it"):
        other.train()
    (tmp_path / "prepared/validation").mkdir()
    facts = json.loads((scripts.work / "prepared/validation/dataset.json").read_text())
    (tmp_path / "prepared/validation/dataset.json").write_text(json.dumps(facts | {"image_size": 64}))
    with pytest.raises(ScriptError, match=r"its classes or size are not those of 'train'; run prepare\.py again"):
        other.train()
