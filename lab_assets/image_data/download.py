"""Fetch the real pictures from the data sets' own sites and pack them: 250 animals of each kind, and CIFAR-10's frogs.

``python download.py OUT [--per-class N]`` writes ``animals.tar``, as generate.py does, with ClassLab's own packages. It
reads COCO's annotations of 2017 (241 MB), fetches the pictures it chose one by one (about 400 MB), and CIFAR-10's first
batch (170 MB). Whoever interrupts it goes on where it stopped: what is whole lies in ``OUT.parts``, which goes away at
the end. About 1 GB of memory is needed to read the annotations.

Pictures are chosen in an order that hashes decide: for each animal, those that show it until enough can be used. The
ones met on the way that show two kinds of animals come along, so that prepare.py has something to decide.
"""

import argparse
import hashlib
import io
import json
import shutil
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from archive import ANNOTATIONS, BATCH, CHECKSUMS, PICTURES, Archive, DataError
from choosing import USED, judge, shuffled
from fetching import FetchError, Progress, Wanted, client_for, fetch, fetch_all, md5_of
from PIL import Image

SOURCES = "sources.json"  # in the archive: what it was made from
LEAST_SIDE = 32  # pixels: prepare.py's DETAIL_PIXELS
SEED = 2026


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the data sets live, and the checksums that their owners (CIFAR-10) or their users (COCO) publish.

    COCO's own host name has no certificate of its own: it is a bucket, whose path-style address has one.
    """

    coco: str = "https://s3.amazonaws.com/images.cocodataset.org"
    annotations: str = "annotations/annotations_trainval2017.zip"
    annotations_md5: str = "f4bbac642086de4f52a3fdda2de5fa2c"
    member: str = "annotations/instances_train2017.json"
    pictures: str = "train2017"
    cifar: str = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    cifar_md5: str = "c58f30108f718f92721af3b95e74349a"
    batch_md5: str = "c99cafc152244af753f735de768cd75f"
    per_class: int = 250


def download(out: Path, sources: Sources) -> None:
    """Fetch, choose, pack. ``out`` is there only once it is whole; raises FetchError or DataError."""
    if packed_before(out, sources):
        print(f"{out} is there already, and whole", file=sys.stderr)
        return
    parts = out.with_name(out.name + ".parts")
    parts.mkdir(parents=True, exist_ok=True)
    with client_for([sources.coco, sources.cifar]) as client:
        archives = {
            "annotations.zip": (f"{sources.coco}/{sources.annotations}", sources.annotations_md5),
            "cifar.tar.gz": (sources.cifar, sources.cifar_md5),
        }
        for name, (url, md5) in archives.items():
            fetch_archive(client, Wanted(url=url, target=parts / name, md5=md5))
        document = choose(read_annotations(parts / "annotations.zip", sources), sources.per_class)
        wanted = [
            Wanted(
                url=f"{sources.coco}/{sources.pictures}/{picture['file_name']}",
                target=parts / "pictures" / picture["file_name"],
                check=undecodable,
            )
            for picture in document["images"]
        ]
        fetch_all(client, wanted, "pictures")
    pack(out, document, parts, sources)
    shutil.rmtree(parts)


def packed_before(out: Path, sources: Sources) -> bool:
    """Whether an earlier run packed the same; a drawn archive under the same name is none."""
    try:
        archive = Archive(out)
        return bool(json.loads(archive.read(SOURCES)) == asdict(sources))
    except (DataError, ValueError):
        return False


def fetch_archive(client: Any, file: Wanted) -> None:  # noqa: ANN401 - fetching.py's client
    """One big file with a bar of its own; a whole one is checked again."""
    if file.target.exists() and md5_of(file.target) == file.md5:
        return
    file.target.unlink(missing_ok=True)
    progress = Progress(f"{file.target.name} (bytes)", 0)
    progress.begin()
    try:
        fetch(client, file, progress)
    finally:
        progress.end()


def read_annotations(path: Path, sources: Sources) -> dict[str, Any]:
    """COCO's annotation file without outlines, which are nine tenths of it and of the memory it would take."""

    def without_outline(entry: dict[str, Any]) -> dict[str, Any]:
        entry.pop("segmentation", None)
        return entry

    try:
        with zipfile.ZipFile(path) as archive, archive.open(sources.member) as stream:
            document: dict[str, Any] = json.load(stream, object_hook=without_outline)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise DataError(f"{path}: {sources.member} cannot be read ({error}); delete the file and try again") from error
    return document


