"""Pictures: a scan, a photo or a screenshot of a digit, as the 28×28 image that the Net reads.

The ink is told from the paper, specks are dropped, and what is left is brought into the form that
`digitpad.ink.ink_image` gives strokes: MNIST's own.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from digitpad.ink import CENTRE, IMAGE_SIZE, INK_BOX, PEN_WIDTH, centre_of_mass, to_uint8

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""The picture formats that are read. Pillow knows more, but hands EPS to Ghostscript, a program."""

LARGEST_PICTURE = 50_000_000
"""Pixels. Larger pictures are refused before they are decoded; most telephones take fewer."""

WORKING_SIDE = 1000
"""Longer side, in pixels, to which larger pictures are reduced: a digit of a fiftieth of it is
still read, and the work stays well under half a second."""

FAINTEST = 0.15
"""Least contrast of ink with paper. In trials, uneven light on blank paper left up to 0.13."""

VISIBLE = 0.35
"""Share of the full ink from which on a pixel counts as ink: more than what shadows and the lines
of ruled paper mostly have, and still 99.6 % of MNIST's images have a box of 20 pixels."""

THINNEST = 1.8
"""Strokes thinner than this, in pixels of the ink image, are widened: 1 % of MNIST's are."""

# The ground's window, as a share of the picture's longer side: larger than any stroke, and than the
# blots of a bold digit that fills the picture.
_WINDOW = 0.4

# An ink image is made from one this many times as fine, on which strokes are widened.
_FINE = 8

_NO_INK = "no ink was found; take a picture on which the digit stands out clearly"

_Array = NDArray[np.float32]
_Scalar = TypeVar("_Scalar", bound=np.generic)


class PictureError(Exception):
    """A picture cannot be read; the message names it, what is wrong and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture, and the digit on it."""

    grey: NDArray[np.uint8]
    """What is read: [h, w], upright, its longer side at most `WORKING_SIDE`."""
    digit: NDArray[np.uint8]
    """The ink image [28, 28]."""


def read_picture(source: Path | BinaryIO) -> NDArray[np.uint8]:
    """The digit on the picture in `source` as an ink image, uint8 [28, 28].

    Raises PictureError as `open_picture` does.
    """
    return open_picture(source).digit


def open_picture(source: Path | BinaryIO) -> Picture:
    """The picture in `source`, and the digit on it.

    Of an animation the first frame is read. Raises PictureError where `source` is no picture in one
    of `FORMATS`, is damaged or too large, or shows no ink.
    """
    name = source if isinstance(source, Path) else "the picture"
    try:
        # Pillow warns of odd metadata, which does not matter here.
        with warnings.catch_warnings(action="ignore"), Image.open(source, formats=FORMATS) as image:
            grey = _grey(image)
        return Picture(grey.astype(np.uint8), picture_image(grey))
    except PictureError as error:
        raise PictureError(f"{name}: {error}") from None
    except Image.DecompressionBombError:
        limit = f"{LARGEST_PICTURE // 10**6} million pixels"
        raise PictureError(f"{name}: more than {limit}; save a smaller copy") from None
    except UnidentifiedImageError:
        raise PictureError(f"{name}: not a picture that can be read; save it as PNG") from None
    except Exception as error:  # a damaged file makes Pillow raise almost anything
        reason = error.strerror if isinstance(error, OSError) else None
        reason = reason or f"it is damaged ({error}); save or send it again"
        raise PictureError(f"{name}: cannot be read: {reason}") from error


def picture_image(grey: _Array) -> NDArray[np.uint8]:
    """The digit on a picture, float32 [h, w] from 0 (black) to 255, as an ink image.

    The digit may be dark on light or light on dark. Raises PictureError if there is no ink.
    """
    return _normal_form(_without_specks(_ink(grey)))


