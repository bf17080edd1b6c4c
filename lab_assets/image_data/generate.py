"""Write a miniature of the lab's data, for machines that cannot reach the real one: COCO pictures and CIFAR-10 frogs.

``python generate.py OUT [--per-class N] [--seed N]`` writes ``animals.tar`` in the layout that download.py packs:

- ``coco/annotations/instances.json`` and ``coco/images/*.jpg``: ten animals in COCO's format, among them what makes the
  real set hard: pictures with two animals, with people and balls, with crowds, with an animal too small to see, with
  no animal, and the same picture twice;
- ``cifar-10-batches-py/data_batch_1``: a pickled batch in CIFAR-10's format, 32 pixels square, frogs (6) and others;
- ``checksums.json``: SHA-256 of every file.

All of it is drawn (drawing.py): whoever trains on it learns our shapes, nothing about animals, and is told so. The same
seed gives the same bytes with the same versions of Pillow and numpy.
"""

import argparse
import hashlib
import io
import json
import pickle
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from drawing import animal, any_of, background, photographed
from PIL import Image

ANIMALS = {"bird": 16, "cat": 17, "dog": 18, "horse": 19, "sheep": 20, "cow": 21, "elephant": 22, "bear": 23,
           "zebra": 24, "giraffe": 25}  # fmt: skip
OTHERS = {"person": 1, "sports ball": 37}
FROG = 6
CIFAR_SIDE = 32
FINE = 3  # CIFAR's pictures were larger once: drawn at three times their size
LICENCE = {
    "id": 1,
    "name": "Apache License 2.0 (drawn by generate.py)",
    "url": "https://www.apache.org/licenses/LICENSE-2.0",
}
WITH_OTHERS = 0.15  # share of pictures that also show a person or a ball
TWO_ANIMALS, CROWDS, CROWDS_ALONE, NO_ANIMAL, TOO_SMALL, COPIES = 24, 8, 4, 8, 6, 5
CIFAR_OTHERS = 40
Box = tuple[int, int, int, int]  # left, top, width, height


@dataclass
class Scene:
    """A picture that grows, and what is to be seen in it."""

    chance: np.random.Generator
    picture: Image.Image
    annotations: list[dict[str, Any]] = field(default_factory=list)

    @property
    def unit(self) -> float:
        """A 32nd of the longer side of the biggest thing, in pixels."""
        return max((max(marks["bbox"][2:]) for marks in self.annotations), default=96) / 32

    def add(self, name: str, *, height: float, centre: tuple[float, float]) -> None:
        """Draw one thing and annotate it; ``height`` in pixels, ``centre`` in shares of the picture."""
        shape = animal(self.chance, name) if name in ANIMALS or name == "frog" else thing(self.chance, name)
        scale = min(
            height / shape.height, 0.94 * self.picture.width / shape.width, 0.94 * self.picture.height / shape.height
        )
        size = (max(round(shape.width * scale), 4), max(round(shape.height * scale), 4))
        left, top = (
            round(min(max(share * whole - part / 2, 0), whole - part))
            for share, whole, part in zip(centre, self.picture.size, size, strict=True)
        )
        shape = shape.resize(size, Image.Resampling.LANCZOS)
        self.picture.paste(shape, (left, top), shape)
        self.annotations.append(annotation(name, (left, top, *size)))

    def crowd(self, name: str) -> None:
        """Draw a herd far away; COCO annotates it as one region, a run-length mask."""
        width, height = self.picture.size
        for position in np.linspace(0.1, 0.9, 6):
            self.add(name, height=height * 0.16, centre=(float(position), 0.16))
            self.annotations.pop()
        self.annotations.append(annotation(name, (0, 0, width, round(height * 0.3)), crowd_in=self.picture.size))


