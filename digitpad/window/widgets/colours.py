"""Colours derived from others, the contrast of two, and icons in a colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPainter

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon


def faded(colour: QColor, opacity: float) -> QColor:
    """The colour with this opacity, from 0 to 1."""
    made = QColor(colour)
    made.setAlphaF(opacity)
    return made


def mixed(colour: QColor, background: QColor, opacity: float) -> QColor:
    """The opaque colour that `faded(colour, opacity)` looks like on the background."""
    parts = zip(_red_green_blue(colour), _red_green_blue(background), strict=True)
    return QColor.fromRgbF(*(opacity * above + (1 - opacity) * below for above, below in parts))


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio of two opaque colours, from 1 to 21 (WCAG 2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def tinted(icon: QIcon, colour: QColor, size: QSize) -> QIcon:
    """The shape of the icon in an opaque colour."""
    from PySide6.QtGui import QIcon  # noqa: PLC0415  # the first paint does not need it

    pixmap = icon.pixmap(size)
    painter = QPainter(pixmap)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(pixmap.rect(), QColor(colour.rgb()))
    painter.end()
    return QIcon(pixmap)


def _luminance(colour: QColor) -> float:
    """The relative luminance, from 0 to 1 (WCAG 2)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _red_green_blue(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _red_green_blue(colour: QColor) -> tuple[float, float, float]:
    return colour.redF(), colour.greenF(), colour.blueF()
