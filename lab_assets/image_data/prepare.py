"""Choose, crop, reduce and split the pictures of eleven animals: 80 % train, 10 % validation, 10 % test of each class.

Runs as a SageMaker processing job (scikit-learn image and container.txt), in the notebook, or by hand:
``python prepare.py --input FOLDER --output FOLDER``. Reads ``animals.tar``. Settings are environment variables:
PER_CLASS (pictures of each class at most), DETAIL_PIXELS (side of every picture; above 32, sharpness gives the frogs
away) and SEED. Whatever is wrong ends the run with one line that names the file.

Writes ``train/<class>/<id>.jpg``, ``validation/<class>/<id>.jpg``, ``test/<id>.jpg`` (no class in the name), and into
``labels``: ``test.csv`` (file, class), ``classes.json`` (names; the index is the class's number), ``catalogue.csv``
(every picture with checksum, licence and source) and ``left_out.csv`` (why, and how many).
"""

import argparse
import csv
import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive import Archive, DataError
from choosing import shuffled
from pictures import encoded, reduced
from sources import Candidate, candidates_of

INPUT_NAME = "animals.tar"
SMALLEST_CLASS = 10  # pictures; fewer leave validation or test without one
HELD_OUT = 0.1  # share of a class for validation, and again for test
TWICE, SPARE = "the same picture twice", "more than asked for"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run may choose."""

    per_class: int = 250
    detail_pixels: int = 32
    seed: int = 2026


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A chosen picture: what is written, and where it is from."""

    candidate: Candidate
    split: str
    content: bytes
    side: int  # pixels

    @property
    def file(self) -> str:
        """Path below the output folder; the name tells nothing about the picture."""
        name = hashlib.sha256(self.candidate.key.encode()).hexdigest()[:16] + ".jpg"
        return f"test/{name}" if self.split == "test" else f"{self.split}/{self.candidate.animal}/{name}"

    @property
    def row(self) -> dict[str, str]:
        """Its line in the catalogue; ``crop`` is the side of the square before it was reduced, in pixels."""
        left, _, right, _ = self.candidate.crop
        return {
            "file": self.file,
            "class": self.candidate.animal,
            "split": self.split,
            "sha256": hashlib.sha256(self.content).hexdigest(),
            "licence": self.candidate.licence,
            "source": self.candidate.source,
            "width": str(self.side),
            "height": str(self.side),
            "crop": str(right - left),
        }


def read_settings() -> Settings:
    """From the environment; raises :class:`DataError` where one is no number that makes sense."""
    return Settings(
        per_class=setting("PER_CLASS", Settings.per_class, least=SMALLEST_CLASS),
        detail_pixels=setting("DETAIL_PIXELS", Settings.detail_pixels, least=8),
        seed=setting("SEED", Settings.seed, least=0),
    )


def setting(name: str, default: int, *, least: int) -> int:
    """One of the environment's whole numbers."""
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        raise DataError(f"the setting {name} is {text!r}; a whole number of at least {least} is needed")
    return int(text)


def prepare(archive: Archive, settings: Settings) -> tuple[list[Picture], Counter[str]]:
    """The chosen pictures of every class and their split, and how many were left out by reason.

    Raises:
        DataError: names the file.
    """
    candidates, left_out = candidates_of(archive, least_side=settings.detail_pixels)
    classes: dict[str, dict[str, Candidate]] = {}
    for candidate in candidates:
        classes.setdefault(candidate.animal, {})[candidate.key] = candidate
    pictures: list[Picture] = []
    seen: set[bytes] = set()
    for animal, by_key in sorted(classes.items()):
        ordered = [by_key[key] for key in shuffled(list(by_key), settings.seed)]
        chosen = choose(ordered, settings, seen, left_out)
        if len(chosen) < SMALLEST_CLASS:
            few = f"{animal}: {len(chosen)} pictures can be used, {SMALLEST_CLASS} are needed"
            raise DataError(f"{archive.name}: {few}")
        pictures += split(chosen, settings)
    return pictures, left_out


def choose(
    candidates: Sequence[Candidate], settings: Settings, seen: set[bytes], left_out: Counter[str]
) -> list[tuple[Candidate, bytes]]:
    """As many as asked for, in the given order, each as a reduced JPEG; none that was ``seen`` before."""
    chosen: list[tuple[Candidate, bytes]] = []
    for number, candidate in enumerate(candidates):
        if len(chosen) == settings.per_class:
            left_out[SPARE] += len(candidates) - number
            break
        content = encoded(reduced(candidate.load(), candidate.crop, settings.detail_pixels))
        if content in seen:
            left_out[TWICE] += 1
            continue
        seen.add(content)
        chosen.append((candidate, content))
    return chosen


def split(chosen: Sequence[tuple[Candidate, bytes]], settings: Settings) -> list[Picture]:
    """One class, split in the order of its hashes; every class alike, so all parts have the same shares."""
    held_out = max(round(len(chosen) * HELD_OUT), 1)
    names = ["test"] * held_out + ["validation"] * held_out + ["train"] * (len(chosen) - 2 * held_out)
    return [
        Picture(candidate=candidate, split=name, content=content, side=settings.detail_pixels)
        for (candidate, content), name in zip(chosen, names, strict=True)
    ]


def write(pictures: Sequence[Picture], left_out: Counter[str], output: Path) -> None:
    """The pictures and the tables below the output folder."""
    for picture in pictures:
        file = output / picture.file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture.content)
    labels = output / "labels"
    labels.mkdir(parents=True, exist_ok=True)
    rows = sorted((picture.row for picture in pictures), key=lambda row: row["file"])
    test = [(Path(row["file"]).name, row["class"]) for row in rows if row["split"] == "test"]
    (labels / "classes.json").write_text(json.dumps(sorted({row["class"] for row in rows})), encoding="utf-8")
    write_csv(labels / "test.csv", ("file", "class"), test)
    write_csv(labels / "catalogue.csv", tuple(rows[0]), (tuple(row.values()) for row in rows))
    write_csv(labels / "left_out.csv", ("reason", "pictures"), sorted(left_out.items()))


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table with a header."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([header, *rows])


def balance(pictures: Sequence[Picture]) -> str:
    """The table of classes and splits, for people."""
    counts = Counter((picture.candidate.animal, picture.split) for picture in pictures)
    parts = ("train", "validation", "test")
    header = f"{'class':10}" + "".join(f"{part:>12}" for part in parts)
    animals = sorted({animal for animal, _ in counts})
    lines = [f"{animal:10}" + "".join(f"{counts[animal, part]:12}" for part in parts) for animal in animals]
    return "\n".join([header, *lines])


def main() -> None:
    """Read, check, choose, split, write; a data error becomes the job's exit message."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/data"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output"))
    options = parser.parse_args()
    uri, sha256 = os.environ.get("CLASSLAB_DATA_URI", ""), os.environ.get("CLASSLAB_DATA_SHA256", "")
    try:
        archive = Archive(options.input / INPUT_NAME, name=uri, sha256=sha256)
        pictures, left_out = prepare(archive, read_settings())
    except DataError as error:
        sys.exit(f"DataError: {error}")
    write(pictures, left_out, options.output)
    print(balance(pictures))
    print("left out: " + (", ".join(f"{reason}: {count}" for reason, count in sorted(left_out.items())) or "none"))


if __name__ == "__main__":
    main()
