"""What the archive offers: ten animals from COCO and frogs from CIFAR-10, and what of it cannot be used."""

import contextlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import choosing
from archive import ANNOTATIONS, BATCH, PICTURES, Archive, DataError
from cifar import FROG, SIDE, pictures_of
from pictures import Crop, opened
from PIL import Image
from pycocotools.coco import COCO

CIFAR_LICENCE = "none stated (CIFAR-10)"
CIFAR_SOURCE = "https://www.cs.toronto.edu/~kriz/cifar.html#"
OUTSIDE = 1.0  # pixels by which a box may overlap the picture's edge: COCO rounds


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A picture that can be used: the animal, where it is from, and the square to cut out of it."""

    key: str  # path in the archive, and the name within the file
    animal: str
    licence: str
    source: str
    crop: Crop
    load: Callable[[], Image.Image]


def candidates_of(archive: Archive, *, least_side: int) -> tuple[list[Candidate], Counter[str]]:
    """Every picture that can be used, and how many cannot by reason; raises DataError that names the file."""
    coco = read_coco(archive)
    left_out: Counter[str] = Counter()
    found = [*from_coco(archive, coco, least_side, left_out), *from_cifar(archive)]
    return found, left_out


def read_coco(archive: Archive) -> COCO:
    """The annotation file with its index."""
    where = f"{archive.name}: {ANNOTATIONS}"
    coco = COCO()
    try:
        coco.dataset = json.loads(archive.read(ANNOTATIONS))
        with contextlib.redirect_stdout(io.StringIO()):  # it reports on itself
            coco.createIndex()
        for mark in coco.dataset["annotations"]:
            if problem := problem_of(mark, coco):
                raise DataError(f"{where}: annotation {mark['id']}: {problem}")
    except ValueError as error:
        raise DataError(f"{where}: not JSON: {error}") from error
    except (KeyError, TypeError) as error:
        raise DataError(f"{where}: not in COCO's format: {error!r}") from error
    return coco


def problem_of(mark: dict[str, Any], coco: COCO) -> str:
    """What is wrong with an annotation; nothing as a rule."""
    if mark["image_id"] not in coco.imgs:
        return f"there is no picture {mark['image_id']}"
    if mark["category_id"] not in coco.cats:
        return f"there is no category {mark['category_id']}"
    picture, box = coco.imgs[mark["image_id"]], mark.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(isinstance(value, int | float) for value in box):
        return f"its box {box!r} is no list of four numbers"
    left, top, width, height = box
    right, bottom = picture["width"] + OUTSIDE, picture["height"] + OUTSIDE
    if min(left, top) < -OUTSIDE or min(width, height) < 0 or left + width > right or top + height > bottom:
        return f"its box {box} is not inside {picture['file_name']}, {picture['width']} × {picture['height']} pixels"
    return ""


def from_coco(archive: Archive, coco: COCO, least_side: int, left_out: Counter[str]) -> Iterator[Candidate]:
    """The pictures of the annotation file that show one kind of animal."""
    animals = {key: coco.cats[key]["name"] for key in coco.getCatIds(supNms=["animal"])}
    licences = {entry["id"]: f"{entry['name']} ({entry['url']})" for entry in coco.dataset.get("licenses", [])}
    for key in sorted(coco.imgs):
        picture = coco.imgs[key]
        size = (picture["width"], picture["height"])
        verdict = choosing.judge(coco.imgToAnns[key], animals, size=size, least_side=least_side)
        if verdict.reason != choosing.USED:
            left_out[verdict.reason] += 1
            continue
        path = f"{PICTURES}/{picture['file_name']}"
        yield Candidate(
            key=path,
            animal=animals[verdict.category],
            licence=licences.get(picture.get("license"), "none stated (COCO)"),
            source=picture.get("flickr_url") or picture.get("coco_url") or path,
            crop=verdict.crop,
            load=partial(load_coco, archive, path, size),
        )


def load_coco(archive: Archive, path: str, size: tuple[int, int]) -> Image.Image:
    """A picture as its annotations see it."""
    picture = opened(archive.read(path), name=f"{archive.name}: {path}")
    if picture.size != size:
        wrong = f"it has {picture.width} × {picture.height} pixels where its annotations say {size[0]} × {size[1]}"
        raise DataError(f"{archive.name}: {path}: {wrong}")
    return picture


def from_cifar(archive: Archive) -> Iterator[Candidate]:
    """The frogs of the batch; it is read, and with it unpickled, only after its checksum matched."""
    content = archive.read(BATCH)
    for picture in pictures_of(content, FROG, name=f"{archive.name}: {BATCH}"):
        yield Candidate(
            key=f"{BATCH}#{picture.name}",
            animal="frog",
            licence=CIFAR_LICENCE,
            source=CIFAR_SOURCE + picture.name,
            crop=(0, 0, SIDE, SIDE),
            load=partial(Image.fromarray, picture.pixels),
        )
