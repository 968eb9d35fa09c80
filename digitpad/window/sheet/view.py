"""Where the sheet shows its canvas units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QTransform

from digitpad.window.widgets.brush import WIDTH

if TYPE_CHECKING:
    from digitpad.ink import Stroke
    from digitpad.window.sheet.pens import Point

SIDE = 280.0
"""Side of the square that is always in view, in canvas units."""

MAX_SHRINKING = 3.0
"""How many times smaller than fits the square may become to keep ink beside it in view. Ink still
further away was drawn beyond the edge of the sheet."""


class View(NamedTuple):
    """The square of `SIDE` canvas units, centred in a sheet of `width` by `height` pixels.

    `scale` is in pixels per canvas unit.
    """

    width: int
    height: int
    scale: float

    def has_size(self, size: QSize) -> bool:
        return (self.width, self.height) == (size.width(), size.height())

    def to_widget(self) -> QTransform:
        """Transform from canvas units to pixels of the sheet."""
        transform = QTransform.fromTranslate(self.width / 2, self.height / 2)
        return transform.scale(self.scale, self.scale).translate(-SIDE / 2, -SIDE / 2)

    def to_canvas(self, position: QPointF, pressure: float) -> Point:
        """The point in canvas units under this position on the sheet."""
        at = self.to_widget().inverted()[0].map(position)
        return at.x(), at.y(), pressure


def fitted_view(size: QSize, strokes: Iterable[Stroke]) -> View:
    """The view of a sheet of this size that shows the square and all strokes as large as fits.

    Whatever the width of the brush: choosing another one does not move the ink.
    """
    width, height = max(1, size.width()), max(1, size.height())
    scale = largest = min(width, height) / SIDE
    for stroke in strokes:
        x, y = abs(stroke.xy - SIDE / 2).max(axis=0) + WIDTH / 2
        scale = min(scale, width / 2 / x, height / 2 / y)
    return View(size.width(), size.height(), max(scale, largest / MAX_SHRINKING))
