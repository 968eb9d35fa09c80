"""The painted ink, kept at several steps, so that undoing one does not paint all of it again."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap, QTransform

from digitpad.window.widgets.brush import Segment, segments

if TYPE_CHECKING:
    from digitpad.ink import Stroke

_MAX_BYTES = 64_000_000
_MIN_LAYERS, _MAX_LAYERS = 4, 24


class _Layer(NamedTuple):
    strokes: tuple[Stroke, ...]
    painted: int
    """Number of points of the strokes: a measure of the time that painting them takes."""
    ink: QPixmap


class Layers:
    """The ink of a sheet as pixmaps: of its present strokes, and of some of those before.

    Layers that are kept lie close together near the present and further apart before, so that any
    step back is repainted from a layer nearby.
    """

    def __init__(
        self, size: QSize, ratio: float, to_widget: QTransform, ink: QColor, width: float
    ) -> None:
        """`ratio` is that of the screen's pixels to those of the widget; `width` is the brush's."""
        self._to_widget, self._colour, self._width = to_widget, ink, width
        blank = QPixmap(ceil(size.width() * ratio), ceil(size.height() * ratio))
        blank.setDevicePixelRatio(ratio)
        blank.fill(Qt.GlobalColor.transparent)
        bytes_each = 4 * blank.width() * blank.height()
        self._limit = min(max(_MAX_BYTES // max(bytes_each, 1), _MIN_LAYERS), _MAX_LAYERS)
        self._layers = [_Layer((), 0, blank)]
        self.ink = QPixmap(blank)
        """The ink of the strokes shown last, and what was painted on it since."""

    def show(self, strokes: tuple[Stroke, ...]) -> None:
        """Make `ink` that of these strokes."""
        while self._layers[-1].strokes != strokes[: len(self._layers[-1].strokes)]:
            self._layers.pop()
        top = self._layers[-1]
        self.ink = QPixmap(top.ink)  # shares its pixels until something is painted on it
        for number in range(len(top.strokes), len(strokes)):
            self.paint(segments(strokes[number].points.tolist()))
            self.keep(strokes[: number + 1])

    def keep(self, strokes: tuple[Stroke, ...]) -> None:
        """Keep `ink`, on which the last of `strokes` has just been painted."""
        painted = self._layers[-1].painted + len(strokes[-1].points)
        self._layers.append(_Layer(strokes, painted, QPixmap(self.ink)))
        if len(self._layers) > self._limit:
            del self._layers[self._least_useful()]

    def paint(self, new: Iterable[Segment]) -> None:
        """Paint segments on `ink`."""
        with QPainter(self.ink) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setTransform(self._to_widget)
            for segment in new:
                segment.paint(painter, self._colour, self._width)

    def _least_useful(self) -> int:
        """The layer whose neighbours are closest, as seen from the present."""
        layers, end = self._layers, self._layers[-1].painted
        return min(
            range(1, len(layers) - 1),
            key=lambda i: (
                (layers[i + 1].painted - layers[i - 1].painted) / (end - layers[i - 1].painted + 1)
            ),
        )
