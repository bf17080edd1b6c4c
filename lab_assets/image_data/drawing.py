"""Draw made-up animals for the miniature set: a silhouette and a coat for each class, in a pose nobody drew before.

An animal is drawn on a square canvas of 100 units at several times the final size and scaled down, so that edges are
smooth. Chance decides on pose, proportions, colours and background; coats overlap in colour on purpose, so that no
class is known by its mean colour. Pillow and numpy only; the same generator state gives the same picture.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]
CANVAS = 320  # pixels of the canvas that an animal is drawn on
FURS: Sequence[Colour] = [(120, 80, 50), (160, 120, 80), (90, 85, 80), (60, 50, 45), (190, 170, 140), (140, 140, 140)]
GROUNDS: Sequence[Colour] = [(96, 140, 70), (190, 170, 120), (150, 150, 145), (225, 228, 232), (120, 100, 80)]
SKIES: Sequence[Colour] = [(150, 185, 220), (200, 205, 210), (235, 215, 190), (90, 110, 130), (120, 150, 100)]
DARK: Colour = (25, 22, 20)


@dataclass(frozen=True, kw_only=True)
class Build:
    """Proportions of a four-legged animal in units of the canvas, and what it wears."""

    length: float
    depth: float  # of the body, top to bottom
    legs: float
    leg_width: float
    neck: float
    lean: float  # degrees of the neck above the horizontal
    head: float
    snout: float
    ears: str
    tail: str
    coat: str


BUILDS = {
    "dog": Build(length=46, depth=17, legs=22, leg_width=5, neck=12, lean=50, head=15, snout=11, ears="hanging",
                 tail="raised", coat="plain"),
    "horse": Build(length=46, depth=21, legs=30, leg_width=5, neck=27, lean=52, head=13, snout=13, ears="pointed",
                   tail="bushy", coat="mane"),
    "sheep": Build(length=46, depth=32, legs=15, leg_width=5, neck=8, lean=20, head=14, snout=7, ears="hanging",
                   tail="none", coat="wool"),
    "cow": Build(length=54, depth=27, legs=19, leg_width=7, neck=9, lean=30, head=17, snout=9, ears="horns",
                 tail="thin", coat="patches"),
    "elephant": Build(length=52, depth=36, legs=24, leg_width=12, neck=6, lean=35, head=25, snout=0, ears="fans",
                      tail="thin", coat="trunk"),
    "bear": Build(length=52, depth=36, legs=16, leg_width=13, neck=7, lean=15, head=24, snout=8, ears="round",
                  tail="none", coat="plain"),
    "zebra": Build(length=46, depth=23, legs=26, leg_width=5, neck=20, lean=48, head=13, snout=11, ears="pointed",
                   tail="thin", coat="stripes"),
    "giraffe": Build(length=32, depth=18, legs=32, leg_width=4, neck=42, lean=68, head=10, snout=8, ears="horns",
                     tail="thin", coat="network"),
}  # fmt: skip


class Canvas:
    """A transparent square on which shapes are drawn in units of a hundredth of its side."""

    def __init__(self) -> None:
        self.image = Image.new("RGBA", (CANVAS, CANVAS))
        self._draw = ImageDraw.Draw(self.image)

    def ellipse(self, centre: Point, width: float, height: float, colour: Colour) -> None:
        """An upright ellipse."""
        (x, y), (half, tall) = self._pixels(centre), self._pixels((width / 2, height / 2))
        self._draw.ellipse((x - half, y - tall, x + half, y + tall), fill=colour)

    def line(self, points: Sequence[Point], width: float, colour: Colour) -> None:
        """A thick line with round ends and corners."""
        pixels = [self._pixels(point) for point in points]
        self._draw.line(pixels, fill=colour, width=max(1, round(width * CANVAS / 100)), joint="curve")
        for point in (points[0], points[-1]):
            self.ellipse(point, width, width, colour)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        self._draw.polygon([self._pixels(point) for point in points], fill=colour)

    def overlay(self, pattern: "Canvas") -> None:
        """Put a pattern on what is drawn so far, never beside it."""
        alpha = np.minimum(np.asarray(self.image.getchannel("A")), np.asarray(pattern.image.getchannel("A")))
        self.image.paste(pattern.image, mask=Image.fromarray(alpha))

    @staticmethod
    def _pixels(point: Point) -> Point:
        return point[0] * CANVAS / 100, point[1] * CANVAS / 100


def jitter(chance: np.random.Generator, colour: Colour, by: float = 14) -> Colour:
    """A colour nearby; brightness and hue move independently."""
    moved = np.array(colour) + chance.normal(0, by) + chance.normal(0, by / 3, 3)
    red, green, blue = (int(value) for value in moved.clip(0, 255))
    return red, green, blue


def any_of(chance: np.random.Generator, colours: Sequence[Colour]) -> Colour:
    """One of the colours, or one nearby."""
    return jitter(chance, colours[int(chance.integers(len(colours)))])


def animal(chance: np.random.Generator, name: str) -> Image.Image:
    """One animal on transparent ground, cropped to what is drawn: an RGBA picture."""
    canvas = Canvas()
    special: dict[str, Callable[[np.random.Generator, Canvas], None]] = {"bird": bird, "cat": cat, "frog": frog}
    if name in special:
        special[name](chance, canvas)
    else:
        four_legged(chance, canvas, BUILDS[name])
    turned = canvas.image.rotate(chance.uniform(-8, 8), Image.Resampling.BICUBIC)
    if chance.random() < 0.5:
        turned = turned.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return turned.crop(turned.getchannel("A").getbbox())


def four_legged(chance: np.random.Generator, canvas: Canvas, build: Build) -> None:
    """A four-legged animal from the side, looking to the right."""
    fur = coat_colour(chance, build.coat)
    length, depth = build.length * chance.uniform(0.92, 1.08), build.depth * chance.uniform(0.92, 1.08)
    middle = (42.0, 92 - build.legs - depth / 2)
    left, right = middle[0] - length / 2, middle[0] + length / 2
    legs(chance, canvas, build, fur, (left, right, middle[1] + depth * 0.2))
    tail(canvas, build.tail, (left + 1, middle[1] - depth / 4), fur)
    shoulder = (right - depth * 0.3, middle[1] - depth * 0.15)
    lean = math.radians(build.lean + chance.uniform(-7, 7))
    nape = (shoulder[0] + build.neck * math.cos(lean), shoulder[1] - build.neck * math.sin(lean))
    canvas.line([shoulder, nape], max(depth * 0.42, build.head * 0.55), fur)
    canvas.ellipse(middle, length, depth, fur)
    coat(chance, canvas, build.coat, middle, length, depth, shoulder, nape)
    face = {"wool": DARK, "plain": fur}.get(build.coat, fur)
    head(canvas, build, nape, face)


def coat_colour(chance: np.random.Generator, kind: str) -> Colour:
    """The ground colour of a coat."""
    grounds: dict[str, Sequence[Colour]] = {
        "stripes": [(215, 212, 205)],
        "wool": [(225, 220, 205), (190, 180, 165), (120, 110, 100)],
        "patches": [(225, 220, 212), (130, 85, 55), (50, 45, 42)],
        "network": [(215, 185, 130), (190, 150, 95)],
        "trunk": [(135, 132, 130), (105, 100, 98), (150, 130, 112)],
    }
    return any_of(chance, grounds.get(kind, FURS))


def legs(
    chance: np.random.Generator, canvas: Canvas, build: Build, fur: Colour, place: tuple[float, float, float]
) -> None:
    """Four legs; the far ones are darker."""
    left, right, top = place
    shade = tuple(int(value * 0.75) for value in fur)
    for share, colour in ((0.27, shade), (0.87, shade), (0.14, fur), (0.74, fur)):
        x = left + (right - left) * share
        step = chance.uniform(-4, 4)
        canvas.line([(x, top), (x + step, 92)], build.leg_width, (colour[0], colour[1], colour[2]))


def tail(canvas: Canvas, kind: str, root: Point, fur: Colour) -> None:
    """The tail at the left end of the body."""
    x, y = root
    if kind == "raised":
        canvas.line([(x, y), (x - 7, y - 6), (x - 8, y - 14)], 3.5, fur)
    elif kind == "bushy":
        canvas.line([(x, y), (x - 5, y + 5), (x - 6, y + 22)], 5.5, DARK)
    elif kind == "thin":
        canvas.line([(x, y), (x - 4, y + 6), (x - 4, y + 17)], 1.8, fur)
        canvas.ellipse((x - 4, y + 18), 3, 5, DARK)


def coat(
    chance: np.random.Generator, canvas: Canvas, kind: str, middle: Point, length: float, depth: float,
    shoulder: Point, nape: Point,
) -> None:  # fmt: skip
    """What lies on the ground colour: stripes, patches, a network, wool or a mane."""
    pattern = Canvas()
    (x, y), left = middle, middle[0] - length / 2
    if kind == "stripes":
        for position in np.arange(-4, 100, 5.6):
            slant = chance.uniform(2, 4)
            pattern.line([(position + slant, 0), (position - slant, 100)], 2.5, DARK)
    elif kind == "patches":
        colour = jitter(chance, (45, 38, 35) if chance.random() < 0.6 else (225, 215, 205))
        for _ in range(5):
            spot = (left + chance.uniform(0.05, 0.95) * length, y + chance.uniform(-0.4, 0.4) * depth)
            pattern.ellipse(spot, chance.uniform(9, 17), chance.uniform(8, 13), colour)
    elif kind == "network":
        colour = jitter(chance, (125, 75, 40))
        for row, column in np.ndindex(15, 15):
            offset = 3 if row % 2 else 0
            spot = (column * 6.4 + offset + chance.uniform(-0.7, 0.7), row * 6 + chance.uniform(-0.7, 0.7))
            pattern.ellipse(spot, 4.6, 4.3, colour)
    elif kind == "mane":
        pattern.line([(shoulder[0] - 5, shoulder[1] - 8), (nape[0] - 4, nape[1] - 1)], 5, DARK)
    canvas.overlay(pattern)
    if kind == "wool":
        wool(chance, canvas, (x, y), length, depth)


def wool(chance: np.random.Generator, canvas: Canvas, middle: Point, length: float, depth: float) -> None:
    """Curls all around the body, in two shades of what is there."""
    ground = canvas.image.getpixel((int(middle[0] * CANVAS / 100), int(middle[1] * CANVAS / 100)))
    base = (int(ground[0]), int(ground[1]), int(ground[2]))
    for angle in np.linspace(0, 2 * math.pi, 15):
        for reach in (0.5, 0.28):
            curl = (middle[0] + math.cos(angle) * length * reach, middle[1] + math.sin(angle) * depth * reach)
            canvas.ellipse(curl, 11, 11, jitter(chance, base, 9))


def head(canvas: Canvas, build: Build, nape: Point, fur: Colour) -> None:
    """Ears, head, snout and eye at the end of the neck; an elephant has a trunk."""
    (x, y), size = nape, build.head
    shade = (int(fur[0] * 0.7), int(fur[1] * 0.7), int(fur[2] * 0.7))
    if build.coat == "trunk":
        tip = (x + size * 0.62, y + size * 1.5)
        canvas.line([(x + size * 0.3, y), (x + size * 0.58, y + size * 0.6), tip], size * 0.26, fur)
        canvas.line([(x + size * 0.25, y + 5), (x + size * 0.75, y + size * 0.5)], 2.2, (240, 235, 215))
    canvas.ellipse((x, y), size * 1.05, size * 0.9, fur)
    if build.snout:
        canvas.ellipse((x + size * 0.4, y + size * 0.18), build.snout * 1.5, size * 0.5, fur)
        canvas.ellipse((x + size * 0.4 + build.snout * 0.6, y + size * 0.14), 2.6, 2.6, DARK)
    ears(canvas, build.ears, (x, y), size, fur, shade)
    canvas.ellipse((x + size * 0.15, y - size * 0.12), 2.4, 2.4, DARK if sum(fur) > 150 else (230, 230, 220))


def ears(canvas: Canvas, kind: str, at: Point, size: float, fur: Colour, shade: Colour) -> None:
    """The ears (or horns) of a head."""
    x, y = at
    if kind == "pointed":
        canvas.polygon([(x - 4, y - size * 0.3), (x - 2, y - size * 0.9), (x + 2, y - size * 0.3)], fur)
    elif kind == "hanging":
        canvas.ellipse((x - size * 0.3, y + size * 0.1), size * 0.35, size * 0.85, shade)
    elif kind == "horns":
        for side in (-0.25, 0.15):
            canvas.line(
                [(x + side * size, y - size * 0.35), (x + side * size - 1, y - size * 0.85)], 2.2, (225, 215, 190)
            )
    elif kind == "fans":
        canvas.ellipse((x - size * 0.4, y + size * 0.05), size * 0.85, size * 1.15, shade)
    elif kind == "round":
        for side in (-0.35, 0.15):
            canvas.ellipse((x + side * size, y - size * 0.4), size * 0.35, size * 0.35, shade)


def bird(chance: np.random.Generator, canvas: Canvas) -> None:
    """A bird from the side: beak, wing, fan of a tail, two thin legs."""
    plumage = any_of(chance, [*FURS, (70, 100, 160), (180, 60, 50), (215, 190, 90)])
    shade = (int(plumage[0] * 0.6), int(plumage[1] * 0.6), int(plumage[2] * 0.6))
    drop = chance.uniform(-3, 3)
    canvas.polygon([(30, 50), (6, 44 + drop), (4, 58 + drop), (28, 62)], shade)
    for x in (44, 54):
        canvas.line([(x, 70), (x + chance.uniform(-2, 2), 92)], 1.8, (190, 140, 60))
    canvas.ellipse((46, 56), 46, 34 * chance.uniform(0.9, 1.1), plumage)
    canvas.ellipse((68, 34), 23, 23, plumage)
    canvas.polygon([(78, 30), (94, 35), (78, 40)], (220, 160, 50))
    canvas.ellipse((40, 56 + drop), 30, 18, shade)
    canvas.ellipse((71, 31), 4, 4, DARK)


def cat(chance: np.random.Generator, canvas: Canvas) -> None:
    """A cat that sits and looks at us: pointed ears, whiskers, a tail that goes up."""
    fur = any_of(chance, [*FURS, (205, 130, 70)])
    shade = (int(fur[0] * 0.72), int(fur[1] * 0.72), int(fur[2] * 0.72))
    reach = chance.uniform(-4, 4)
    canvas.line([(68, 86), (84, 80), (86 + reach, 52)], 6, shade)
    canvas.polygon([(36, 46), (64, 46), (76, 92), (24, 92)], fur)
    canvas.ellipse((50, 88), 50, 14, fur)
    for side in (-1, 1):
        canvas.polygon([(50 + side * 20, 32), (50 + side * 19, 6), (50 + side * 4, 18)], shade)
    canvas.ellipse((50, 32), 42, 34, fur)
    for side in (-1, 1):
        canvas.ellipse((50 + side * 9, 29), 7, 8, (205, 205, 90))
        canvas.ellipse((50 + side * 9, 29), 2.5, 7, DARK)
        canvas.line([(50 + side * 8, 40), (50 + side * 26, 37)], 1, (235, 235, 230))
    canvas.polygon([(47, 37), (53, 37), (50, 41)], (200, 120, 120))


def frog(chance: np.random.Generator, canvas: Canvas) -> None:
    """A frog in front of us: wide and flat, eyes on top, hind legs folded at both sides, often with spots."""
    skin = any_of(chance, [(90, 140, 60), (120, 125, 60), (110, 85, 55), (70, 110, 80), (140, 140, 120)])
    shade = (int(skin[0] * 0.7), int(skin[1] * 0.7), int(skin[2] * 0.7))
    belly = jitter(chance, (205, 205, 160))
    for side in (-1, 1):
        spread = chance.uniform(34, 38)
        canvas.ellipse((50 + side * spread, 66), 26, 34, shade)
        canvas.line([(50 + side * spread, 82), (50 + side * (spread + 8), 86)], 6, shade)
        canvas.line([(50 + side * 17, 66), (50 + side * 19, 86)], 6, skin)
    canvas.ellipse((50, 60), 66, 44, skin)
    canvas.ellipse((50, 70), 44 * chance.uniform(0.8, 1.1), 24 * chance.uniform(0.7, 1.1), belly)
    spots = Canvas()
    for _ in range(int(chance.integers(9))):
        size = chance.uniform(3, 8)
        spots.ellipse((chance.uniform(15, 85), chance.uniform(40, 75)), size, size, shade)
    canvas.overlay(spots)
    apart, eye = chance.uniform(15, 21), chance.uniform(9, 12)
    for side in (-1, 1):
        canvas.ellipse((50 + side * apart, 38), eye + 8, eye + 8, skin)
        canvas.ellipse((50 + side * apart, 37), eye, eye, jitter(chance, (205, 185, 90), 20))
        canvas.ellipse((50 + side * apart, 37), eye / 2, eye / 2, DARK)
    canvas.line([(30, 58), (50, 62), (70, 58)], 1.8, DARK)


def background(chance: np.random.Generator, width: int, height: int) -> Image.Image:
    """Ground below sky with soft blobs in both."""
    sky, ground = np.array(any_of(chance, SKIES)), np.array(any_of(chance, GROUNDS))
    horizon = chance.uniform(0.25, 0.75) * height
    share = 1 / (1 + np.exp(-(np.arange(height) - horizon) / (0.05 * height)))
    rows = sky * (1 - share[:, None]) + ground * share[:, None]
    picture = Image.fromarray(np.repeat(rows[:, None, :], width, axis=1).clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(14):
        x, y, size = chance.uniform(0, width), chance.uniform(0, height), chance.uniform(0.04, 0.16) * height
        near = ground if y > horizon else sky
        draw.ellipse(
            (x - size, y - size / 2, x + size, y + size / 2),
            fill=jitter(chance, (int(near[0]), int(near[1]), int(near[2])), 12),
        )
    return picture.filter(ImageFilter.GaussianBlur(height / 60))


def photographed(chance: np.random.Generator, picture: Image.Image, *, unit: float) -> Image.Image:
    """What a camera makes of it: dappled light, a focus that is seldom exact, and a small sensor's noise.

    Light and focus differ from picture to picture and not from class to class, so that how sharp a picture is tells
    next to nothing about what it shows. ``unit`` is a 32nd of the animal's size in pixels.
    """
    light = chance.uniform(0.85, 1.1) + dapples(chance, picture.size, unit)
    lit = Image.fromarray((np.asarray(picture) * light[..., None]).clip(0, 255).astype(np.uint8))
    seen = lit.filter(ImageFilter.GaussianBlur(chance.uniform(0, 0.15) * unit))
    values = np.asarray(seen) + chance.normal(0, 6, (*light.shape, 3))
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


def dapples(chance: np.random.Generator, size: tuple[int, int], unit: float) -> np.ndarray:
    """Spots of light and shade of one size and strength, shape (rows, columns)."""
    spot = unit * chance.uniform(1, 4)
    grid = chance.normal(0, chance.uniform(0, 0.01), (round(size[1] / spot) + 1, round(size[0] / spot) + 1))
    small = Image.fromarray(grid.astype(np.float32))
    return np.asarray(small.resize(size, Image.Resampling.BICUBIC))
