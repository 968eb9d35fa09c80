"""A plot without mouse, and the scales of accuracy and loss."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy

from digitpad.window.widgets.theme import mixed

_AXIS_OPACITY, _LABEL_OPACITY = 0.15, 0.65
_SMALLEST_ERROR, _SMALLEST_LOSS = 1e-4, 1e-6

# In order of importance: if there is not enough room, the first ones stay.
_PERCENTAGES = (0, 90, 99, 99.9, 50, 95, 99.5, 80, 98, 99.8, 100, 99.95)
_LOSSES = (factor * 10.0**power for factor in (1, 3, 5, 2, 4, 7) for power in range(2, -7, -1))

Tick = tuple[float, str]
"""A height on an axis, and its label."""


class Plot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph is not typed
    """A plot that ignores the mouse and keeps the range that it is given."""

    def __init__(self, name: str, *, lines: int) -> None:
        """The plot is at least `lines` lines of text high."""
        super().__init__(background=None)
        self._lines = lines
        self.setAccessibleName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.disableAutoRange()

    def sizeHint(self) -> QSize:
        size: QSize = self.minimumSize()
        return size

    def apply_style(self, palette: QPalette, font: QFont) -> None:
        """Take the colours from the palette and the sizes from the font.

        They are passed in, because a child's own are still the former ones when its parent changes.
        """
        metrics = QFontMetrics(font)
        text = palette.color(QPalette.ColorRole.WindowText)
        background = palette.color(QPalette.ColorRole.Window)
        self.resetCachedContent()  # the background in its former colour
        self.setMinimumHeight(self._lines * metrics.height())
        self.getPlotItem().layout.setContentsMargins(0, 0, metrics.averageCharWidth(), 0)
        self.getAxis("left").setGrid(255)
        self.getAxis("left").setWidth(metrics.horizontalAdvance("99.95 %00"))
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(pg.mkPen(mixed(text, background, _AXIS_OPACITY)))
            axis.setStyle(tickLength=0, hideOverlappingLabels=False)
            axis.setZValue(-1)  # the grid is behind the curves
            axis.setTextPen(pg.mkPen(mixed(text, background, _LABEL_OPACITY)))
            axis.setTickFont(font)

    def label_heights(self, ticks: Iterable[Tick]) -> None:
        """Label the left axis with as many of the ticks as fit."""
        low, high = self.viewRange()[1]
        line = 1.2 * self.fontMetrics().height()
        distance = line * (high - low) / max(1, self.getViewBox().height())
        self.getAxis("left").setTicks([fitting_ticks(ticks, low, high, distance)])


def fitting_ticks(ticks: Iterable[Tick], low: float, high: float, distance: float) -> list[Tick]:
    """The ticks from `low` to `high` that are at least `distance` apart; earlier ones win."""
    chosen: list[Tick] = []
    for value, label in ticks:
        is_free = all(abs(value - other) >= distance for other, _ in chosen)
        if low <= value <= high and is_free:
            chosen.append((value, label))
    return chosen


def accuracy_height(accuracy: float) -> float:
    """−log10(1 − accuracy): 90 % to 99 % is as far as 99 % to 99.9 %."""
    return -math.log10(max(1 - accuracy, _SMALLEST_ERROR))


def loss_height(loss: float) -> float:
    return math.log10(max(loss, _SMALLEST_LOSS))


PERCENT_TICKS = [(accuracy_height(each / 100), f"{each:g} %") for each in _PERCENTAGES]
LOSS_TICKS = [(loss_height(loss), f"{loss:g}") for loss in _LOSSES]


def new_legend() -> QLabel:
    """A label for `legend_text`."""
    legend = QLabel(wordWrap=True)
    legend.setTextFormat(Qt.TextFormat.RichText)
    legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return legend


def legend_text(entries: Iterable[tuple[QColor, str, str]]) -> str:
    """Rich text of entries with a colour, a symbol in it, and words, which break after commas."""
    return "&nbsp;&nbsp;&nbsp; ".join(
        f'<span style="color: {colour.name()}">{symbol}</span>&nbsp;'
        + words.replace(" ", "&nbsp;").replace(",&nbsp;", ", ")
        for colour, symbol, words in entries
    )
