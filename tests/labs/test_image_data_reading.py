"""The modules that read what the image data lab did not make: archives, pickles, annotations and pictures."""

import io
import os
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.labs import animals

archive, cifar, choosing, pictures, features = animals.modules("archive", "cifar", "choosing", "pictures", "features")
DataError = pictures.DataError
ANIMALS = {17: "cat", 18: "dog"}
PERSON = 1


class Surprise:
    """A pickle that makes a file when it is read, where nothing stops it."""

    def __init__(self, path: Path) -> None:
        """With the file to make."""
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return Path.touch, (Path(self.path),)  # type: ignore[return-value] # a path is what it is called with


def mark(
    category: int, box: tuple[float, float, float, float] = (10, 10, 60, 40), *, crowd: bool = False
) -> dict[str, Any]:
    """An annotation."""
    return {"category_id": category, "bbox": list(box), "iscrowd": int(crowd)}


def judged(*marks: dict[str, Any]) -> Any:  # noqa: ANN401 - a Verdict of a module that has no types here
    """The verdict on a picture of 160 × 120 pixels."""
    return choosing.judge(marks, ANIMALS, size=(160, 120), least_side=32)


def test_the_last_annotation_does_not_win() -> None:
    both = (mark(17), mark(18))
    assert judged(*both).reason == judged(*reversed(both)).reason == "several kinds of animal"
    assert judged(mark(17), mark(PERSON))[:2] == ("used", 17)
    assert judged(mark(PERSON), mark(17))[:2] == ("used", 17)


def test_a_crowd_names_an_animal_but_is_not_cut_out() -> None:
    herd = mark(17, (0, 0, 160, 110), crowd=True)
    assert judged(herd).reason == "only crowds"
    assert judged(herd, mark(18)).reason == "several kinds of animal"
    verdict = judged(herd, mark(17, (50, 50, 40, 20)))
    assert verdict.reason == "used"
    assert verdict.crop == choosing.square((50, 50, 40, 20), (160, 120))


def test_without_an_animal_or_too_small_for_the_detail_it_is_left_out() -> None:
    assert judged().reason == judged(mark(PERSON)).reason == "no animal"
    assert judged(mark(17, (5, 5, 20, 27))).reason == "animal too small"
    assert judged(mark(17, (5, 5, 20, 29))).reason == "used"


