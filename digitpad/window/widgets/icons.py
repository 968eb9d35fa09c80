"""Icons: SVG files whose lines take the colour of the text beside them."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QColor, QImageReader, QPixmap

from digitpad.folders import assets

SIZE = 20
"""Side of an icon, in pixels."""


def icon(name: str, colour: QColor, ratio: float = 1.0) -> QPixmap:
    """The icon `assets/icons/NAME.svg` in a colour, for a screen with this device pixel ratio."""
    return _icon(name, colour.name(), ratio)


@lru_cache(maxsize=128)  # buttons are painted often
def _icon(name: str, colour: str, ratio: float) -> QPixmap:
    svg = (assets() / "icons" / f"{name}.svg").read_bytes()
    buffer = QBuffer()
    buffer.setData(QByteArray(svg.replace(b"currentColor", colour.encode())))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, b"svg")
    reader.setScaledSize(QSize(SIZE, SIZE) * ratio)
    pixmap = QPixmap.fromImage(reader.read())
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