def _grey(image: Image.Image) -> _Array:
    """The picture upright, opaque and grey, 0–255, its longer side at most `WORKING_SIDE`."""
    if image.width * image.height > LARGEST_PICTURE:
        raise Image.DecompressionBombError  # as Pillow does for much larger ones
    image.draft("L", (WORKING_SIDE, WORKING_SIDE))  # JPEG decodes at a fraction of its size
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I"):
        image = image.convert("I")  # Pillow cannot reduce 16 bits
    elif image.mode != "F":
        image = image.convert("RGBA" if image.has_transparency_data else "L")
    image = image.reduce(-(-max(image.size) // WORKING_SIDE))
    if image.mode == "RGBA":
        image = _opaque(image)
    elif image.mode != "L":
        image = _eight_bit(image)
    if max(image.size) > WORKING_SIDE // 2:
        # Paper and sensor are grainy; here a stroke is wide enough to lose nothing by this.
        image = image.filter(ImageFilter.BoxBlur(1))
    return np.asarray(image, np.float32)


def _eight_bit(image: Image.Image) -> Image.Image:
    """A picture with more than 8 bits, its range stretched to 0–255: many use a part of it."""
    values = np.asarray(image, np.float64)
    if not np.isfinite(values).all():
        raise PictureError("it holds values that are not numbers; save it as PNG")
    values = values - values.min()
    return Image.fromarray(np.rint(values * (255 / max(values.max(), 1e-300))).astype(np.uint8))


def _opaque(image: Image.Image) -> Image.Image:
    """An RGBA picture as grey, on a ground unlike what is opaque, since that may be ink alone."""
    grey, alpha = image.convert("L"), image.getchannel("A")
    opacity = np.asarray(alpha, np.float64)
    brightness = (np.asarray(grey) * opacity).sum() / max(opacity.sum(), 1)
    ground = Image.new("L", image.size, 255 if brightness < 128 else 0)
    return Image.composite(grey, ground, alpha)


def _ink(grey: _Array) -> _Array:
    """How much ink is where, 0–1, [h, w]: zero on the ground, however unevenly it is lit."""
    if _is_light_on_dark(grey):
        grey = 255 - grey
    ground = _ground(grey, max(3, round(_WINDOW * max(grey.shape))))
    # Shadow darkens ink and paper by the same factor. But what is much darker than the lightest
    # ground is no paper in shadow: there, only the grain would grow.
    ink = (ground - grey) / np.maximum(ground, max(0.4 * ground.max(), 64))
    full = np.percentile(ink[ink >= ink.max() / 2], 90)
    # The paper is at least a quarter of the picture, and the 5 % and 25 % quantiles of normally
    # distributed grain are 0.97 standard deviations apart. Its own peaks reach 8 of them.
    low, quarter = np.percentile(ink, [5, 25])
    if full < max(FAINTEST, 10 * (quarter - low) / 0.97):
        raise PictureError(_NO_INK)
    visible = ink > VISIBLE * full
    # The soft edge of a stroke lies one pixel around what counts as ink.
    edged = _block_maximum(np.pad(visible, 1), 3)
    return np.where(edged, np.clip(ink / full, 0, 1), 0).astype(np.float32)


def _is_light_on_dark(grey: _Array) -> bool:
    """Whether the ink is lighter than its ground: strokes are thinner than the gaps between.

    So the smallest windows, which count most, close over strokes only. Neither the brightness of
    the picture's edge nor the sum of all pixels would do: both fail where a dark table shows around
    white paper.
    """
    small = Image.fromarray(grey).reduce(-(-max(grey.shape) // 96))
    values = np.asarray(small, np.float32)
    evidence = 0.0
    for window in (3, 5, 9, 17):
        dark = _ground(values, window) - values
        light = _ground(-values, window) + values
        evidence += float((light**2).sum() - (dark**2).sum()) / window**2
    return evidence > 0


def _ground(grey: _Array, window: int) -> _Array:
    """`grey` [h, w] without its dark parts into which no square of `window` pixels fits.

    This is the morphological closing. It follows gradients, and the edges of shadows and of the
    paper. Beyond its edge the picture is taken to go on as it is there.
    """
    lightest = _block_maximum(np.pad(grey, window - 1, mode="edge"), window)
    return -_block_maximum(-lightest, window)


def _block_maximum(values: NDArray[_Scalar], side: int) -> NDArray[_Scalar]:
    """The largest of each block of `side`² pixels: [h, w] → [h − side + 1, w − side + 1]."""
    for _axis in range(2):
        span = 1
        while span < side:  # the largest of `span` pixels from each on
            step = min(span, side - span)
            values = np.maximum(values[:-step], values[step:])
            span += step
        values = values.T
    return values


def _without_specks(ink: _Array) -> _Array:
    """The ink [h, w] of the digit alone.

    The part with the most ink, which counts less towards the picture's edge, is the digit's. Others
    are too if they are as good as a tenth of it, or come close to it and are no mere specks.
    """
    side = -(-max(ink.shape) // 128)  # a gap in a stroke closes in blocks of this side
    padded = np.pad(ink, [(0, -n % side) for n in ink.shape])
    height, width = (n // side for n in padded.shape)
    blocks = padded.reshape(height, side, width, side)
    # A stroke has at least `side` pixels in a block that it crosses, grain a few.
    part = _parts((blocks > VISIBLE).sum(axis=(1, 3)) > side / 2)
    if not part.any():
        raise PictureError(_NO_INK)
    mass = blocks.sum(axis=(1, 3))
    centrality = np.outer(*(np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 for n in mass.shape))
    mass, weight = (np.bincount(part.ravel(), m.ravel()) for m in (mass, mass * centrality))
    mass[0] = weight[0] = 0  # the ground

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
    """A number from 1 for each pixel of `mask` [h, w], the same where they touch; 0 elsewhere."""
    parts = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    while True:
        spread = np.where(mask, _block_maximum(np.pad(parts, 1), 3), 0)
        if np.array_equal(spread, parts):
            return parts
        parts = spread


def _normal_form(ink: _Array) -> NDArray[np.uint8]:
    """The ink [h, w] as an ink image, its strokes widened to `PEN_WIDTH` if they are too thin."""
    visible = ink > VISIBLE
    rows, columns = (np.flatnonzero(visible.any(axis=axis)) for axis in (1, 0))
    low = np.array([columns[0], rows[0]])
    high = np.array([columns[-1], rows[-1]]) + 1
    longer = (high - low).max()
    width = _stroke_width(ink)
    scale, wider = INK_BOX / longer, 0.0
    if width * scale < THINNEST:
        # A line widened by so much on either side still has to fit into the box.
        scale = (INK_BOX - PEN_WIDTH) / (longer - width)
        wider = (PEN_WIDTH - width * scale) / 2
    # As in `ink_image`, the mass is measured on a first image, and the second is shifted: by whole
    # pixels of the picture, or of the image if those are smaller, since any other shift blurs.
    start = (low + high) / 2 - (CENTRE + 0.5) / scale
    start += (centre_of_mass(_render(ink, start, scale, wider)) - CENTRE) / scale
    unit = min(1, 1 / scale)
    return to_uint8(_render(ink, np.rint(start / unit) * unit, scale, wider))


def _stroke_width(ink: _Array) -> float:
    """The mean width of the strokes, in pixels: their area over half of their outline.

    The sum of the gradient is the outline's length, whether the edge is sharp or soft.
    """
    down, across = np.gradient(np.pad(ink, 2))
    return float(2 * ink.sum() / np.hypot(down, across).sum())


def _render(ink: _Array, start: NDArray[np.float64], scale: float, wider: float) -> _Array:
    """Ink [28, 28] of the picture from (x, y) `start` on, in its pixels, scaled by area.

    `wider`, in pixels of the result, is added to the strokes on either side.
    """
    columns, rows = (
        _overlap(at, 1 / (scale * _FINE), n) for at, n in zip(start, ink.shape[::-1], strict=True)
    )
    fine = (rows @ ink @ columns.T).astype(np.float32)
    if wider:
        # A line thinner than a pixel may cover two, and each in part only.
        fine = _widened(np.minimum(2 * fine / fine.max(), 1), wider * _FINE)
    result: _Array = fine.reshape(IMAGE_SIZE, _FINE, IMAGE_SIZE, _FINE).mean(axis=(1, 3))
    return result


def _overlap(start: float, step: float, size: int) -> _Array:
    """The share [fine pixels, size] of each pixel in each fine pixel, `step` wide, from `start`."""
    edges = start + step * np.arange(IMAGE_SIZE * _FINE + 1)
    before = np.clip(edges[:, None] - np.arange(size), 0, 1)  # each pixel's part left of each edge
    share: _Array = (np.diff(before, axis=0) / step).astype(np.float32)
    return share


def _widened(ink: _Array, radius: float) -> _Array:
    """`ink` [h, w] under a disc of `radius` pixels, with a soft edge: its dilation."""
    reach = int(np.ceil(radius + 0.5))
    padded = np.pad(ink, reach)
    result = ink
    for y, x in np.ndindex(2 * reach + 1, 2 * reach + 1):
        cover = min(1.0, radius + 0.5 - float(np.hypot(y - reach, x - reach)))
        if cover > 0:
            shifted = padded[y : y + ink.shape[0], x : x + ink.shape[1]]
            result = np.maximum(result, cover * shifted)
    return result
