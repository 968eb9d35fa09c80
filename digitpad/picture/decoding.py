"""Decodes a picture into grey, in bounded memory."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from digitpad.files import open_regular
from digitpad.picture.error import PictureError
from digitpad.picture.formats import name_of_format

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""Supported formats. Pillow has more, but runs Ghostscript, an external program, for EPS."""

MAX_PIXELS = 50_000_000
"""Maximum size, checked before decoding. Most telephones take smaller pictures."""

MAX_PIXELS_OF = {"WEBP": 24_000_000, "TIFF": 30_000_000, "GIF": 30_000_000}
"""The same for formats whose decoding takes more memory per pixel, so that none takes 500 MB."""

MAX_SIDE = 65_500
"""Maximum width and height, in pixels: those of JPEG."""

MAX_BYTES = 1 << 29
"""Maximum size of a file."""

WORKING_SIDE = 1000
"""Longer side to which larger pictures are reduced, in pixels. A digit of a fiftieth of it is still
recognized, and a picture takes well under half a second."""

_STRIP_PIXELS = 1 << 20  # that are converted at once
_MOST_MISSING = 0.02  # share of a JPEG whose end may be missing
# Share of a picture that is opaque, and range of its grey, from which on it is paper with ink.
_PAPER_SHARE, _PAPER_CONTRAST = 0.5, 60
_MOST_MENDED = 50 << 20  # bytes of a JPEG whose end may be missing
_NOISE_BYTES = 1 << 16
_END_OF_JPEG = b"\xff\xd9"

_Array = NDArray[np.float32]


def decode(source: Path | BinaryIO) -> _Array:
    """The picture, or its first frame, in grey, 0–255, opaque, upright.

    Its longer side is at most `WORKING_SIDE`. Raises PictureError.
    """
    try:
        with _opened(source) as file, warnings.catch_warnings(action="ignore"):
            # Pillow warns of odd metadata, which has no effect here.
            return _decode(file)
    except Image.DecompressionBombError:
        raise PictureError(_too_large(MAX_PIXELS)) from None
    except PictureError:
        raise
    except Exception as error:  # Pillow raises almost anything for a damaged file
        reason = error.strerror if isinstance(error, OSError) else None
        reason = reason or f"it is damaged ({error}); save or send it again"
        raise PictureError(f"cannot be read: {reason}") from error


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, Path):
        with open_regular(source, MAX_BYTES) as file:
            yield file
    else:
        yield source


def _decode(file: BinaryIO) -> _Array:
    try:
        image = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError:
        file.seek(0)
        if name := name_of_format(file):
            raise PictureError(f"{name} is not read; save it as PNG") from None
        raise PictureError("not a picture that can be read; save it as PNG") from None
    with image:
        _check_size(image)
        try:
            return _grey(image)
        except OSError as error:
            if image.format not in {"JPEG", "MPO"} or "truncated" not in str(error):
                raise
            file.seek(0)
            content = file.read(_MOST_MENDED + 1)
            if len(content) > _MOST_MENDED or (grey := _without_end(content)) is None:
                raise
            return grey


def _check_size(image: Image.Image) -> None:
    most = MAX_PIXELS_OF.get(image.format or "", MAX_PIXELS)
    if image.width * image.height > most:
        raise PictureError(_too_large(most))
    if max(image.size) > MAX_SIDE:
        raise PictureError(f"a side has more than {MAX_SIDE:,} pixels; save a part of it")


def _too_large(most: int) -> str:
    return f"has more than {most // 10**6} million pixels; save a smaller copy"


def _without_end(content: bytes) -> _Array | None:
    """A JPEG whose end is missing, in grey; None if more is missing than its last bytes.

    What is missing depends on what the decoder is given instead.
    """
    noise = np.random.default_rng(0).bytes(_NOISE_BYTES).replace(b"\xff", b"")
    both = []
    for instead in (b"", noise):
        with Image.open(io.BytesIO(content + instead + _END_OF_JPEG), formats=["JPEG"]) as image:
            both.append(_grey(image))
    grey, other = both
    return grey if (grey != other).mean() <= _MOST_MISSING else None


