"""A bar that fills as something proceeds."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar

from digitpad.window.widgets.theme import colours, mixed

_THICKNESS = 8


class ProgressBar(QProgressBar):
    """A slim bar without a text. As long as its range is unknown, it is pale."""

    def __init__(self, accessible_name: str) -> None:
        super().__init__(textVisible=False)
        self.setAccessibleName(accessible_name)

    def sizeHint(self) -> QSize:
        return QSize(200, 2 * _THICKNESS)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        ink = colours(self.palette())
        whole = self.maximum() - self.minimum()
        done = (self.value() - self.minimum()) / whole if whole else 1.0
        bar = QRectF(0, (self.height() - _THICKNESS) / 2, self.width(), _THICKNESS)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            for colour, part in (
                (ink.track, 1.0),
                (ink.accent if whole else mixed(ink.accent, ink.track, 0.4), done),
            ):
                painter.setBrush(colour)
                width = max(bar.width() * part, _THICKNESS if part else 0)
                painter.drawRoundedRect(
                    QRectF(bar.left(), bar.top(), width, _THICKNESS),
                    _THICKNESS / 2,
                    _THICKNESS / 2,
                )
