"""Decide which pictures of a COCO annotation file show one kind of animal, and where. Standard library only.

Shared by download.py, which fetches no picture in vain, and prepare.py, which counts what it leaves out.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

USED = "used"
NO_ANIMAL, SEVERAL, CROWD, SMALL = "no animal", "several kinds of animal", "only crowds", "animal too small"
MARGIN = 1.15  # side of the crop to the longer side of the box: a little of what is around, as CIFAR's pictures have


class Verdict(NamedTuple):
    """What is to be done with a picture; ``crop`` is the square (left, top, right, bottom) in pixels to cut out."""

    reason: str
    category: int = 0
    crop: tuple[int, int, int, int] = (0, 0, 0, 0)


def judge(
    annotations: Sequence[Mapping[str, Any]], animals: Mapping[int, str], *, size: tuple[int, int], least_side: int
) -> Verdict:
    """Whether a picture can be used: its annotations name exactly one kind of animal, and one of them is big enough.

    The original lab let the last annotation win, so that a horse with a dog beside it was a dog on some days.

    Args:
        annotations: all of the picture's, in COCO's format.
        animals: names by category id.
        size: width and height of the picture in pixels.
        least_side: pixels that the crop must have at least, so that nothing is enlarged.
    """
    named = {mark["category_id"] for mark in annotations if mark["category_id"] in animals}
    if not named:
        return Verdict(NO_ANIMAL)
    if len(named) > 1:
        return Verdict(SEVERAL)
    category = named.pop()
    single = [mark for mark in annotations if mark["category_id"] == category and not mark["iscrowd"]]
    if not single:
        return Verdict(CROWD, category)
    biggest = max((mark["bbox"] for mark in single), key=lambda box: box[2] * box[3])
    crop = square(biggest, size)
    if crop[2] - crop[0] < least_side:
        return Verdict(SMALL, category)
    return Verdict(USED, category, crop)


def square(box: Sequence[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The square (left, top, right, bottom) around a box, moved into the picture, smaller only where it must be."""
    (left, top, wide, high), (width, height) = box, size
    side = min(round(max(wide, high) * MARGIN), width, height)
    x = round(min(max(left + wide / 2 - side / 2, 0), width - side))
    y = round(min(max(top + high / 2 - side / 2, 0), height - side))
    return x, y, x + side, y + side


def shuffled(names: Sequence[str], seed: int) -> list[str]:
    """The same order on every machine, that has nothing to do with the names' own."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())