def annotation(name: str, box: Box, *, crowd_in: tuple[int, int] | None = None) -> dict[str, Any]:
    """An annotation in COCO's format, of a crowd where the picture's size is given; ids come later."""
    left, top, width, height = box
    right, bottom = left + width, top + height
    outline: Any = [[left, top, right, top, right, bottom, left, bottom]]
    if crowd_in:
        mask = np.zeros(crowd_in, dtype=bool)  # columns first: the order that COCO counts in
        mask[left:right, top:bottom] = True
        outline = {"counts": run_lengths(mask.ravel()), "size": [crowd_in[1], crowd_in[0]]}
    return {
        "category_id": {**ANIMALS, **OTHERS}.get(name, 0),
        "bbox": [left, top, width, height],
        "area": width * height,
        "iscrowd": int(crowd_in is not None),
        "segmentation": outline,
    }


def run_lengths(mask: np.ndarray) -> list[int]:
    """Lengths of the runs of a mask, beginning with the unset ones."""
    turns = np.flatnonzero(np.diff(mask.astype(np.int8))) + 1
    lengths = np.diff([0, *turns, mask.size]).tolist()
    return [0, *lengths] if mask[0] else lengths


def thing(chance: np.random.Generator, name: str) -> Image.Image:
    """A person or a ball, as simple as can be: an RGBA picture."""
    colour = any_of(chance, [(190, 60, 60), (60, 90, 180), (230, 210, 90), (80, 80, 80)])
    y, x = np.mgrid[-1:1:160j, -1:1:160j]
    drawn = x**2 + y**2 < 0.95
    if name == "person":
        drawn = (x**2 + (y + 0.75) ** 2 < 0.05) | ((abs(x) < 0.22) & (abs(y + 0.05) < 0.48))
        drawn |= (abs(abs(x) - 0.14) < 0.07) & (y > 0.3)
    pixels = np.dstack([np.full_like(x, value) for value in colour] + [drawn * 255.0]).astype(np.uint8)
    shape = Image.fromarray(pixels)
    return shape.crop(shape.getchannel("A").getbbox())


def coco_scenes(per_class: int, seed: int) -> Iterator[Scene]:
    """All scenes of the COCO part: what every class needs, then what makes it hard."""
    for index, name in enumerate(ANIMALS):
        for number in range(per_class):
            scene = empty_scene(seed, index, number)
            if scene.chance.random() < WITH_OTHERS:
                scene.add(any_name(scene, OTHERS), height=scene.chance.uniform(22, 40), centre=(0.12, 0.3))
            scene.add(name, height=scene.chance.uniform(64, 108), centre=place(scene))
            yield scene
    yield from hard_scenes(seed)


def hard_scenes(seed: int) -> Iterator[Scene]:
    """Two animals, crowds beside an animal and alone, no animal, one too small."""
    for number in range(TWO_ANIMALS):
        scene = empty_scene(seed, 100, number)
        first, second = (str(name) for name in scene.chance.choice(list(ANIMALS), 2, replace=False))
        scene.add(first, height=60, centre=(0.27, 0.6))
        scene.add(second, height=60, centre=(0.75, 0.6))
        yield scene
    for number in range(CROWDS + CROWDS_ALONE):
        scene = empty_scene(seed, 101, number)
        herd = str(scene.chance.choice(["sheep", "cow", "zebra", "elephant"]))
        scene.crowd(herd)
        if number < CROWDS:
            scene.add(herd, height=70, centre=(0.5, 0.65))
        yield scene
    for number in range(NO_ANIMAL + TOO_SMALL):
        scene = empty_scene(seed, 102, number)
        scene.add("person", height=60, centre=(0.3, 0.6))
        if number >= NO_ANIMAL:
            scene.add(any_name(scene, ANIMALS), height=9, centre=(0.7, 0.6))
        yield scene


def empty_scene(seed: int, *numbers: int) -> Scene:
    """A background; the numbers say which, so that scenes do not depend on each other."""
    chance = np.random.default_rng([seed, *numbers])
    width, height = (160, 120) if chance.random() < 0.7 else (124, 152)
    return Scene(chance, background(chance, width, height))


def any_name(scene: Scene, names: dict[str, int]) -> str:
    """One of the names."""
    return str(scene.chance.choice(list(names)))


