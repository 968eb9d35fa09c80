"""How a stroke looks: smooth, and as wide as the pen is pressed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPainterPath, QPen, QPolygonF

WIDTH = 14.0
"""Width of a stroke at full pressure, in canvas units."""

_LIGHTEST = 0.3  # part of the width that is left at no pressure
_SMOOTHING = 0.4  # weight of a point's own pressure: a stylus reports it with jitter
_WIDTH_STEP = 0.25  # widths are rounded to this, so that neighbouring points can share one run
_LONGEST_RUN = 64  # points; bounds what is painted again while a stroke grows


class Run(NamedTuple):
    """A part of a stroke that is painted in one go, in canvas units."""

    path: QPainterPath
    width: float

    def paint(self, painter: QPainter, ink: QBrush) -> None:
        round_ends = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        painter.strokePath(self.path, QPen(ink, self.width, Qt.PenStyle.SolidLine, *round_ends))


class Trace:
    """Turns the points of one stroke into runs, point by point.

    The line is a chain of quadratic curves from the middle of each two points to the middle of the
    next two, with the point between as the control point: smooth, and no earlier curve changes
    when a point is added. What is settled comes out as runs; only the last run is still open.
    """

    def __init__(self, x: float, y: float, pressure: float) -> None:
        self._point = self._middle = QPointF(x, y)
        self._pressure = pressure
        self._width = _width(pressure)
        self._path = QPainterPath(self._middle)

    def add(self, x: float, y: float, pressure: float) -> tuple[QRectF, Run | None]:
        """The area whose look the point changes, and the run that it ended, if it ended one."""
        point = QPointF(x, y)
        self._pressure += _SMOOTHING * (pressure - self._pressure)
        width = _width(self._pressure)
        ended = None
        margin = max(self._width, width) / 2
        if width != self._width or self._path.elementCount() > 3 * _LONGEST_RUN:
            ended = Run(self._path, self._width)
            self._path, self._width = QPainterPath(self._middle), width
        middle = (self._point + point) / 2
        self._path.quadTo(self._point, middle)
        area = QPolygonF([self._middle, self._point, point]).boundingRect()
        self._point, self._middle = point, middle
        return area.adjusted(-margin, -margin, margin, margin), ended

    def open_run(self) -> Run:
        """The rest of the stroke, up to its last point."""
        path = QPainterPath(self._path)
        # Qt paints nothing at all for a line without length, and a dot has none.
        path.lineTo(self._point + QPointF(0.001, 0))
        return Run(path, self._width)


def runs(points: Iterable[Sequence[float]]) -> Iterator[Run]:
    """The whole of a stroke: x, y in canvas units and pressure of its points, at least one."""
    remaining = iter(points)
    trace = Trace(*next(remaining))
    for point in remaining:
        _, ended = trace.add(*point)
        if ended:
            yield ended
    yield trace.open_run()


def _width(pressure: float) -> float:
    width = WIDTH * (_LIGHTEST + (1 - _LIGHTEST) * pressure)
    return round(width / _WIDTH_STEP) * _WIDTH_STEP
