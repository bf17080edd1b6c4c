"""The TensorFlow lab's preparation: TFRecords as TensorFlow writes and reads them, every picture once, clear errors."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.lab_scripts import LabScripts, ScriptError
from tests.labs import tensorflow_lab
from tests.labs.tensorflow_lab import LAB, asked

READ = """
import tensorflow as tf
found = []
for file in arguments:
    for record in tf.data.TFRecordDataset(file):
        feature = tf.train.Example.FromString(record.numpy()).features.feature
        found.append({
            "file": file,
            "id": feature["id"].bytes_list.value[0].decode(),
            "label": feature["label"].int64_list.value[0],
            "shape": list(feature["shape"].int64_list.value),
            "decoded": tf.io.decode_jpeg(feature["image"].bytes_list.value[0]).shape.as_list(),
        })
print(json.dumps(found))
"""
# The same records by our writer and by TensorFlow's: framing and checksums must be the same bytes.
TWICE = """
from pathlib import Path
import tensorflow as tf, tfrecords
folder = Path(arguments[0])
records = [bytes(range(256)) * 40, b"a longer one \\x00\\xff" * 999, *(b"x" * length for length in range(4, 40))]
tfrecords.write(folder / "ours", records)
with tf.io.TFRecordWriter(str(folder / "theirs")) as writer:
    for record in records:
        writer.write(record)
values = {"image": b"\\x00" * 300, "shape": [127, 128, 16384], "label": [0], "id": "한".encode()}
kinds = {bytes: lambda value: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value])),
         list: lambda value: tf.train.Feature(int64_list=tf.train.Int64List(value=value))}
features = tf.train.Features(feature={name: kinds[type(value)](value) for name, value in values.items()})
same = tf.train.Example.FromString(tfrecords.example(values)) == tf.train.Example(features=features)
print(json.dumps([(folder / "ours").read_bytes() == (folder / "theirs").read_bytes(), same]))
"""


@pytest.fixture(scope="module")
def made(environments: Path) -> Path:
    """The environments of the lab's images."""
    return tensorflow_lab.environments_of(environments)


