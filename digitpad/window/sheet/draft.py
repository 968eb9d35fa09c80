"""The stroke that is being drawn."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from digitpad.window.widgets.brush import Segment, Trace

if TYPE_CHECKING:
    from PySide6.QtCore import QRectF

    from digitpad.ink import Stroke
    from digitpad.window.sheet.pens import Pen, Point


class Draft:
    """An unfinished stroke, the pen that draws it, and its look.

    Adding a point takes the same time however long the stroke is.
    """

    def __init__(self, pen: Pen, point: Point) -> None:
        self.pen = pen
        self._trace = Trace(*point)
        self._points = array("d", point)

    @property
    def last(self) -> Point:
        """The point that was added last."""
        x, y, pressure = self._points[-3:]
        return x, y, pressure

    def add(self, point: Point) -> tuple[QRectF, Segment | None]:
        """The area that the new point changes, and the segment that it completes, if any."""
        self._points.extend(point)
        return self._trace.add(*point)

    def open_segment(self) -> Segment:
        """The segment that ends at the last point."""
        return self._trace.open_segment()

    def stroke(self) -> Stroke:
        """The stroke so far."""
        # NumPy takes about as long to import as all that Qt does until the first paint.
        import numpy as np  # noqa: PLC0415

        from digitpad.ink import Stroke  # noqa: PLC0415

        return Stroke(np.frombuffer(self._points).reshape(-1, 3))
