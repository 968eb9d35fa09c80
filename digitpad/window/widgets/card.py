"""Cards: what belongs together, on a rounded background of its own."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from digitpad.window.widgets.theme import CARD_RADIUS, colours


class Card(QWidget):
    """Paints the background and the edge of a card. Subclasses and children add the content."""

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        ink = colours(self.palette())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(ink.line, 1))
            painter.setBrush(ink.card)
            edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(edge, CARD_RADIUS, CARD_RADIUS)
