"""Pictures: the digit in a scan, a photo or a screenshot as a 28×28 image for the Net.

Separates the ink from the background, removes specks, and fits the rest into an image by the MNIST
rule, as `digitpad.ink.ink_image` does with strokes.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from digitpad.ink import CENTRE, IMAGE_SIZE, INK_BOX, PEN_WIDTH, centre_of_mass, to_uint8

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""Supported formats. Pillow has more, but runs Ghostscript, an external program, for EPS."""

MAX_PIXELS = 50_000_000
"""Maximum size, checked before decoding. Most telephones take smaller pictures."""

WORKING_SIDE = 1000
"""Longer side to which larger pictures are reduced, in pixels. A digit of a fiftieth of it is still
recognized, and a picture takes well under half a second."""

MIN_CONTRAST = 0.15
"""Minimum contrast between ink and paper. In trials, uneven light on blank paper reached 0.13."""

INK_THRESHOLD = 0.35
"""Minimum share of full ink for a pixel to count as ink. Shadows and the lines of ruled paper are
mostly below it; 99.6 % of MNIST's images still have a box of 20 pixels."""

MAX_GRAIN = 0.03
"""Standard deviation of the grain of paper and sensor, as a share of full ink, above which it is
blurred: the peaks of grain pass for paper, and what is as dark as its mean for ink."""

MIN_STROKE_WIDTH = 1.8
"""Width in pixels of the ink image below which strokes are widened. In MNIST, 1 % are thinner."""

# Window for the background, as a share of the picture's longer side: wider than any stroke, even of
# a bold digit that fills the picture.
_WINDOW = 0.4

# Resolution at which strokes are widened, as a multiple of the ink image's.
_FINE = 8

_NO_INK = "no ink was found; take a picture with a clearly visible digit"

_Array = NDArray[np.float32]
_Scalar = TypeVar("_Scalar", bound=np.generic)


class PictureError(Exception):
    """A picture cannot be read; the message has its name, the reason and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture and the digit on it."""

    grey: NDArray[np.uint8]
    """The picture in grey [h, w], upright, its longer side at most `WORKING_SIDE`."""
    digit: NDArray[np.uint8]
    """The ink image [28, 28]."""


def read_picture(source: Path | BinaryIO) -> NDArray[np.uint8]:
    """The digit on a picture as an ink image, uint8 [28, 28].

    Raises PictureError like `open_picture`.
    """
    return open_picture(source).digit


def open_picture(source: Path | BinaryIO) -> Picture:
    """Read a picture, or the first frame of an animation, and find the digit on it.

    Raises PictureError if `source` is not in one of `FORMATS`, is damaged or too large, or shows no
    ink.
    """
    name = source if isinstance(source, Path) else "the picture"
    try:
        # Pillow warns of odd metadata, which has no effect here.
        with warnings.catch_warnings(action="ignore"), Image.open(source, formats=FORMATS) as image:
            grey = _grey(image)
        return Picture(grey.astype(np.uint8), picture_image(grey))
    except PictureError as error:
        raise PictureError(f"{name}: {error}") from None
    except Image.DecompressionBombError:
        limit = f"{MAX_PIXELS // 10**6} million pixels"
        raise PictureError(f"{name}: has more than {limit}; save a smaller copy") from None
    except UnidentifiedImageError:
        raise PictureError(f"{name}: not a picture that can be read; save it as PNG") from None
    except Exception as error:  # Pillow raises almost anything for a damaged file
        reason = error.strerror if isinstance(error, OSError) else None
        reason = reason or f"it is damaged ({error}); save or send it again"
        raise PictureError(f"{name}: cannot be read: {reason}") from error


def picture_image(grey: _Array) -> NDArray[np.uint8]:
    """The digit on a picture, float32 [h, w] from 0 (black) to 255, as an ink image.

    The digit may be darker or lighter than its background. Raises PictureError if there is no ink.
    """
    return _fitted(_without_specks(_ink(grey)))