@pytest.mark.parametrize(
    "box", [(0, 0, 10, 10), (150, 110, 10, 10), (0, 0, 160, 120), (70, 0, 5, 120), (0, 50, 160, 3)]
)
def test_a_crop_is_a_square_inside_the_picture_around_the_middle_of_the_box(box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = choosing.square(box, (160, 120))
    assert 0 <= left < right <= 160
    assert 0 <= top < bottom <= 120
    assert right - left == bottom - top >= min(max(box[2:]), 120)
    assert left <= box[0] + box[2] / 2 <= right
    assert top <= box[1] + box[3] / 2 <= bottom


def test_shuffling_depends_on_names_and_seed_alone() -> None:
    names = [f"{number:012}.jpg" for number in range(40)]
    assert choosing.shuffled(names, 1) == choosing.shuffled(names[::-1], 1) != choosing.shuffled(names, 2)
    assert sorted(choosing.shuffled(names, 1)) == names


@pytest.mark.parametrize("name", ["../x.jpg", "coco/../../x.jpg", "/x.jpg", "coco\\..\\x.jpg"])
def test_no_path_leads_out_of_an_archive(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"a\.tar: .* leads out of the archive"):
        archive.Archive(animals.packed({name: b""}, tmp_path / "a.tar"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_an_archive_holds_files_alone(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        member = tarfile.TarInfo("coco/images/x.jpg")
        member.type, member.linkname = kind, "/etc/hostname"
        tar.addfile(member)
    with pytest.raises(DataError, match=r"'coco/images/x\.jpg' is a link or a device"):
        archive.Archive(tmp_path / "a.tar")


def test_a_file_is_read_only_where_its_checksum_matches(tmp_path: Path) -> None:
    files = {"a": b"as listed", "b": b"another", "checksums.json": b'{"b": "0000", "c": ""}'}
    good = animals.packed({"a": b"as listed"}, tmp_path / "good.tar")
    assert archive.Archive(good).read("a") == b"as listed"
    opened = archive.Archive(animals.packed(files, tmp_path / "bad.tar", checksums=False), name="s3://c/a.tar")
    with pytest.raises(DataError, match=r"s3://c/a\.tar: a: checksums\.json does not list it"):
        opened.read("a")
    with pytest.raises(DataError, match=r"b: its SHA-256 is \w{64} and not 0000"):
        opened.read("b")
    with pytest.raises(DataError, match="c is not in the archive"):
        opened.read("c")


def test_the_whole_archive_is_held_to_its_checksum(tmp_path: Path) -> None:
    path = animals.packed({"a": b"x"}, tmp_path / "a.tar")
    archive.Archive(path, sha256=archive.file_sha256(path))
    with pytest.raises(DataError, match=f"and not the expected {'0' * 64}"):
        archive.Archive(path, sha256="0" * 64)


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.tar").write_text("no archive, but long enough to be looked at" * 30)
    cut = tmp_path / "cut.tar"
    cut.write_bytes(animals.packed({"a": b"x" * 5000}, tmp_path / "a.tar").read_bytes()[:3000])
    for path in (tmp_path / "text.tar", tmp_path / "missing.tar", cut):
        with pytest.raises(DataError, match=str(path)):
            archive.Archive(path).read("a")


def test_a_pickle_is_not_even_looked_at_before_its_checksum_matched(tmp_path: Path) -> None:
    proof = tmp_path / "was-run"
    evil = pickle.dumps(Surprise(proof), protocol=2)
    files = {archive.BATCH: evil, "checksums.json": b'{"%s": "00"}' % archive.BATCH.encode()}
    opened = archive.Archive(animals.packed(files, tmp_path / "a.tar", checksums=False))
    with pytest.raises(DataError, match="its SHA-256 is"):
        cifar.read_batch(opened.read(archive.BATCH), name="batch")
    assert not proof.exists()


def test_a_pickle_with_the_right_checksum_still_runs_nothing(tmp_path: Path) -> None:
    proof = tmp_path / "was-run"
    evil = pickle.dumps(Surprise(proof), protocol=2)
    opened = archive.Archive(animals.packed({archive.BATCH: evil}, tmp_path / "a.tar"))
    with pytest.raises(DataError, match=r"batch: the pickle is not a batch .*, which no batch of pictures needs"):
        cifar.read_batch(opened.read(archive.BATCH), name="batch")
    assert not proof.exists()
    pickle.loads(evil)  # noqa: S301 - shows that it would have done something
    assert proof.exists()


def batch(**changes: object) -> bytes:
    """A batch of three pictures, the first and the last of them frogs."""
    content = {
        b"data": np.arange(3 * 3072, dtype=np.uint32).astype(np.uint8).reshape(3, 3072),
        b"labels": [6, 1, 6],
        b"filenames": [b"a.png", b"b.png", b"c.png"],
    } | {key.encode(): value for key, value in changes.items()}
    return pickle.dumps({key: value for key, value in content.items() if value is not None}, protocol=2)


def test_a_batch_s_frogs_are_read_in_cifar_s_order() -> None:
    frogs = list(cifar.pictures_of(batch(), cifar.FROG, name="batch"))
    assert [frog.name for frog in frogs] == ["a.png", "c.png"]
    assert frogs[0].pixels.shape == (32, 32, 3)
    assert frogs[0].pixels[0, 1].tolist() == [1, 1025 % 256, 2049 % 256]  # all red ones come first, then green, blue


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (batch(labels=None), "the batch lacks b'labels'"),
        (batch(data=None), "the batch lacks b'data'"),
        (batch(labels=[6]), "`data` is no array of 1 rows"),
        (batch(data=np.zeros((3, 10), dtype=np.uint8)), "`data` is no array of 3 rows"),
        (batch()[:200], "the pickle is not a batch"),
        (pickle.dumps([1]), "the pickle holds no dictionary, but list"),
        (b"", "the pickle is not a batch"),
    ],
    ids=["no-labels", "no-data", "one-label", "short-rows", "cut-off", "a-list", "empty"],
)
def test_what_is_no_batch_is_said(content: bytes, said: str) -> None:
    with pytest.raises(DataError, match=f"^batch: .*{said}"):
        list(cifar.pictures_of(content, cifar.FROG, name="batch"))


def saved(picture: Image.Image, kind: str) -> bytes:
    """The bytes of a picture file."""
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGB", "PNG"), ("L", "JPEG"), ("CMYK", "JPEG"), ("P", "PNG"), ("1", "PNG"), ("RGBA", "PNG")]
)
def test_pictures_of_any_kind_become_rgb(mode: str, kind: str) -> None:
    picture = pictures.opened(saved(Image.new(mode, (40, 30)), kind), name="x")
    assert (picture.mode, picture.size) == ("RGB", (40, 30))


def test_transparency_is_laid_on_white() -> None:
    picture = pictures.opened(saved(Image.new("RGBA", (4, 4), (255, 0, 0, 0)), "PNG"), name="x")
    assert picture.getpixel((0, 0)) == (255, 255, 255)


def test_a_broken_picture_is_named() -> None:
    whole = saved(Image.effect_noise((60, 60), 90), "JPEG")
    for content in (b"", b"no picture", whole[:-200]):
        with pytest.raises(DataError, match=r"^cats/1\.jpg: the picture cannot be read"):
            pictures.opened(content, name="cats/1.jpg")


@pytest.fixture(scope="module")
def real() -> list[Path]:
    """Ten of CIFAR-10's pictures and two photographs, where this machine has them."""
    found = sorted(Path(os.environ.get("CLASSLAB_DATA", "/nowhere"), "images").glob("*.*g"))
    if not found:
        pytest.skip("CLASSLAB_DATA names no folder with images/")
    return found


def test_real_pictures_come_out_alike(real: list[Path]) -> None:
    assert {path.suffix for path in real} == {".png", ".jpg"}
    for path in real:
        picture = pictures.opened(path.read_bytes(), name=path.name)
        crop = choosing.square((0, 0, *picture.size), picture.size)
        content = pictures.encoded(pictures.reduced(picture, crop, 32))
        again = pictures.opened(content, name=path.name)
        assert (again.mode, again.size, Image.open(io.BytesIO(content)).format) == ("RGB", (32, 32), "JPEG")


def test_cifar_s_real_pictures_keep_every_pixel(real: list[Path]) -> None:
    small = [path for path in real if path.suffix == ".png"]
    assert len(small) == 10
    for path in small:
        picture = pictures.opened(path.read_bytes(), name=path.name)
        assert picture.size == (32, 32)
        reduced = pictures.reduced(picture, (0, 0, 32, 32), 32)
        assert np.array_equal(np.asarray(reduced), np.asarray(picture))
        seen = pictures.opened(pictures.encoded(reduced), name=path.name)
        off = np.abs(np.asarray(seen, dtype=int) - np.asarray(picture, dtype=int))
        assert off.mean() < 4


def test_real_photographs_are_no_sharper_than_cifar_s_at_the_common_detail(real: list[Path]) -> None:
    def steepness(side: int) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {".png": [], ".jpg": []}
        for path in real:
            picture = pictures.opened(path.read_bytes(), name=path.name)
            crop = choosing.square((0, 0, *picture.size), picture.size)
            seen = features.decode(pictures.encoded(pictures.reduced(picture, crop, side)))
            found[path.suffix].append(float(features.sharpness(seen[None])[0, 0]))
        return found

    alike, apart = steepness(32), steepness(224)
    assert min(alike[".png"]) < max(alike[".jpg"])
    assert min(alike[".jpg"]) < max(alike[".png"])
    assert max(apart[".png"]) < min(apart[".jpg"])