def place(scene: Scene) -> tuple[float, float]:
    """Somewhere near the middle."""
    return scene.chance.uniform(0.4, 0.6), scene.chance.uniform(0.5, 0.6)


def coco_files(per_class: int, seed: int) -> dict[str, bytes]:
    """The COCO part by path; some pictures come twice, under another number."""
    images, annotations, files = [], [], {}
    scenes = list(coco_scenes(per_class, seed))
    order = np.random.default_rng([seed, 103]).permutation(len(scenes)).tolist()
    for number, index in enumerate([*order, *sorted(order[:COPIES])], start=1):
        scene = scenes[index]
        name = f"{number:012d}.jpg"
        picture = photographed(np.random.default_rng([seed, 104, index]), scene.picture, unit=scene.unit)
        files[f"coco/images/{name}"] = jpeg(picture)
        images.append(image_record(number, name, picture))
        first = len(annotations) + 1
        marked = enumerate(scene.annotations, start=first)
        annotations += [{**marks, "id": key, "image_id": number} for key, marks in marked]
    document = {
        "info": {
            "description": "Drawn animals in COCO's format",
            "version": "1",
            "year": 2026,
            "contributor": "ClassLab",
        },
        "licenses": [LICENCE],
        "images": images,
        "annotations": annotations,
        "categories": [
            {"supercategory": kind, "id": number, "name": name}
            for kind, names in (("animal", ANIMALS), ("other", OTHERS))
            for name, number in names.items()
        ],
    }
    return {"coco/annotations/instances.json": json.dumps(document).encode(), **files}


def image_record(number: int, name: str, picture: Image.Image) -> dict[str, Any]:
    """What COCO says of a picture."""
    return {
        "license": LICENCE["id"], "file_name": name, "coco_url": f"https://example.com/drawn/{name}", "flickr_url": "",
        "width": picture.width, "height": picture.height, "date_captured": "2026-01-01 00:00:00", "id": number,
    }  # fmt: skip


def jpeg(picture: Image.Image) -> bytes:
    """The bytes of a JPEG."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def cifar_batch(frogs: int, seed: int) -> bytes:
    """A pickled batch as CIFAR-10 has it: rows of 3,072 bytes, all red ones first; some frogs come twice."""
    labels = [FROG] * frogs + [label for label in range(10) if label != FROG] * (CIFAR_OTHERS // 9)
    pictures = [cifar_picture(np.random.default_rng([seed, 105, number]), label) for number, label in enumerate(labels)]
    order = [*np.random.default_rng([seed, 106]).permutation(len(labels)).tolist(), 0, 1]
    rows = np.stack([np.asarray(pictures[index]).transpose(2, 0, 1).ravel() for index in order])
    batch = {
        b"batch_label": b"drawn batch 1",
        b"labels": [labels[index] for index in order],
        b"data": rows,
        b"filenames": [f"drawn_s_{number:06d}.png".encode() for number in range(len(order))],
    }
    return pickle.dumps(batch, protocol=2)


def cifar_picture(chance: np.random.Generator, label: int) -> Image.Image:
    """A frog, or a ball for whatever else; drawn larger and reduced as CIFAR's pictures were."""
    side = CIFAR_SIDE * FINE
    scene = Scene(chance, background(chance, side, side))
    scene.add("frog" if label == FROG else "sports ball", height=side * chance.uniform(0.48, 0.62), centre=place(scene))
    seen = photographed(chance, scene.picture, unit=scene.unit)
    return seen.resize((CIFAR_SIDE, CIFAR_SIDE), Image.Resampling.BICUBIC)


def write_tar(out: Path, files: dict[str, bytes]) -> None:
    """An uncompressed archive without dates or owners."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def main() -> None:
    """Draw, checksum, pack."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the archive to write; its folder is made")
    parser.add_argument("--per-class", type=int, default=90)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    files = coco_files(options.per_class, options.seed)
    files["cifar-10-batches-py/data_batch_1"] = cifar_batch(options.per_class, options.seed)
    checksums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    write_tar(options.out, {"checksums.json": json.dumps(checksums, indent=1).encode(), **files})


if __name__ == "__main__":
    main()
