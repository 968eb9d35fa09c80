"""The page below the ink: its edge, and what invites to draw on an empty one."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPen

from digitpad.window.sheet.view import View
from digitpad.window.widgets import theme
from digitpad.window.widgets.brush import segments
from digitpad.window.widgets.button import paint_focus_ring

_HINT = "Draw a digit or a number"
_OTHERWISE = "or drop, paste or open a picture"
_GHOST = ((94.0, 72.0), (186.0, 72.0), (132.0, 204.0))  # a 7, in canvas units


def paint_empty_page(
    painter: QPainter, area: QRect, view: View, font: QFont, colours: theme.Colours
) -> None:
    """Paint the ghost of a digit, and below it a sentence."""
    painter.save()
    painter.setTransform(view.to_widget(), combine=True)
    for segment in segments([(x, y, 0.6) for x, y in _GHOST]):
        segment.paint(painter, colours.line)
    painter.restore()
    top = area.height() * 0.81
    for text, size in ((_HINT, theme.LARGE), (_OTHERWISE, theme.BODY)):
        painter.setFont(theme.font(font, size))
        painter.setPen(colours.secondary)
        line = QRectF(8, top, area.width() - 16, 2.5 * size)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
        top = max(painter.boundingRect(line, flags, text).bottom(), area.height() * 0.87)
        painter.drawText(line, flags, text)


def paint_invitation(
    painter: QPainter, area: QRect, text: str, font: QFont, colours: theme.Colours
) -> None:
    """Paint what a blank page asks for."""
    painter.setFont(theme.font(font, theme.LARGE))
    painter.setPen(colours.secondary)
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)


def paint_edge(painter: QPainter, area: QRect, colours: theme.Colours, *, ringed: bool) -> None:
    """Paint the round edge of the page over what is on it, with a ring around it if wanted."""
    edge = QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5)
    around = QPainterPath()
    around.addRect(QRectF(area))
    around.addRoundedRect(edge, theme.CARD_RADIUS, theme.CARD_RADIUS)
    painter.fillPath(around, colours.window)
    painter.setPen(QPen(colours.line, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(edge, theme.CARD_RADIUS, theme.CARD_RADIUS)
    if ringed:
        paint_focus_ring(painter, edge, theme.CARD_RADIUS, colours.accent)
