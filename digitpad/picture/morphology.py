"""Neighbouring pixels: their maximum, and the parts that they form."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

_Scalar = TypeVar("_Scalar", bound=np.generic)


def block_maximum(values: NDArray[_Scalar], side: int) -> NDArray[_Scalar]:
    """Maximum of each block of `side`² pixels: [h, w] → [h − side + 1, w − side + 1]."""
    for _axis in range(2):
        span = 1
        while span < side:  # values hold the maximum of `span` pixels
            step = min(span, side - span)
            values = np.maximum(values[:-step], values[step:])
            span += step
        values = values.T
    return values


def connected_parts(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Connected parts of `mask` [h, w]: the pixels of a part share a number > 0; 0 elsewhere."""
    parts = np.where(mask, np.arange(1, mask.size + 1).reshape(mask.shape), 0)
    larger = np.arange(mask.size + 1)  # a number that pixels with this number also have
    while True:
        spread = np.where(mask, block_maximum(np.pad(parts, 1), 3), 0)
        if np.array_equal(spread, parts):
            return parts
        # From pixel to pixel, the numbers would take thousands of steps through a spiral.
        np.maximum.at(larger, parts.ravel(), spread.ravel())
        while not np.array_equal(largest := larger[larger], larger):
            larger = largest
        parts = larger[parts]
