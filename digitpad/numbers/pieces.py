"""The pieces of a row of digits: strokes, or what they are cut into where digits touch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]

_OUTLINE = 24
"""Maximum number of points of a piece between which distances are measured."""

_MAX_CUTS = 4  # of one stroke
_MAX_OVERLAP = 0.15
"""How far what comes before a cut may reach beyond what comes after it, in row heights."""
_MIN_PART = 0.3
"""Smallest longer side of what is on either side of a cut, in row heights."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The smallest part of a row that may belong to a digit of its own."""

    source: int
    """Index of the stroke that it comes from, or of the part of a picture."""
    start: int
    end: int
    """The range of the stroke's points, 0 and 1 for the part of a picture."""
    left: float
    top: float
    right: float
    bottom: float
    """The sides of its bounding box."""
    outline: _Array
    """Points [n, 2] on it, in order, 1 ≤ n ≤ 24."""

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def size(self) -> float:
        """The longer side of its box."""
        return max(self.width, self.height)

    @property
    def middle(self) -> float:
        """The x of its box's centre."""
        return (self.left + self.right) / 2


def piece_of(source: int, xy: _Array, start: int, end: int) -> Piece:
    """The piece of a stroke `xy` [n, 2] from point `start` to before `end`."""
    points = xy[start:end]
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return Piece(source, start, end, left, top, right, bottom, _thinned(points))


def _thinned(points: _Array) -> _Array:
    """Points, evenly spread along the line through `points` [n, 2]; one if it has no length."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    if not along[-1]:
        return points[:1]
    at = np.linspace(0, along[-1], _OUTLINE)
    return np.stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)], axis=1)


def cut(xy: _Array, height: float) -> list[tuple[int, int]]:
    """Ranges of the points of a stroke `xy` [n, 2] that may be digits of this height.

    They follow each other; there is one if it cannot be cut. A cut is possible where what was drawn
    before it is left of what was drawn after it: on the line that joins two digits.
    """
    x = xy[:, 0]
    overlap = np.maximum.accumulate(x)[:-1] - np.minimum.accumulate(x[::-1])[::-1][1:]
    cuts = []
    for run in _runs(overlap <= _MAX_OVERLAP * height):
        # On a line to the right, all places are alike: the middle. Else the least overlap.
        is_line = overlap[run].max() <= 0.02 * height
        at = 1 + (run[len(run) // 2] if is_line else run[overlap[run].argmin()])
        parts = xy[:at], xy[at:]
        if all(np.ptp(part, axis=0).max() >= _MIN_PART * height for part in parts):
            cuts.append((float(overlap[at - 1]), int(at)))
    places = sorted(at for _, at in sorted(cuts)[:_MAX_CUTS])
    return list(pairwise([0, *places, len(xy)]))


def _runs(flags: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """The indices of each run of true flags [n]."""
    found = np.flatnonzero(flags)
    runs = np.split(found, np.flatnonzero(np.diff(found) > 1) + 1)
    return [run for run in runs if len(run)]


def distance(one: Piece, other: Piece) -> float:
    """The distance between two pieces; 0 if they cross."""
    a, b = one.outline, other.outline
    if len(a) > 1 and len(b) > 1 and _cross(a, b):
        return 0.0
    return float(np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2).min()))


def _cross(a: _Array, b: _Array) -> bool:
    """Whether the lines through the points `a` [n, 2] and `b` [m, 2] cross."""
    of_b, of_a = _sides(a, b), _sides(b, a)  # [n − 1, m] and [m − 1, n]
    return bool(((of_b[:, 1:] != of_b[:, :-1]) & (of_a[:, 1:] != of_a[:, :-1]).T).any())


def _sides(line: _Array, points: _Array) -> NDArray[np.bool_]:
    """On which side of each step of `line` [n, 2] each of `points` [m, 2] is: [n − 1, m]."""
    steps, offsets = np.diff(line, axis=0)[:, None], points[None] - line[:-1, None]
    side: NDArray[np.bool_] = steps[..., 0] * offsets[..., 1] > steps[..., 1] * offsets[..., 0]
    return side