@pytest.fixture(scope="module")
def scripts(made: Path, animals_prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> LabScripts:
    """After preparing at another size than the pictures have, so that all are resized."""
    found = LabScripts.of(LAB, environments=made, work=tmp_path_factory.mktemp("lab"), small=True)
    found.prepare(animals_prepared, variables={"IMAGE_SIZE": "40", "SHARDS": "3"})
    return found


@pytest.fixture(scope="module")
def records(scripts: LabScripts) -> list[dict[str, object]]:
    """What TensorFlow reads from the files; it refuses wrong checksums."""
    files = sorted((scripts.work / "prepared").glob("*/*.tfrecord"))
    found: list[dict[str, object]] = asked(scripts.pythons["train"], READ, *files)
    return found


def test_the_writer_writes_what_tensorflow_writes(scripts: LabScripts, tmp_path: Path) -> None:
    assert asked(scripts.pythons["train"], TWICE, tmp_path) == [True, True]


def test_every_labelled_picture_is_in_one_record(
    scripts: LabScripts, records: list[dict[str, object]], animals_prepared: Path
) -> None:
    classes = json.loads((animals_prepared / "labels/classes.json").read_text())
    given = {
        (part, file.stem, classes.index(file.parent.name))
        for part in ("train", "validation")
        for file in (animals_prepared / part).glob("*/*.jpg")
    }
    found = [(Path(str(item["file"])).parent.name, item["id"], item["label"]) for item in records]
    assert sorted(found) == sorted(given)
    assert all(item["shape"] == item["decoded"] == [40, 40, 3] for item in records)


def test_shards_are_even_and_mixed(records: list[dict[str, object]]) -> None:
    train = [item for item in records if "/train/" in str(item["file"])]
    by_file = {file: [item["label"] for item in train if item["file"] == file] for file in {i["file"] for i in train}}
    assert len(by_file) == 3
    assert {len(labels) for labels in by_file.values()} == {len(train) // 3}
    for labels in by_file.values():
        assert len(set(labels[:40])) >= 8  # of eleven classes: sorted by class there would be one or two


def test_the_facts_say_what_is_there(scripts: LabScripts, records: list[dict[str, object]]) -> None:
    for part in ("train", "validation"):
        facts = json.loads((scripts.work / "prepared" / part / "dataset.json").read_text())
        assert facts["pictures"] == sum(f"/{part}/" in str(item["file"]) for item in records)
        assert (facts["image_size"], len(facts["classes"])) == (40, 11)


def test_test_pictures_have_the_size_and_no_class(scripts: LabScripts, animals_prepared: Path) -> None:
    prepared = scripts.work / "prepared"
    files = sorted(path.relative_to(prepared / "test") for path in (prepared / "test").rglob("*.*"))
    assert files == sorted(
        path.relative_to(animals_prepared / "test") for path in (animals_prepared / "test").iterdir()
    )
    assert {Image.open(prepared / "test" / file).size for file in files} == {(40, 40)}
    for name in ("test.csv", "classes.json", "catalogue.csv"):
        assert (prepared / "labels" / name).read_bytes() == (animals_prepared / "labels" / name).read_bytes()


def test_a_picture_of_the_right_size_stays_as_it_is_and_processes_change_nothing(
    scripts: LabScripts, made: Path, animals_prepared: Path, tmp_path: Path
) -> None:
    one, two = (LabScripts.of(LAB, environments=made, work=tmp_path / name, small=True) for name in ("one", "two"))
    one.prepare(animals_prepared, "--processes", "1", variables={"IMAGE_SIZE": "32"})
    two.prepare(animals_prepared, "--processes", "2", variables={"IMAGE_SIZE": "32"})
    for file in (animals_prepared / "test").iterdir():
        assert (one.work / "prepared/test" / file.name).read_bytes() == file.read_bytes()
    written = sorted(path.relative_to(one.work) for path in (one.work / "prepared").rglob("*") if path.is_file())
    assert written == sorted(
        path.relative_to(two.work) for path in (two.work / "prepared").rglob("*") if path.is_file()
    )
    assert all((one.work / path).read_bytes() == (two.work / path).read_bytes() for path in written)


def changed(path: str, content: bytes | None) -> Callable[[Path], None]:
    """Another content of a file, or none: then it is removed, and a folder with all that is in it."""

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


def jpeg() -> bytes:
    """A small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), "green").save(buffer, "JPEG")
    return buffer.getvalue()


BAD: dict[str, tuple[Callable[[Path], None], dict[str, str], str]] = {
    "no classes": (changed("labels/classes.json", None), {}, "labels/classes.json: "),
    "classes no JSON": (changed("labels/classes.json", b"bear"), {}, "labels/classes.json: Expecting value"),
    "another class": (changed("train/wolf/0.jpg", jpeg()), {}, "train/wolf/0.jpg: the class is not in labels"),
    "a class without pictures": (
        changed("validation/cow", None),
        {},
        "validation holds no picture of cow; run the lab",
    ),
    "no test": (changed("test", None), {}, "test holds no picture; run the lab image-data first"),
    "no picture": (changed("train/cow/0.jpg", b"cow"), {}, "0.jpg: the picture cannot be read"),
    "half a picture": (changed("test/0.jpg", jpeg()[:300]), {}, "0.jpg: the picture cannot be read"),
    "size": (lambda _: None, {"IMAGE_SIZE": "16"}, "the setting IMAGE_SIZE is '16'; a whole number of 32 to 1024"),
    "shards": (lambda _: None, {"SHARDS": "many"}, "the setting SHARDS is 'many'; a whole number of 1 to 1000"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said(
    scripts: LabScripts, made: Path, animals_prepared: Path, tmp_path: Path, case: str
) -> None:
    change, settings, said = BAD[case]
    shutil.copytree(animals_prepared, tmp_path / "data-before")
    change(tmp_path / "data-before")
    one = LabScripts.of(LAB, environments=made, work=tmp_path / "work", small=True)
    with pytest.raises(ScriptError) as caught:
        one.prepare(tmp_path / "data-before", variables=settings)
    assert str(caught.value).splitlines()[-1].startswith(f"DataError: {said}")
