"""Which strokes the eraser touches. Without Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digitpad.ink import Stroke
    from digitpad.window.sheet.pens import Pen, Point

REACH = 10.0
"""Distance from a stroke's line at which the eraser touches it, in canvas units."""


class Erasure:
    """A movement of the eraser: the strokes that are left, and the pen that erases."""

    def __init__(self, pen: Pen, point: Point, strokes: tuple[Stroke, ...]) -> None:
        self.pen = pen
        self.strokes = left_by_eraser(strokes, point, point)
        self._last = point

    def move(self, point: Point) -> None:
        """Erase what is touched on the way to this point."""
        self.strokes = left_by_eraser(self.strokes, self._last, point)
        self._last = point


def left_by_eraser(strokes: tuple[Stroke, ...], start: Point, end: Point) -> tuple[Stroke, ...]:
    """The strokes that an eraser does not touch on a straight way from `start` to `end`."""
    return tuple(stroke for stroke in strokes if not _touches(stroke, start, end))


def _touches(stroke: Stroke, start: Point, end: Point) -> bool:
    # NumPy takes about as long to import as all that Qt does until the first paint.
    import numpy as np  # noqa: PLC0415

    way = np.array([start[:2], end[:2]])
    x, y = stroke.xy[:, 0], stroke.xy[:, 1]
    low, high = way.min(axis=0) - REACH, way.max(axis=0) + REACH
    if x.max() < low[0] or x.min() > high[0] or y.max() < low[1] or y.min() > high[1]:
        return False
    # Points along the way, close enough that none of the ink between two of them is missed.
    steps = 1 + int(np.ceil(2 * np.hypot(*(way[1] - way[0])) / REACH))
    eraser = np.linspace(way[0], way[1], steps + 1) @ (1, 1j)  # complex [m]
    line = stroke.xy @ (1, 1j)  # complex [n]
    from_, chord = line[:-1, None], np.diff(line)[:, None]
    if not len(chord):
        return bool((np.abs(eraser - line[0]) <= REACH).any())
    with np.errstate(invalid="ignore", divide="ignore"):
        share = ((eraser - from_) * chord.conj()).real / np.abs(chord) ** 2
    nearest = from_ + np.clip(np.nan_to_num(share), 0, 1) * chord
    return bool((np.abs(eraser - nearest) <= REACH).any())