def choose(document: Mapping[str, Any], per_class: int) -> dict[str, Any]:
    """The part of the annotation file that is about the chosen pictures, with all of their annotations."""
    animals = {entry["id"]: entry["name"] for entry in document["categories"] if entry["supercategory"] == "animal"}
    marks: dict[int, list[dict[str, Any]]] = {}
    for mark in document["annotations"]:
        marks.setdefault(mark["image_id"], []).append(mark)
    pictures = {picture["file_name"]: picture for picture in document["images"] if picture["id"] in marks}
    usable: Counter[int] = Counter()
    chosen = []
    for name in shuffled(list(pictures), SEED):
        picture = pictures[name]
        shown = {mark["category_id"] for mark in marks[picture["id"]]} & set(animals)
        if not any(usable[category] < per_class for category in shown):
            continue
        verdict = judge(
            marks[picture["id"]], animals, size=(picture["width"], picture["height"]), least_side=LEAST_SIDE
        )
        usable[verdict.category] += verdict.reason == USED
        chosen.append(picture)
    kept = {picture["id"] for picture in chosen}
    annotations = [mark for key in sorted(kept) for mark in marks[key]]
    rest = {key: document[key] for key in ("info", "licenses", "categories")}
    return {**rest, "images": sorted(chosen, key=lambda picture: str(picture["file_name"])), "annotations": annotations}


def undecodable(path: Path) -> str:
    """What is wrong with a picture file; nothing as a rule."""
    try:
        with Image.open(path) as picture:
            picture.load()
            return "" if picture.format == "JPEG" else f"it is no JPEG but {picture.format}"
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        return f"it is no whole picture ({error})"


def pack(out: Path, document: Mapping[str, Any], parts: Path, sources: Sources) -> None:
    """Write the archive under another name, and give it its own once it is whole."""
    files: dict[str, bytes | Path] = {
        SOURCES: json.dumps(asdict(sources)).encode(),
        ANNOTATIONS: json.dumps(document).encode(),
        BATCH: first_batch(parts / "cifar.tar.gz", sources),
    }
    files |= {
        f"{PICTURES}/{picture['file_name']}": parts / "pictures" / picture["file_name"]
        for picture in document["images"]
    }
    checksums = {name: hashlib.sha256(content_of(source)).hexdigest() for name, source in files.items()}
    unfinished = out.with_name(out.name + ".unfinished")
    with tarfile.open(unfinished, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, source in {CHECKSUMS: json.dumps(checksums, indent=1).encode(), **files}.items():
            content = content_of(source)
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    unfinished.replace(out)


def content_of(source: bytes | Path) -> bytes:
    """The bytes, from memory or from a file."""
    return source if isinstance(source, bytes) else source.read_bytes()


def first_batch(path: Path, sources: Sources) -> bytes:
    """CIFAR-10's first batch, still pickled; it is compared with its published checksum and never opened here."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            stream = archive.extractfile(BATCH)
            content = stream.read() if stream else b""
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise DataError(f"{path}: {BATCH} cannot be read ({error}); delete the file and try again") from error
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if digest != sources.batch_md5:
        raise DataError(f"{path}: {BATCH}: its MD5 is {digest} and not the published {sources.batch_md5}")
    return content


def main() -> None:
    """Download; an error is one line that says what to do."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the archive to write; its folder is made")
    parser.add_argument("--per-class", type=int, default=Sources.per_class)
    options = parser.parse_args()
    try:
        download(options.out, Sources(per_class=options.per_class))
    except (FetchError, DataError) as error:
        sys.exit(f"the pictures cannot be downloaded: {error}")
    except OSError as error:
        sys.exit(f"the pictures cannot be kept: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on where it stopped")


if __name__ == "__main__":
    main()