def _grey(image: Image.Image) -> _Array:
    """The picture in grey, 0–255, opaque and upright, its longer side at most `WORKING_SIDE`."""
    if image.width * image.height > MAX_PIXELS:
        raise Image.DecompressionBombError  # like Pillow for much larger pictures
    image.draft("L", (WORKING_SIDE, WORKING_SIDE))  # decodes a JPEG at a fraction of its size
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I"):
        image = image.convert("I")  # Pillow cannot reduce 16-bit images
    elif image.mode != "F":
        image = image.convert("RGBA" if image.has_transparency_data else "L")
    image = image.reduce(-(-max(image.size) // WORKING_SIDE))
    if image.mode == "RGBA":
        image = _opaque(image)
    elif image.mode != "L":
        image = _eight_bit(image)
    if max(image.size) > WORKING_SIDE // 2:
        # Removes peaks of grain that a JPEG leaves alone on smooth paper, where `_ink` finds no
        # grain. Strokes are wide enough here not to suffer.
        image = image.filter(ImageFilter.BoxBlur(1))
    return np.asarray(image, np.float32)


def _eight_bit(image: Image.Image) -> Image.Image:
    """A picture with more than 8 bits, its range stretched to 0–255, because many use only part."""
    values = np.asarray(image, np.float64)
    if not np.isfinite(values).all():
        raise PictureError("contains NaN or infinite values; save it as PNG")
    values = values - values.min()
    return Image.fromarray(np.rint(values * (255 / max(values.max(), 1e-300))).astype(np.uint8))


def _opaque(image: Image.Image) -> Image.Image:
    """An RGBA picture in grey, on a background that contrasts with its opaque part.

    The opaque part may be the ink alone.
    """
    grey, alpha = image.convert("L"), image.getchannel("A")
    opacity = np.asarray(alpha, np.float64)
    brightness = (np.asarray(grey) * opacity).sum() / max(opacity.sum(), 1)
    background = Image.new("L", image.size, 255 if brightness < 128 else 0)
    return Image.composite(grey, background, alpha)


def _ink(grey: _Array) -> _Array:
    """The amount of ink [h, w], 0–1: zero on the background, even if it is unevenly lit."""
    if _is_light_on_dark(grey):
        grey = 255 - grey
    ink, full, grain = _darkness(grey)
    if grain > MAX_GRAIN * full:
        # The mean of n × n pixels has an nth of the grain. Beyond 7 × 7 pixels, and in a small
        # picture earlier, strokes would blur, and grain would become blots.
        radius = min(math.ceil((grain / (MAX_GRAIN * full) - 1) / 2), 3, max(grey.shape) // 50)
        ink, full, grain = _darkness(_blurred(grey, radius))
    if full < max(MIN_CONTRAST, 10 * grain):  # the peaks of grain reach 8 standard deviations
        raise PictureError(_NO_INK)
    visible = ink > INK_THRESHOLD * full
    # The soft edge of a stroke is one pixel wider than the visible ink.
    edged = _block_maximum(np.pad(visible, 1), 3)
    return np.where(edged, np.clip(ink / full, 0, 1), 0).astype(np.float32)


def _darkness(grey: _Array) -> tuple[_Array, float, float]:
    """How much darker each pixel [h, w] is than its background, as a share of it.

    Also the same for full ink, and the standard deviation of the grain.
    """
    background = _background(grey, max(3, round(_WINDOW * max(grey.shape))))
    # Shadow darkens ink and paper by the same factor. Where the background is much darker than at
    # its lightest, it is not paper in shadow, and the division would only amplify grain.
    darkness = (background - grey) / np.maximum(background, max(0.4 * background.max(), 64))
    full = np.percentile(darkness[darkness >= darkness.max() / 2], 90)
    # At least a quarter of the picture is paper. The 5 % and 25 % quantiles of normally distributed
    # grain are 0.97 standard deviations apart.
    low, quarter = np.percentile(darkness, [5, 25])
    return darkness.astype(np.float32), float(full), float(quarter - low) / 0.97


def _blurred(grey: _Array, radius: int) -> _Array:
    """The mean of the pixels around each pixel of `grey` [h, w], up to `radius` away in x and y."""
    image = Image.fromarray(grey.astype(np.uint8))  # Pillow blurs no floats
    return np.asarray(image.filter(ImageFilter.BoxBlur(radius)), np.float32)


def _is_light_on_dark(grey: _Array) -> bool:
    """Whether the ink is lighter than its background.

    Strokes are thinner than the gaps between them, so the smallest windows, which count most, fill
    only strokes. The brightness of the picture's edge or of all its pixels decides wrongly if the
    picture shows a dark table around white paper.
    """
    small = Image.fromarray(grey).reduce(-(-max(grey.shape) // 96))
    values = np.asarray(small, np.float32)
    evidence = 0.0
    for window in (3, 5, 9, 17):
        dark = _background(values, window) - values
        light = _background(-values, window) + values
        evidence += float((light**2).sum() - (dark**2).sum()) / window**2
    return evidence > 0


def _background(grey: _Array, window: int) -> _Array:
    """Morphological closing of `grey` [h, w]: fills dark parts narrower than `window` pixels.

    It follows gradients and the edges of shadows and of the paper. Beyond the edge of the picture,
    the values at the edge are repeated.
    """
    lightest = _block_maximum(np.pad(grey, window - 1, mode="edge"), window)
    return -_block_maximum(-lightest, window)


def _block_maximum(values: NDArray[_Scalar], side: int) -> NDArray[_Scalar]:
    """Maximum of each block of `side`² pixels: [h, w] → [h − side + 1, w − side + 1]."""
    for _axis in range(2):
        span = 1
        while span < side:  # values hold the maximum of `span` pixels
            step = min(span, side - span)
            values = np.maximum(values[:-step], values[step:])
            span += step
        values = values.T
    return values


def _without_specks(ink: _Array) -> _Array:
    """The ink [h, w] of the digit alone.

    The digit is the part with the most ink, weighted less towards the picture's edge. It includes
    other parts that have a tenth of its weight, or that are close to it and more than specks.
    """
    side = -(-max(ink.shape) // 128)  # blocks of this side bridge gaps in a stroke
    padded = np.pad(ink, [(0, -n % side) for n in ink.shape])
    height, width = (n // side for n in padded.shape)
    blocks = padded.reshape(height, side, width, side)
    # A stroke covers at least `side` pixels of a block that it crosses, grain only a few.
    part = _parts((blocks > INK_THRESHOLD).sum(axis=(1, 3)) > side / 2)
    if not part.any():
        raise PictureError(_NO_INK)
    mass = blocks.sum(axis=(1, 3))
    centrality = np.outer(*(np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 for n in mass.shape))
    mass, weight = (np.bincount(part.ravel(), m.ravel()) for m in (mass, mass * centrality))
    mass[0] = weight[0] = 0  # the background

    digit = weight.argmax()
    rows, columns = np.nonzero(part == digit)
    reach = 1 + max(np.ptp(rows), np.ptp(columns)) // 8
    close = part[
        max(0, rows.min() - reach) : rows.max() + reach + 1,
        max(0, columns.min() - reach) : columns.max() + reach + 1,
    ]
    is_close = np.isin(np.arange(len(mass)), close)
    stays = (weight > 0.1 * weight[digit]) | (is_close & (mass > 0.01 * mass[digit]))
    edged = _block_maximum(np.pad(stays[part], 1), 3)
    kept = edged.repeat(side, axis=0).repeat(side, axis=1)[: ink.shape[0], : ink.shape[1]]
    return np.where(kept, ink, 0)


def _parts(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Connected parts of `mask` [h, w]: the pixels of a part share a number > 0; 0 elsewhere."""
    parts = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        spread = np.where(mask, _block_maximum(np.pad(parts, 1), 3), 0)
        if np.array_equal(spread, parts):
            return parts
        parts = spread


def _fitted(ink: _Array) -> NDArray[np.uint8]:
    """The ink [h, w] as an ink image; strokes that are too thin are widened to `PEN_WIDTH`."""
    visible = ink > INK_THRESHOLD
    rows, columns = (np.flatnonzero(visible.any(axis=axis)) for axis in (1, 0))
    low = np.array([columns[0], rows[0]])
    high = np.array([columns[-1], rows[-1]]) + 1
    longer = (high - low).max()
    width = _stroke_width(ink)
    scale, wider = INK_BOX / longer, 0.0
    if width * scale < MIN_STROKE_WIDTH:
        # The widened strokes must still fit into the box.
        scale = (INK_BOX - PEN_WIDTH) / (longer - width)
        wider = (PEN_WIDTH - width * scale) / 2
    # As in `ink_image`, the centre of mass is measured on a first image and the second is shifted.
    # The shift is a whole number of pixels of the picture or, if those are smaller, of the image;
    # any other shift would blur.
    start = (low + high) / 2 - (CENTRE + 0.5) / scale
    start += (centre_of_mass(_render(ink, start, scale, wider)) - CENTRE) / scale
    unit = min(1, 1 / scale)
    return to_uint8(_render(ink, np.rint(start / unit) * unit, scale, wider))


def _stroke_width(ink: _Array) -> float:
    """Mean width of the strokes, in pixels: twice their area by the length of their outline.

    The sum of the gradient is the length of the outline, for sharp and for soft edges.
    """
    down, across = np.gradient(np.pad(ink, 2))
    return float(2 * ink.sum() / np.hypot(down, across).sum())


def _render(ink: _Array, start: NDArray[np.float64], scale: float, wider: float) -> _Array:
    """Ink [28, 28] of the part of the picture that starts at pixel (x, y) `start`, scaled by area.

    Strokes are widened on either side by `wider`, in pixels of the result.
    """
    columns, rows = (
        _overlap(at, 1 / (scale * _FINE), n) for at, n in zip(start, ink.shape[::-1], strict=True)
    )
    fine = (rows @ ink @ columns.T).astype(np.float32)
    if wider:
        # A line thinner than a pixel may cover two pixels, each only partly.
        fine = _dilated(np.minimum(2 * fine / fine.max(), 1), wider * _FINE)
    result: _Array = fine.reshape(IMAGE_SIZE, _FINE, IMAGE_SIZE, _FINE).mean(axis=(1, 3))
    return result


def _overlap(start: float, step: float, size: int) -> _Array:
    """Share [fine pixels, size] of each pixel in each fine pixel, which is `step` pixels wide."""
    edges = start + step * np.arange(IMAGE_SIZE * _FINE + 1)
    before = np.clip(edges[:, None] - np.arange(size), 0, 1)  # part of each pixel left of each edge
    share: _Array = (np.diff(before, axis=0) / step).astype(np.float32)
    return share


def _dilated(ink: _Array, radius: float) -> _Array:
    """Dilation of `ink` [h, w] by a disc of `radius` pixels with a soft edge."""
    reach = int(np.ceil(radius + 0.5))
    padded = np.pad(ink, reach)
    result = ink
    for y, x in np.ndindex(2 * reach + 1, 2 * reach + 1):
        cover = min(1.0, radius + 0.5 - float(np.hypot(y - reach, x - reach)))
        if cover > 0:
            shifted = padded[y : y + ink.shape[0], x : x + ink.shape[1]]
            result = np.maximum(result, cover * shifted)
    return result
