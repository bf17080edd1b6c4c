"""Read a picture of any kind, cut a square out of it, and bring it to the detail that all classes share.

CIFAR-10's pictures have 32 pixels a side and were larger once; COCO's have hundreds. Left alone, sharpness says which
is which, and a model that finds frogs by their blur has learnt nothing about frogs. Every picture, of whatever class,
is therefore a square around the animal, reduced to the same number of pixels by the same filter, and never enlarged.
"""

import io

from archive import DataError
from PIL import Image

QUALITY = 95
Crop = tuple[int, int, int, int]  # left, top, right, bottom


def opened(content: bytes, *, name: str) -> Image.Image:
    """The decoded picture as RGB; transparency is laid on white. Raises :class:`DataError` with the file's name."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            if picture.has_transparency_data:
                white = Image.new("RGBA", picture.size, "white")
                return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")
            return picture.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{name}: the picture cannot be read ({error}); fetch the archive again") from error


def reduced(picture: Image.Image, crop: Crop, detail: int) -> Image.Image:
    """The square of the picture at ``detail`` pixels a side."""
    return picture.resize((detail, detail), Image.Resampling.BICUBIC, box=crop)


def encoded(picture: Image.Image) -> bytes:
    """The bytes of a JPEG without metadata, its colours at full resolution."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY, subsampling=0)
    return buffer.getvalue()