def _grey(image: Image.Image) -> _Array:
    image.draft("L", (WORKING_SIDE, WORKING_SIDE))  # decodes a JPEG at a fraction of its size
    image.load()
    factor = -(-max(image.size) // WORKING_SIDE)
    upright = _upright(image)
    image = _reduced(image, factor, _conversion(image))
    image = upright(image)
    if image.mode == "RGBA":
        image = _opaque(image)
    elif image.mode != "L":
        image = _eight_bit(image)
    if max(image.size) > WORKING_SIDE // 2:
        # Removes peaks of grain that a JPEG leaves alone on smooth paper, where `ink_of` finds no
        # grain. Strokes are wide enough here not to suffer.
        image = image.filter(ImageFilter.BoxBlur(1))
    return np.asarray(image, np.float32)


def _upright(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """What turns the picture as its EXIF says. Broken EXIF says nothing."""
    exif = b""
    with suppress(Exception):
        exif = image.getexif().tobytes()

    def turn(reduced: Image.Image) -> Image.Image:
        if exif:
            with suppress(Exception):
                reduced.getexif().load(exif)
                return ImageOps.exif_transpose(reduced)
        return reduced

    return turn


def _conversion(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """What turns a part of the picture into RGBA, grey, or grey with more than 8 bits."""
    if image.mode.startswith("I"):
        return lambda strip: strip.convert("I")  # Pillow cannot reduce 16-bit images
    if image.mode == "F":
        return lambda strip: strip
    if image.mode == "LAB":
        return lambda strip: strip.getchannel(0)
    mode = "RGBA" if image.has_transparency_data else "L"
    return lambda strip: strip.convert(mode)


def _reduced(
    image: Image.Image, factor: int, convert: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """The picture, converted and reduced by a factor, in strips: the whole would take too much."""
    height = factor * max(1, _STRIP_PIXELS // (factor * image.width))
    strips = []
    for top in range(0, image.height, height):
        strip = image.crop((0, top, image.width, min(top + height, image.height)))
        strips.append(convert(strip).reduce(factor))
    if len(strips) == 1:
        return strips[0]
    whole = Image.new(strips[0].mode, (strips[0].width, sum(strip.height for strip in strips)))
    top = 0
    for strip in strips:
        whole.paste(strip, (0, top))
        top += strip.height
    return whole


def _eight_bit(image: Image.Image) -> Image.Image:
    """A picture with more than 8 bits, its range stretched to 0–255, because many use only part."""
    values = np.asarray(image, np.float64)
    if not np.isfinite(values).all():
        raise PictureError("contains NaN or infinite values; save it as PNG")
    values = values - values.min()
    return Image.fromarray(np.rint(values * (255 / max(values.max(), 1e-300))).astype(np.uint8))


def _opaque(image: Image.Image) -> Image.Image:
    """An RGBA picture in grey, its transparent part filled.

    If the opaque part is the ink alone, the rest is a background that contrasts with it. If it is
    paper with ink, in which something was rubbed out, the rest is paper, too.
    """
    grey, alpha = image.convert("L"), image.getchannel("A")
    values, opacity = np.asarray(grey, np.float64), np.asarray(alpha, np.float64)
    is_opaque = opacity > 127
    low, middle, high = (
        np.percentile(values[is_opaque], [2, 50, 98]) if is_opaque.any() else 3 * [0]
    )
    if is_opaque.mean() > _PAPER_SHARE and high - low > _PAPER_CONTRAST:
        fill = round(middle)
    else:
        brightness = (values * opacity).sum() / max(opacity.sum(), 1)
        fill = 255 if brightness < 128 else 0
    return Image.composite(grey, Image.new("L", image.size, fill), alpha)
