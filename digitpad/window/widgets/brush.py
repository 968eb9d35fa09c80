"""How a stroke looks: smooth, and wider where the pen is pressed harder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from digitpad.curve import arms, end_arm

WIDTH = 14
"""Default width of a stroke at full pressure, in canvas units. Segments are made for it."""

MIN_WIDTH, MAX_WIDTH = 8, 36
"""The least and the greatest width that a person can choose, in canvas units."""

_NO_PRESSURE = 0.3  # width at no pressure, as a fraction of WIDTH
_SMOOTHING = 0.4  # weight of a point's own pressure: a stylus reports it with jitter
_WIDTH_STEP = 0.25  # widths are rounded to this, so that neighbouring points can share a segment
_MAX_SEGMENT = 64  # curves; bounds what is painted again while a stroke grows


class Segment(NamedTuple):
    """Part of a stroke that has one width, in canvas units."""

    path: QPainterPath
    width: float

    def paint(self, painter: QPainter, ink: QColor, width: float = WIDTH) -> None:
        """Paint the segment with a brush of this `width`."""
        pen = QPen(ink)
        pen.setWidthF(self.width * width / WIDTH)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(self.path, pen)


class Trace:
    """Turns the points of one stroke into segments, point by point.

    The line is the curve that the Net sees, `digitpad.curve`. A new point changes only the curve to
    the point before it, so only the last segment is still open.
    """

    def __init__(self, x: float, y: float, pressure: float) -> None:
        self._point = complex(x, y)
        # The curve to the last point, which is not on the path yet: its chord and its first arm,
        # which is not known before the stroke has a second curve.
        self._chord = 0j
        self._arm: complex | None = None
        self._path = QPainterPath(_at(self._point))
        self._pressure = pressure
        self._width = _width(pressure)

    def add(self, x: float, y: float, pressure: float) -> tuple[QRectF, Segment | None]:
        """The area that the new point changes, and the segment that it completes, if any."""
        changed = [self._path.currentPosition(), *self._open_curve()]
        if chord := complex(x, y) - self._point:
            leaving = None
            if self._chord:
                arriving, leaving = arms(self._chord, chord)
                settled = self._curve(arriving)
                self._path.cubicTo(*settled)
                changed += settled
            self._point, self._chord, self._arm = complex(x, y), chord, leaving
            changed += self._open_curve()
        self._pressure += _SMOOTHING * (pressure - self._pressure)
        width = _width(self._pressure)
        margin = max(self._width, width) / 2
        completed = None
        if width != self._width or self._path.elementCount() > 3 * _MAX_SEGMENT:
            completed = Segment(self._path, self._width)
            self._path, self._width = QPainterPath(self._path.currentPosition()), width
        area = QPolygonF(changed).boundingRect()
        return area.adjusted(-margin, -margin, margin, margin), completed

    def open_segment(self) -> Segment:
        """The segment that ends at the stroke's last point."""
        path = QPainterPath(self._path)
        if self._chord:
            path.cubicTo(*self._open_curve())
        else:  # a dot; Qt paints nothing for a line without length
            path.lineTo(_at(self._point) + QPointF(0.001, 0))
        return Segment(path, self._width)

    def _open_curve(self) -> tuple[QPointF, QPointF, QPointF]:
        """The curve to the last point, which is not on the path yet."""
        return self._curve(end_arm(self._chord, self._arm or self._chord / 3))

    def _curve(self, last_arm: complex) -> tuple[QPointF, QPointF, QPointF]:
        """The last three control points of the curve to the last point."""
        first_arm = self._arm or end_arm(self._chord, last_arm)
        start = self._point - self._chord
        return _at(start + first_arm), _at(self._point - last_arm), _at(self._point)


def segments(points: Iterable[Sequence[float]]) -> Iterator[Segment]:
    """All segments of a stroke. Its points are x, y and pressure; there is at least one."""
    remaining = iter(points)
    trace = Trace(*next(remaining))
    for point in remaining:
        _, completed = trace.add(*point)
        if completed:
            yield completed
    yield trace.open_segment()


def _at(point: complex) -> QPointF:
    return QPointF(point.real, point.imag)


def _width(pressure: float) -> float:
    width = WIDTH * (_NO_PRESSURE + (1 - _NO_PRESSURE) * pressure)
    return round(width / _WIDTH_STEP) * _WIDTH_STEP
