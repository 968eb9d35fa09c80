"""The empty sheet invites to draw."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QFont, QPainter

from digitpad.window.sheet.brush import segments
from digitpad.window.sheet.view import View
from digitpad.window.widgets import theme

_HINT = "Draw a digit"
_OTHERWISE = "or drop, paste or open a picture of one"
_GHOST = ((94.0, 72.0), (186.0, 72.0), (132.0, 204.0))  # a 7, in canvas units


def paint_empty_sheet(
    painter: QPainter, area: QRect, view: View, font: QFont, colours: theme.Colours
) -> None:
    """Paint the ghost of a digit, and below it a sentence."""
    painter.save()
    painter.setTransform(view.to_widget(), combine=True)
    for segment in segments([(x, y, 0.6) for x, y in _GHOST]):
        segment.paint(painter, QBrush(colours.line))
    painter.restore()
    for text, size, top in ((_HINT, theme.LARGE, 0.81), (_OTHERWISE, theme.BODY, 0.87)):
        painter.setFont(theme.font(font, size))
        painter.setPen(colours.secondary)
        line = QRectF(8, area.height() * top, area.width() - 16, 2.5 * size)
        painter.drawText(line, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, text)
