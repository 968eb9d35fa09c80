"""Fits ink into the 28×28 image that the Net sees, by the MNIST rule."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from digitpad.ink import CENTRE, IMAGE_SIZE, INK_BOX, PEN_WIDTH, centre_of_mass, to_uint8
from digitpad.picture.ink import INK_THRESHOLD

MIN_STROKE_WIDTH = 1.8
"""Width in pixels of the ink image below which strokes are widened. In MNIST, 1 % are thinner."""

# Resolution at which strokes are widened, as a multiple of the ink image's.
_FINE = 8

_Array = NDArray[np.float32]


def fitted(ink: _Array) -> NDArray[np.uint8]:
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
