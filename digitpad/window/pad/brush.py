"""How a stroke looks: smooth, and wider where the pen is pressed harder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPen, QPolygonF

WIDTH = 14.0
"""Width of a stroke at full pressure, in canvas units."""

_MIN_WIDTH = 0.3  # width at no pressure, as a fraction of WIDTH
_SMOOTHING = 0.4  # weight of a point's own pressure: a stylus reports it with jitter
_WIDTH_STEP = 0.25  # widths are rounded to this, so that neighbouring points can share a segment
_MAX_SEGMENT = 64  # points; bounds what is painted again while a stroke grows


class Segment(NamedTuple):
    """Part of a stroke that has one width, in canvas units."""

    path: QPainterPath
    width: float

    def paint(self, painter: QPainter, ink: QBrush) -> None:
        round_ends = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        painter.strokePath(self.path, QPen(ink, self.width, Qt.PenStyle.SolidLine, *round_ends))


class Trace:
    """Turns the points of one stroke into segments, point by point.

    The line is a chain of quadratic curves. Each runs from the middle of two neighbouring points to
    the middle of the next two, with the shared point as its control point. The line is smooth, and
    a new point changes no earlier curve: only the last segment is still open.
    """

    def __init__(self, x: float, y: float, pressure: float) -> None:
        self._point = self._middle = QPointF(x, y)
        self._pressure = pressure
        self._width = _width(pressure)
        self._path = QPainterPath(self._middle)

    def add(self, x: float, y: float, pressure: float) -> tuple[QRectF, Segment | None]:
        """The area that the new point changes, and the segment that it completes, if any."""
        point = QPointF(x, y)
        self._pressure += _SMOOTHING * (pressure - self._pressure)
        width = _width(self._pressure)
        completed = None
        margin = max(self._width, width) / 2
        if width != self._width or self._path.elementCount() > 3 * _MAX_SEGMENT:
            completed = Segment(self._path, self._width)
            self._path, self._width = QPainterPath(self._middle), width
        middle = (self._point + point) / 2
        self._path.quadTo(self._point, middle)
        area = QPolygonF([self._middle, self._point, point]).boundingRect()
        self._point, self._middle = point, middle
        return area.adjusted(-margin, -margin, margin, margin), completed

    def open_segment(self) -> Segment:
        """The segment that ends at the stroke's last point."""
        path = QPainterPath(self._path)
        # Qt paints nothing for a line without length, and a dot has none.
        path.lineTo(self._point + QPointF(0.001, 0))
        return Segment(path, self._width)


def segments(points: Iterable[Sequence[float]]) -> Iterator[Segment]:
    """All segments of a stroke. Its points are x, y and pressure; there is at least one."""
    remaining = iter(points)
    trace = Trace(*next(remaining))
    for point in remaining:
        _, completed = trace.add(*point)
        if completed:
            yield completed
    yield trace.open_segment()


def _width(pressure: float) -> float:
    width = WIDTH * (_MIN_WIDTH + (1 - _MIN_WIDTH) * pressure)
    return round(width / _WIDTH_STEP) * _WIDTH_STEP
