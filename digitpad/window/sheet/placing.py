"""Places drawings from files on the sheet."""

from __future__ import annotations

import numpy as np

from digitpad.ink import Drawing, Stroke
from digitpad.window.sheet.view import SIDE

_SHARE = 0.75
"""Length of the longer side of a placed drawing, as a share of the sheet's."""

_LEAST = 0.2
"""Length of the longer side from which on a drawing is large enough, as a share of the sheet's."""


def on_sheet(drawing: Drawing) -> Drawing:
    """The drawing in canvas units and in view. Ink files have units of their own.

    A drawing that is in view as it is, such as one that was saved from the sheet, stays in place.
    """
    if not drawing:
        return drawing
    points = np.concatenate([stroke.xy for stroke in drawing.strokes])
    low, high = points.min(axis=0), points.max(axis=0)
    longer = float((high - low).max())
    if low.min() >= 0 and high.max() <= SIDE and longer >= _LEAST * SIDE:
        return drawing
    scale = _SHARE * SIDE / longer if longer else 1.0
    moved = SIDE / 2 - scale * (low + high) / 2
    return Drawing(
        tuple(Stroke(each.points * [scale, scale, 1] + [*moved, 0]) for each in drawing.strokes)
    )
