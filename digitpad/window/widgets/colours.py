"""Colours made of others, and icons in them."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette

_GROUND = QPalette.ColorRole.Window


def faded(colour: QColor, opacity: float) -> QColor:
    """The colour, so that what is behind it shines through."""
    made = QColor(colour)
    made.setAlphaF(opacity)
    return made


def mixed(colour: QColor, ground: QColor, opacity: float) -> QColor:
    """What the faded colour looks like on the ground: opaque."""
    parts = zip(red_green_blue(colour), red_green_blue(ground), strict=True)
    return QColor.fromRgbF(*(opacity * above + (1 - opacity) * below for above, below in parts))


def faint(palette: QPalette) -> QColor:
    """For what is said beside the point, on the window's ground: 4.5 times as bright, or as dark,
    or more. Qt's own colour for placeholders is not."""
    return mixed(palette.color(QPalette.ColorRole.Text), palette.color(_GROUND), 0.7)


def red_green_blue(colour: QColor) -> tuple[float, float, float]:
    """From 0 to 1."""
    return colour.redF(), colour.greenF(), colour.blueF()


def tinted(icon: QIcon, colour: QColor, size: QSize) -> QIcon:
    """The icon's shape in the colour, which is taken for opaque."""
    pixmap = icon.pixmap(size)
    painter = QPainter(pixmap)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(pixmap.rect(), QColor(colour.rgb()))
    painter.end()
    return QIcon(pixmap)
