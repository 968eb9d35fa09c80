"""The connected parts of a picture's ink, of which several digits may be put together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitpad.picture.ink import INK_THRESHOLD
from digitpad.picture.morphology import block_maximum
from digitpad.picture.parts import blocks_of, without_frames

MAX_COMPONENTS = 40
"""Maximum number of components. A page of writing has more, and is no number."""

_BLOCKS = 250  # the longer side of a picture in blocks, at most
_SPECK = 0.01  # the least mass, as a share of the largest one's

_Array = NDArray[np.float32]


class Component(NamedTuple):
    """A connected part of the ink."""

    left: int
    top: int
    ink: NDArray[np.uint8]
    """The ink [h, w] of this part alone, 0–255."""


def components(ink: _Array) -> tuple[Component, ...]:
    """The components of the ink [h, w], 0–1, without specks and the frames of forms.

    Neighbours that the picture's edge cuts off are left out. Too many components are none.
    """
    side = -(-max(ink.shape) // _BLOCKS)
    blocks, part = blocks_of(ink, side)
    part = without_frames(part)
    mass = np.bincount(part.ravel(), blocks.sum(axis=(1, 3)).ravel())
    mass[0] = 0  # the background
    numbers = np.flatnonzero(mass >= max(_SPECK * mass.max(), 1e-9))
    edge = np.unique(np.concatenate([part[[0, -1]].ravel(), part[:, [0, -1]].ravel()]))
    if mass.argmax() not in edge:
        numbers = np.setdiff1d(numbers, edge)
    if not 0 < len(numbers) <= MAX_COMPONENTS:
        return ()
    return tuple(_component(ink, part == number, side) for number in numbers)


def _component(ink: _Array, mask: NDArray[np.bool_], side: int) -> Component:
    edged = block_maximum(np.pad(mask, 1), 3)
    rows, columns = (np.flatnonzero(edged.any(axis=axis)) * side for axis in (1, 0))
    top, bottom = rows[0], min(rows[-1] + side, ink.shape[0])
    left, right = columns[0], min(columns[-1] + side, ink.shape[1])
    kept = edged.repeat(side, axis=0).repeat(side, axis=1)[top:bottom, left:right]
    own = np.where(kept, ink[top:bottom, left:right], 0)
    inked = own > INK_THRESHOLD
    rows, columns = (np.flatnonzero(inked.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        rows, columns = np.arange(own.shape[0]), np.arange(own.shape[1])
    own = own[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    pixels = np.rint(255 * own).astype(np.uint8)
    return Component(int(left + columns[0]), int(top + rows[0]), pixels)
