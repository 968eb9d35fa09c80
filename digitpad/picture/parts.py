"""Leaves out what is not the digit: specks, neighbours and frames."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitpad.picture.error import NO_INK, PictureError
from digitpad.picture.ink import INK_THRESHOLD
from digitpad.picture.morphology import block_maximum, connected_parts

_BLOCKS = 128
"""The longer side of a picture in blocks, at most. Blocks bridge gaps in a stroke."""

_BAND = 0.1
"""Width of a side of a frame, as a share of the frame's: 5 degrees off the upright are allowed."""

_LEAST_FRAME = 8  # side, in blocks

_Array = NDArray[np.float32]
_Parts = NDArray[np.int64]


def digit_alone(ink: _Array) -> _Array:
    """The ink [h, w] of the digit alone.

    The digit is the part with the most ink, weighted less towards the picture's edge. It includes
    other parts that have a tenth of its weight, or that are close to it and more than specks. A
    frame around other parts is none of them, nor is a neighbour that the picture's edge cuts off.
    """
    side = -(-max(ink.shape) // _BLOCKS)
    blocks, part = blocks_of(ink, side)
    part = without_frames(part)
    if not part.any():
        raise PictureError(NO_INK)
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
    is_cut = np.isin(np.arange(len(mass)), at_edge(part, ink, side))
    if not is_cut[digit]:
        stays &= ~is_cut
    edged = block_maximum(np.pad(stays[part], 1), 3)
    kept = edged.repeat(side, axis=0).repeat(side, axis=1)[: ink.shape[0], : ink.shape[1]]
    return np.where(kept, ink, 0)


def blocks_of(ink: _Array, side: int) -> tuple[_Array, _Parts]:
    """The ink in blocks of `side`² pixels [rows, side, columns, side], and their connected parts.

    Blocks of the same part share a number > 0 [rows, columns].
    """
    padded = np.pad(ink, [(0, -n % side) for n in ink.shape])
    height, width = (n // side for n in padded.shape)
    blocks = padded.reshape(height, side, width, side)
    # A stroke covers at least half of `side` pixels of a block that it crosses, grain only a few.
    return blocks, connected_parts((blocks > INK_THRESHOLD).sum(axis=(1, 3)) >= side / 2)


def without_frames(part: _Parts) -> _Parts:
    """Parts without those that are frames."""
    return np.where(np.isin(part, _frames(part)), 0, part)


def at_edge(part: _Parts, ink: _Array, side: int) -> NDArray[np.int64]:
    """The parts that touch the edge of the picture."""
    edge = np.zeros(ink.shape, bool)
    edge[[0, -1], :] = edge[:, [0, -1]] = True
    rows, columns = np.nonzero(edge & (ink > INK_THRESHOLD))
    return np.unique(part[rows // side, columns // side])


class _Box(NamedTuple):
    """Rows and columns of a part; the last ones are excluded."""

    top: int
    bottom: int
    left: int
    right: int

    def encloses(self, other: _Box) -> bool:
        return (
            self.top < other.top
            and other.bottom < self.bottom
            and self.left < other.left
            and other.right < self.right
        )


def _frames(part: _Parts) -> list[int]:
    """The parts that are frames around another part: the boxes of forms."""
    boxes = _boxes(part)
    return [
        number
        for number, box in boxes.items()
        if _is_frame(part[box.top : box.bottom, box.left : box.right] == number)
        and any(
            box.encloses(other) and other.bottom - other.top > (box.bottom - box.top) / 4
            for other in boxes.values()
        )
    ]


def _boxes(part: _Parts) -> dict[int, _Box]:
    """The bounding box of each part that is no speck."""
    rows, columns = np.nonzero(part)
    numbers, index = np.unique(part[rows, columns], return_inverse=True)
    low = np.full((2, len(numbers)), max(part.shape))
    high = np.zeros((2, len(numbers)), np.intp)
    for axis, places in enumerate((rows, columns)):
        np.minimum.at(low[axis], index, places)
        np.maximum.at(high[axis], index, places + 1)
    is_large = (high - low).max(axis=0) >= 3
    return {
        int(numbers[n]): _Box(low[0, n], high[0, n], low[1, n], high[1, n])
        for n in np.flatnonzero(is_large)
    }


def _is_frame(mask: NDArray[np.bool_]) -> bool:
    """Whether a part, in its bounding box, is four straight sides and little else."""
    if min(mask.shape) < _LEAST_FRAME:
        return False
    bands = [max(1, round(_BAND * n)) for n in mask.shape]
    inner = mask[bands[0] : -bands[0], bands[1] : -bands[1]]
    sides = (
        mask[: bands[0]].any(axis=0),
        mask[-bands[0] :].any(axis=0),
        mask[:, : bands[1]].any(axis=1),
        mask[:, -bands[1] :].any(axis=1),
    )
    return all(side.mean() >= 0.8 for side in sides) and inner.sum() <= 0.1 * mask.sum()
