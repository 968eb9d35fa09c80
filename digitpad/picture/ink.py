"""Separates the ink of a picture from its background."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digitpad.picture.error import NO_INK, PictureError
from digitpad.picture.morphology import block_maximum

MIN_CONTRAST = 0.15
"""Minimum contrast between ink and paper. In trials, uneven light on blank paper reached 0.13."""

# A small picture without grain, such as one of a data set, has no uneven light.
_SMALL, _NO_GRAIN, _LEAST_CONTRAST = 128, 0.001, 0.02

INK_THRESHOLD = 0.35
"""Minimum share of full ink for a pixel to count as ink. Shadows and the lines of ruled paper are
mostly below it; 99.6 % of MNIST's images still have a box of 20 pixels."""

MAX_GRAIN = 0.03
"""Standard deviation of the grain of paper and sensor, as a share of full ink, above which it is
blurred: the peaks of grain pass for paper, and what is as dark as its mean for ink."""

# Window for the background, as a share of the picture's longer side: wider than any stroke, even of
# a bold digit that fills the picture.
_WINDOW = 0.4

_Array = NDArray[np.float32]


def ink_of(grey: _Array) -> _Array:
    """The amount of ink [h, w], 0–1: zero on the background, even if it is unevenly lit."""
    if _is_light_on_dark(grey):
        grey = 255 - grey
    ink, full, grain = _darkness(grey)
    if grain > MAX_GRAIN * full:
        # The mean of n × n pixels has an nth of the grain. Beyond 7 × 7 pixels, and in a small
        # picture earlier, strokes would blur, and grain would become blots.
        radius = min(math.ceil((grain / (MAX_GRAIN * full) - 1) / 2), 3, max(grey.shape) // 50)
        ink, full, grain = _darkness(_blurred(grey, radius))
    is_clean = grain < _NO_GRAIN and max(grey.shape) <= _SMALL
    least = _LEAST_CONTRAST if is_clean else MIN_CONTRAST
    if full < max(least, 8.5 * grain):  # the peaks of grain reach 8 standard deviations
        raise PictureError(NO_INK)
    visible = ink > INK_THRESHOLD * full
    # The soft edge of a stroke is one pixel wider than the visible ink.
    edged = block_maximum(np.pad(visible, 1), 3)
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
    lightest = block_maximum(np.pad(grey, window - 1, mode="edge"), window)
    return -block_maximum(-lightest, window)
