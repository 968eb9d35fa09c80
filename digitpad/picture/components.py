"""The connected parts of a picture's ink, of which several digits may be put together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitpad.picture.ink import INK_THRESHOLD
from digitpad.picture.morphology import block_maximum
from digitpad.picture.parts import at_edge, blocks_of, without_frames

MAX_COMPONENTS = 40
"""Maximum number of components. A page of writing has more, and is no number."""

_BLOCKS = 250  # the longer side of a picture in blocks, at most
_WORKING_SIDE = 96  # of a typical component, about, in pixels after it is reduced
_SPECK = 0.01  # the least mass, as a share of the largest one's

_Array = NDArray[np.float32]


class Component(NamedTuple):
    """A connected part of the ink."""

    step: int
    """Side of a pixel of it, in pixels of the picture; the same for all components."""
    left: int
    top: int
    """Where it starts, in its own pixels."""
    ink: NDArray[np.uint8]
    """The ink [h, w] of this part alone, 0–255."""


def components(ink: _Array) -> tuple[Component, ...]:
    """The components of the ink [h, w], 0–1, without specks and the frames of forms.

    Neighbours that the picture's edge cuts off are left out. Of large ones, the ink is reduced.
    Returns () if there are more than `MAX_COMPONENTS`.
    """
    side = -(-max(ink.shape) // _BLOCKS)
    blocks, part = blocks_of(ink, side)
    part = without_frames(part)
    mass = np.bincount(part.ravel(), blocks.sum(axis=(1, 3)).ravel())
    mass[0] = 0  # the background
    numbers = np.flatnonzero(mass >= max(_SPECK * mass.max(), 1e-9))
    edge = at_edge(part, ink, side)
    if mass.argmax() not in edge:
        numbers = np.setdiff1d(numbers, edge)
    if not 0 < len(numbers) <= MAX_COMPONENTS:
        return ()
    found = [_component(ink, part == number, side) for number in numbers]
    typical = np.median([max(own.shape) for _, _, own in found])
    step = max(round(typical / _WORKING_SIDE), 1)
    return tuple(_reduced(*each, step) for each in found)


def _component(ink: _Array, mask: NDArray[np.bool_], side: int) -> tuple[int, int, _Array]:
    """The left and the top of a component, and its ink."""
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
    return int(left + columns[0]), int(top + rows[0]), own


def _reduced(left: int, top: int, ink: _Array, step: int) -> Component:
    """A component whose pixels are the means of `step`² pixels of the picture."""
    bottom, right = top + ink.shape[0], left + ink.shape[1]
    padded = np.pad(ink, [(top % step, -bottom % step), (left % step, -right % step)])
    height, width = (n // step for n in padded.shape)
    means = padded.reshape(height, step, width, step).mean(axis=(1, 3))
    pixels = np.rint(255 * means).astype(np.uint8)
    return Component(step, left // step, top // step, pixels)
